// Vite without any plugin: what it builds, and its development server.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { bin, freePort, install, launch, open, run, serve } from "./kit.mjs";

let folder, browser;
before(async () => {
  folder = install("vite");
  browser = await launch();
});
after(() => browser?.close());

async function looks(args) {
  const port = await freePort();
  const server = await serve(folder, bin(folder, "vite"), [...args, "--host", "127.0.0.1", "--port", String(port), "--strictPort"], { ready: /Local:/ });
  try {
    const { page, complaints } = await open(browser, `http://127.0.0.1:${port}/`);
    await page.locator("#engine", { hasText: "circuit_open" }).waitFor();
    assert.equal(await page.locator("#engine").textContent(), "2: failed failed circuit_open");
    await page.getByRole("status").filter({ hasText: "Some features are temporarily limited: Invoicing" }).waitFor();
    assert.deepEqual(complaints, []);
    await page.close();
  } finally {
    server.stop();
  }
}

test("built", async () => {
  const said = run(folder, bin(folder, "vite"), ["build"]);
  assert.doesNotMatch(said, /externalized|warn(?!ing: chunk)/i);
  await looks(["preview"]);
});
test("in development", () => looks([]));
