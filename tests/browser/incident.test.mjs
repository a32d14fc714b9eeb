// The page against the real services: an incident from the first failure to the empty banner, as a person would see it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "../../examples/demo/browser.mjs";
import { startDemo } from "../../examples/demo/running.mjs";

const NAMES = {
  es: "IA de WhatsApp, Reportes por voz, Facturación AFIP",
  en: "WhatsApp AI, Voice reports, AFIP invoicing",
};
const BANNER = {
  es: `Algunas funciones están temporalmente limitadas: ${NAMES.es}`,
  en: `Some features are temporarily limited: ${NAMES.en}`,
};
/** Simulated seconds a second: a breaker's minute takes six, and a busy machine still answers within a scaled timeout. */
const SPEED = "10";
const PATIENCE = { timeout: 90_000 };

let demo, browser;
before(async () => {
  demo = await startDemo(["--speed", SPEED]);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

async function open() {
  const page = await browser.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  await page.goto(demo.url);
  return { page, complaints };
}

/** Waits for both sentences; the text must be exact. */
const says = (page, es, en) =>
  page.waitForFunction(
    ([a, b]) =>
      document.querySelector("#banner-es").textContent === a && document.querySelector("#banner-en").textContent === b,
    [es, en],
    PATIENCE,
  );

// covers: R-1127, R-1128, R-1129
test("the banner names what is limited, exactly, in both languages, and falls silent when it is over", async () => {
  const { page, complaints } = await open();
  await page.locator("#overall", { hasText: "healthy" }).waitFor(PATIENCE);
  await says(page, "", "");

  await page.locator("#service-afip input[value=error]").check();
  await page.locator("#service-openai input[value=error]").check();
  await says(page, BANNER.es, BANNER.en);
  await page.locator("#feature-invoicing\\.afip .pill", { hasText: "degraded" }).waitFor(PATIENCE);
  await page.locator("#feature-ai\\.whatsapp .pill", { hasText: /offline|degraded/ }).waitFor(PATIENCE);
  const during = await (await fetch(`${demo.url}/api/health?profile=campotech`)).json();
  assert.equal(during.status, "degraded");
  assert.ok(await page.locator("#timeline li", { hasText: "OpenAI: breaker open" }).count());

  await page.locator("#restore").click();
  await says(page, "", "");
  await page.locator("#overall", { hasText: "healthy" }).waitFor(PATIENCE);
  assert.equal(await page.locator("#service-afip").getAttribute("data-breaker"), "closed");
  assert.deepEqual(complaints, []);
});

test("the FastAPI service tells the same story", async () => {
  const { page, complaints } = await open();
  await page.getByRole("radio", { name: "FastAPI" }).check();
  await page.locator("#overall", { hasText: "healthy" }).waitFor(PATIENCE);
  await page.locator("#service-openai input[value=hang]").check();
  await says(
    page,
    "Algunas funciones están temporalmente limitadas: IA de WhatsApp, Reportes por voz",
    "Some features are temporarily limited: WhatsApp AI, Voice reports",
  );
  await page.locator("#restore").click();
  await says(page, "", "");
  assert.deepEqual(complaints, []);
});
