// workerd: bundled by wrangler as for a deployment, then run by miniflare.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { bin, install, run } from "./kit.mjs";

let folder, worker;
before(async () => {
  folder = install("worker");
  run(folder, bin(folder, "wrangler"), ["deploy", "--dry-run", "--outdir", "out"]);
  const { Miniflare } = createRequire(join(folder, "package.json"))("miniflare");
  worker = new Miniflare({
    cf: false,
    compatibilityDate: "2026-01-01",
    modulesRoot: join(folder, "out"),
    modules: ["index.js", ...readdirSync(join(folder, "out")).filter((f) => f.endsWith(".wasm"))].map((file) => ({
      type: file.endsWith(".wasm") ? "CompiledWasm" : "ESModule", path: join(folder, "out", file),
    })),
  });
  await worker.ready;
});
after(() => worker?.dispose());
const ask = async (path) => (await worker.dispatchFetch(`http://localhost${path}`)).json();

test("the engine is packed as a module of its own, not as text", () => {
  assert.equal(readdirSync(join(folder, "out")).filter((f) => f.endsWith(".wasm")).length, 1);
});

test("one engine for all requests of the isolate", async () => {
  assert.deepEqual(await ask("/"), { granted: 1, said: "up" });
  const seen = [];
  for (let i = 0; i < 4; i += 1) seen.push(await ask("/?fail"));
  assert.deepEqual(seen, [
    { granted: 2, said: "failed" }, { granted: 3, said: "failed" }, { granted: 4, said: "failed" }, { granted: 4, said: "circuit_open" },
  ]);
  const health = await ask("/health");
  assert.equal(health.status, "degraded");
  const banner = await worker.dispatchFetch("http://localhost/banner");
  assert.equal(await banner.text(), "Algunas funciones están temporalmente limitadas: Facturación");
});

test("a timeout ends its call although the request that waited before it is over", async () => {
  assert.equal(await ask("/slow?quick&timeout=40"), "done");
  assert.equal(await ask("/slow?timeout=80"), "timeout");
  assert.equal(await ask("/slow?timeout=20"), "timeout");
  assert.equal(await ask("/slow?quick&timeout=60000"), "done");
  assert.deepEqual(await Promise.all([ask("/slow?timeout=90"), ask("/slow?timeout=30"), ask("/slow?timeout=60")]), ["timeout", "timeout", "timeout"]);
});

test("a pause between two attempts ends too", async () => {
  assert.deepEqual(await ask("/again"), ["second", 2]);
});
