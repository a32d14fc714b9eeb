// A real browser: the banner with wasm and where the page's policy forbids it, and the whole engine in a page.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const TYPES = { html: "text/html", js: "text/javascript", map: "application/json" };
const DOWN = "1;1000,1000,90000,d,es;invoicing.afip,d,1000,queue,open,es:Facturación,en:Invoicing;ai,h,1000,,,es:IA,en:AI";
const UP = "1;2000,1000,90000,h,es;invoicing.afip,h,2000,,,es:Facturación,en:Invoicing;ai,h,1000,,,es:IA,en:AI";

let server, browser, base;
let health = DOWN;
const loaded = [];

before(async () => {
  server = createServer(async (request, response) => {
    const url = new URL(request.url, "http://localhost");
    if (url.pathname === "/api/health") {
      response.writeHead(health === null ? 502 : 200, { "content-type": "application/json" });
      return response.end(health === null ? "" : JSON.stringify({ status: "degraded", blob: health }));
    }
    const path = url.pathname.startsWith("/dist/") ? `../../bindings-node${url.pathname}` : url.pathname === "/page.js" ? "page.js" : "page.html";
    loaded.push(url.pathname);
    const body = await readFile(here(path)).catch(() => null);
    const policy = url.searchParams.has("strict") ? { "content-security-policy": "default-src 'self'" } : {};
    response.writeHead(body === null ? 404 : 200, { "content-type": TYPES[path.split(".").pop()] ?? "text/plain", ...policy });
    response.end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${server.address().port}/`;
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
});
after(async () => {
  await browser?.close();
  server?.closeAllConnections();
  server?.close();
});

/** A page whose errors fail the test, but for what its own policy forbids. */
async function open(query) {
  const page = await browser.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.goto(base + query);
  return { page, errors };
}
const banner = (page, text) => page.getByRole("status").filter({ hasText: text }).waitFor({ state: "attached", timeout: 10_000 });

for (const [what, query] of [["with wasm", ""], ["where wasm is forbidden", "?strict"]]) {
  test(`the banner says what is limited and falls silent again, ${what}`, async () => {
    health = DOWN;
    const { page, errors } = await open(query);
    await banner(page, "Facturación");
    assert.equal(await page.getByRole("status").textContent(), "Algunas funciones están temporalmente limitadas: Facturación");
    health = UP;
    await page.getByRole("status").filter({ hasText: /^$/ }).waitFor({ state: "attached", timeout: 10_000 });
    assert.deepEqual(errors, []);
    await page.close();
  });
}

test("a page whose server is away keeps standing", async () => {
  health = null;
  const { page, errors } = await open("");
  await page.waitForFunction(() => document.querySelector("[role=status]")?.dataset.status === "unknown");
  assert.equal(await page.getByRole("status").textContent(), "");
  assert.deepEqual(errors, []);
  await page.close();
});

test("the whole engine answers inside a page, and only the page that asked loads it", async () => {
  health = UP;
  loaded.length = 0;
  const small = await open("");
  await small.page.waitForFunction(() => document.querySelector("[role=status]")?.dataset.status === "healthy");
  assert.ok(!loaded.includes("/dist/inline.js"));
  await small.page.close();
  const { page, errors } = await open("?engine");
  await page.waitForFunction(() => document.querySelector("#out").textContent !== "");
  assert.equal(await page.locator("#out").textContent(), "failed failed circuit_open");
  assert.deepEqual(errors, []);
  await page.close();
});
