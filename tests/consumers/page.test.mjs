// A page without a bundler, served from the packed files: the small wasm build, and the same where the page's policy forbids wasm.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { basename, extname, join } from "node:path";
import { after, before, test } from "node:test";
import { install, launch, open } from "./kit.mjs";

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".json": "application/json" };
const POLICIES = { none: null, strict: "script-src 'self'", wasm: "script-src 'self' 'wasm-unsafe-eval'" };
const BLOBS = JSON.parse(readFileSync(new URL("../../bindings-node/test/blobs.json", import.meta.url), "utf8"));
const ANSWERS = [...BLOBS.map((blob) => ({ blob })), { blob: BLOBS[1], retryAfter: "45" }, { blob: BLOBS[0] }];

let server, browser, base;
const told = {};
before(async () => {
  const folder = install("page");
  server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    if (pathname === "/icon") return response.writeHead(204).end();
    if (pathname === "/answers.json") return response.writeHead(200, { "content-type": TYPES[".json"] }).end(JSON.stringify(ANSWERS));
    const file = pathname.startsWith("/brownout/") ? join("node_modules/brownout/dist", basename(pathname)) : pathname === "/" ? "index.html" : basename(pathname);
    const policy = POLICIES[searchParams.get("policy")];
    response.writeHead(200, { "content-type": TYPES[extname(file)], ...(policy ? { "content-security-policy": policy } : {}) });
    response.end(readFileSync(join(folder, file)));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${server.address().port}/`;
  browser = await launch();
});
after(async () => {
  await browser?.close();
  server?.closeAllConnections();
  server?.close();
});

for (const [policy, compiled] of [["none", 1], ["strict", 0], ["wasm", 1]]) {
  test(`under the policy \`${POLICIES[policy]}\` ${compiled} module is compiled, and nothing fails`, async () => {
    const { page, complaints } = await open(browser, `${base}?policy=${policy}`);
    await page.locator("#told", { hasText: "compiled" }).waitFor();
    assert.equal(await page.locator("#told").textContent(), `${compiled} compiled`);
    told[policy] = await page.evaluate(() => window.told);
    // Chromium names the policy that forbade the module; nothing else may be said
    assert.deepEqual(complaints.filter((text) => !/wasm-unsafe-eval|WebAssembly/.test(text)), []);
    await page.close();
  });
}

test("the page is told the same, whichever of the two speaks", () => {
  assert.equal(told.none.length, (2 * ANSWERS.length + 3) * 18);
  assert.deepEqual(told.strict, told.none);
  assert.deepEqual(told.wasm, told.none);
});

test("and it is what the answers say", () => {
  const after = (n, lang) => told.strict[n * 18 + ["es", "en", "en-GB", "de", "pt-BR", ""].indexOf(lang)];
  assert.deepEqual([after(0, "es").view.overall, after(0, "es").banner], ["healthy", ""]);
  assert.equal(after(1, "es").banner, "Algunas funciones están temporalmente limitadas: IA de WhatsApp");
  assert.equal(after(1, "en-GB").banner, "Some features are temporarily limited: WhatsApp AI");
  assert.deepEqual(after(1, "en").view.features.map((f) => [f.id, f.status, f.available]), [["ai", "offline", false], ["pay", "healthy", true], ["map", "unknown", true]]);
  // 90 s after an answer it is no longer believed
  assert.deepEqual([told.strict[17].view.stale, told.strict[17].view.overall, told.strict[0].view.stale], [true, "unknown", false]);
  // the next question: 30 s after an answer, later after one that is none, never before the server allows it
  assert.deepEqual([after(0, "es").wait, after(13, "es").wait], [30_000, 45_000]);
});
