// The playground from a file, without a network: break an upstream, watch it open and come back, share the run by its link.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { launch } from "../../examples/demo/browser.mjs";

let browser, folder, url;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "brownout-playground-"));
  execFileSync(process.execPath, ["examples/playground/build.mjs", folder]);
  url = pathToFileURL(join(folder, "index.html")).href;
  browser = await launch();
});
after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(fragment = "") {
  const context = await browser.newContext({ offline: true });
  const page = await context.newPage();
  const [complaints, asked] = [[], []];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("request", (request) => !request.url().startsWith("file:") && !request.url().startsWith("data:") && asked.push(request.url()));
  await page.goto(url + fragment);
  await page.locator("#charts .chart").first().waitFor();
  return { page, complaints, asked };
}
/** Moves a slider as a person does: the value, and the event that tells of it. */
const slide = (page, name, value) => page.locator(`#${name}`).fill(String(value));
const state = (page) => page.locator('[data-service="payments"]').getAttribute("data-breaker");
const pass = (page, times = 1) => Promise.all(Array.from({ length: times }, () => page.locator("#step").click()));

test("failures open the breaker, calm closes it again, and the banner says so meanwhile", async () => {
  const { page, complaints, asked } = await open();
  await pass(page);
  assert.equal(await state(page), "closed");
  assert.equal(await page.locator("#banner").textContent(), "");
  await slide(page, "failing", 100);
  await pass(page);
  assert.equal(await state(page), "open");
  assert.match(await page.locator('[data-service="payments"] svg').getAttribute("aria-label"), /breaker open; last second 0 good, 0 failed, 20 refused/);
  assert.match(await page.locator("#banner").textContent(), /Checkout|checkout/);
  assert.ok(await page.locator("#story li", { hasText: "payments: breaker closed → open, failure_rate, tried again at" }).count());
  await slide(page, "failing", 0);
  await pass(page, 6);
  assert.equal(await state(page), "closed");
  assert.equal(await page.locator("#banner").textContent(), "");
  for (const to of ["open → half_open", "half_open → closed"]) assert.ok(await page.locator("#story li", { hasText: to }).count(), to);
  assert.deepEqual([complaints, asked], [[], []]);
});

test("a bad policy is told fault by fault, and the old one goes on", async () => {
  const { page, complaints } = await open();
  await pass(page);
  const good = await page.locator("#policy").inputValue();
  await page.locator("#policy").fill(good.replace("failure_rate = 0.5", "failure_rate = 5").replace("[features.checkout]", "nonsense = 1\n[features.checkout]"));
  await page.locator("#faults li").nth(1).waitFor();
  const faults = await page.locator("#faults li").allTextContents();
  assert.deepEqual(faults.map((f) => f.split(" ")[0]).sort(), ["number_out_of_range", "unknown_field"]);
  assert.ok(faults.some((f) => f.includes("services.payments.breaker.failure_rate")));
  await slide(page, "failing", 100);
  await pass(page);
  assert.equal(await state(page), "open");
  await page.locator("#policy").fill(good.replace("0.5", "0.9"));
  await page.locator("#story li", { hasText: "a new policy was loaded" }).waitFor();
  assert.equal(await page.locator("#faults li").count(), 0);
  assert.deepEqual(complaints, []);
});

test("a link repeats the run to the last call", async () => {
  const { page } = await open();
  await slide(page, "tenants", 3);
  await pass(page);
  await slide(page, "failing", 70);
  await pass(page);
  await slide(page, "latency", 900);
  await pass(page, 2);
  const digest = await page.locator("body").getAttribute("data-digest");
  const other = await open(new URL(page.url()).hash);
  assert.equal(await other.page.locator("body").getAttribute("data-digest"), digest);
  assert.equal(await other.page.locator("#clock").textContent(), "40.0 s");
  assert.equal(await other.page.locator("#failing").inputValue(), "70");
  const empty = await open("#not-a-run");
  assert.notEqual(await empty.page.locator("body").getAttribute("data-digest"), digest);
  assert.deepEqual(empty.complaints, []);
});

test("every example policy runs, and the page stays a page of its own", async () => {
  const { page, complaints } = await open();
  const names = (await page.locator("#example option").allTextContents()).slice(1);
  assert.equal(names.length, 7);
  for (const name of names) {
    await page.locator("#example").selectOption(name);
    await slide(page, "failing", 60);
    await pass(page);
    assert.equal(await page.locator("#faults li").count(), 0, name);
    assert.ok(await page.locator("#charts svg rect").count(), name);
  }
  assert.deepEqual(complaints, []);
  assert.ok(readFileSync(join(folder, "index.html")).length < 1_500_000);
});
