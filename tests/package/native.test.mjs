// Two packed packages in a clean folder. Without `brownout-native` nothing is missed; with it nothing is loaded until somebody asks,
// then it shows, and worker threads share one engine.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, "bindings-node/package.json"), "utf8"));
const folder = mkdtempSync(join(tmpdir(), "brownout-beside-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const environment = { ...process.env, NODE_TEST_CONTEXT: undefined, NODE_OPTIONS: undefined };
const program = (name, args, cwd = folder) => execFileSync(name, args, { cwd, encoding: "utf8", env: environment, stdio: ["ignore", "pipe", "inherit"] });
const pack = (path) => JSON.parse(program("npm", ["pack", "--json", "--ignore-scripts", "--loglevel=error", "--pack-destination", folder], join(root, path)))[0];
const install = (file) => program("npm", ["install", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", join(folder, file)]);
const script = (name, text) => { writeFileSync(join(folder, name), text); return JSON.parse(program(process.execPath, [name])); };

const LIMIT = 1000;
const WORKERS = 4;
const policy = { version: 1, services: { up: { limits: [{ name: "all", limit: LIMIT, period: "1h", algorithm: "fixed_window", align: "first_hit" }] } } };

// What is loaded shows in the process's own list of libraries.
const look = `
  const loaded = () => process.report.getReport().sharedObjects.some((path) => path.endsWith("brownout.node"));
  const seen = [loaded()];
  const plain = createBrownout({ name: "plain", policy: ${JSON.stringify(policy)} });
  seen.push(loaded());
  const info = engineInfo();
  const asked = createBrownout({ name: "asked", policy: ${JSON.stringify(policy)}, engine: "native" });
  callAsync("version").then((version) => {
    console.log(JSON.stringify({ seen, info, kinds: [plain.kind, asked.kind, engineInfo("asked").kind], version }));
    plain.close(); asked.close();
  });`;
const imported = `import { callAsync, createBrownout, engineInfo } from "brownout";${look}`;
const required = `const { callAsync, createBrownout, engineInfo } = require("brownout");${look}`;

// Each worker takes as many calls as it gets; all begin at once.
const hammer = `
  import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
  import { createBrownout } from "brownout";
  const make = () => createBrownout({ name: "shared", policy: ${JSON.stringify(policy)}, engine: "native" });
  if (isMainThread) {
    const bo = make();
    const gate = new SharedArrayBuffer(4);
    const workers = Array.from({ length: ${WORKERS} }, () => new Worker(new URL(import.meta.url), { workerData: gate }));
    const made = await Promise.all(workers.map((worker) => new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject))));
    const last = await bo.guard("up").run(() => 1);
    console.log(JSON.stringify({ made: made.reduce((sum, n) => sum + n, 0), last: last.ok ? "made" : last.refusal.code }));
    bo.close();
    await Promise.all(workers.map((worker) => worker.terminate()));
  } else {
    const bo = make();
    const flags = new Int32Array(workerData);
    Atomics.add(flags, 0, 1);
    Atomics.notify(flags, 0);
    for (let there = Atomics.load(flags, 0); there < ${WORKERS}; there = Atomics.load(flags, 0)) Atomics.wait(flags, 0, there, 1000);
    let made = 0;
    for (let i = 0; i < ${LIMIT / 2}; i++) if ((await bo.guard("up").run(() => 1)).ok) made += 1;
    parentPort.postMessage(made);
  }`;

writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));

test("alone: nothing is missed", () => {
  install(pack("bindings-node").filename);
  const alone = { seen: [false, false], info: { kind: "wasm", version, native: null, engines: 1, rebuilds: 0 }, kinds: ["wasm", "wasm", "wasm"], version: `"${version}"` };
  assert.deepEqual(script("alone.mjs", imported), alone);
  assert.deepEqual(script("alone.cjs", required), alone);
});

test("the package holds the addon of this platform, declarations, its page, its licences and those of others, and nothing else", () => {
  const packed = pack("bindings-node/native");
  assert.deepEqual(packed.files.map((file) => file.path).sort(), ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "THIRD-PARTY.txt", "brownout.node", "index.cjs", "index.d.ts", "index.mjs", "package.json"]);
  install(packed.filename);
  assert.ok(!readFileSync(join(folder, "node_modules/brownout-native/brownout.node")).includes(root), "it names the machine that built it");
});

test("beside it: silent until somebody asks, then to be seen", () => {
  const beside = { seen: [false, false], info: { kind: "wasm", version, native: version, engines: 1, rebuilds: 0 }, kinds: ["wasm", "native", "native"], version: `"${version}"` };
  assert.deepEqual(script("beside.mjs", imported), beside);
  assert.deepEqual(script("beside.cjs", required), beside);
});

test("workers that hammer one limit get exactly the limit, all together", () => {
  assert.deepEqual(script("hammer.mjs", hammer), { made: LIMIT, last: "limited" });
});
