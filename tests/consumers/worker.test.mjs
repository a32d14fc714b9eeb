// workerd: bundled by wrangler as for a deployment, then run by miniflare, under an old and a new compatibility date.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { bin, install, run } from "./kit.mjs";

const DATES = ["2024-01-01", "2026-01-01"];
let folder;
const workers = [];
const packed = () => readdirSync(join(folder, "out")).filter((file) => file.endsWith(".wasm"));
before(async () => {
  folder = install("worker");
  run(folder, bin(folder, "wrangler"), ["deploy", "--dry-run", "--outdir", "out"]);
  const { Miniflare } = createRequire(join(folder, "package.json"))("miniflare");
  for (const compatibilityDate of DATES) {
    const modules = ["index.js", ...packed()].map((file) => ({ type: file.endsWith(".wasm") ? "CompiledWasm" : "ESModule", path: join(folder, "out", file) }));
    const worker = new Miniflare({ cf: false, compatibilityDate, modulesRoot: join(folder, "out"), modules });
    workers.push(worker);
    await worker.ready;
  }
});
after(() => Promise.all(workers.map((worker) => worker.dispose())));

test("the engine is packed as a module of its own, not as text", () => assert.equal(packed().length, 1));

DATES.forEach((date, i) => {
  const ask = async (path) => (await workers[i].dispatchFetch(`http://localhost${path}`)).json();

  test(`${date}: one engine, made while the module is loaded, for all requests of the isolate`, async () => {
    const began = Date.now();
    assert.deepEqual(await ask("/"), { granted: 1, said: "up" });
    const seen = [];
    for (let n = 0; n < 4; n += 1) seen.push(await ask("/?fail"));
    assert.deepEqual(seen, [
      { granted: 2, said: "failed" }, { granted: 3, said: "failed" }, { granted: 4, said: "failed" }, { granted: 4, said: "circuit_open" },
    ]);
    const health = await ask("/health");
    assert.equal(health.status, "degraded");
    assert.ok(Math.abs(Date.parse(health.timestamp) - began) < 60_000, `${health.timestamp} is not now`);
    const banner = await workers[i].dispatchFetch("http://localhost/banner");
    assert.equal(await banner.text(), "Algunas funciones están temporalmente limitadas: Facturación");
  });

  test(`${date}: a timeout ends its call although the request that waited before it is over`, async () => {
    assert.equal(await ask("/slow?quick&timeout=40"), "done");
    assert.equal(await ask("/slow?timeout=80"), "timeout");
    assert.equal(await ask("/slow?timeout=20"), "timeout");
    assert.equal(await ask("/slow?quick&timeout=60000"), "done");
    assert.deepEqual(await Promise.all([90, 30, 60].map((ms) => ask(`/slow?timeout=${ms}`))), ["timeout", "timeout", "timeout"]);
  });

  test(`${date}: a pause between two attempts ends too`, async () => assert.deepEqual(await ask("/again"), ["second", 2]));
});
