// node screenshots.mjs [--out DIR]: the page before, during and after an incident, from a running demo of its own.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { launch } from "./browser.mjs";
import { startDemo } from "./running.mjs";

const { values } = parseArgs({ options: { out: { type: "string", default: "docs/images" }, speed: { type: "string", default: "30" } } });
const demo = await startDemo(["--speed", values.speed]);
const browser = await launch();
const seconds = (n) => new Promise((resolve) => setTimeout(resolve, n * 1000));

try {
  await mkdir(values.out, { recursive: true });
  const page = await browser.newPage({ viewport: { width: 1240, height: 1180 }, colorScheme: "light" });
  await page.goto(demo.url);
  const shoot = (name) => page.screenshot({ path: join(values.out, `${name}.png`), fullPage: true });
  await seconds(8);
  await shoot("page-before");
  await page.locator("#service-afip input[value=error]").check();
  await page.locator("#service-openai input[value=hang]").check();
  await page.locator("#banner-es:not(:empty)").waitFor({ timeout: 60_000 });
  await seconds(6);
  await shoot("page-during");
  await page.emulateMedia({ colorScheme: "dark" });
  await shoot("page-during-dark");
  await page.emulateMedia({ colorScheme: "light" });
  await page.locator("#restore").click();
  await page.locator("#banner-es:empty").waitFor({ timeout: 120_000 });
  await seconds(2);
  await shoot("page-after");
} finally {
  await browser.close();
  await demo.stop();
}
