"use strict";
// The addon loads, answers in its shapes, refuses with data and is shared by threads.
const { test } = require("node:test");
const assert = require("node:assert");
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { Worker, isMainThread, workerData, parentPort } = require("node:worker_threads");
const { Engine, call, callAsync, version } = require("./index.cjs");

const policy = JSON.stringify({ version: 1, services: { afip: { breaker: { consecutive_failures: 2, open: { base: "10s", jitter: 0 } } } } });
const limited = JSON.stringify({ version: 1, services: { up: { limits: [{ name: "all", limit: 1000, period: "1h", algorithm: "fixed_window", align: "first_hit" }] } } });
const FAILURE = 1;
const WORKERS = 4;
const TRIES = 1000;
const handleOf = (engine) => JSON.parse(engine.names()).services[0].handle;
const admit = (engine, atMs) => engine.admit(handleOf(engine), 0, 0, 0, 0, 1, atMs);
const value = (answer) => (Array.isArray(answer) ? answer[0] : answer);

if (!isMainThread) {
  const { gate, name } = workerData;
  const engine = Engine.open(limited, 1n, 1000, name);
  const handle = handleOf(engine);
  // all at once, or they would come one after the other
  const flags = new Int32Array(gate);
  Atomics.add(flags, 0, 1);
  Atomics.notify(flags, 0);
  for (let there = Atomics.load(flags, 0); there < WORKERS; there = Atomics.load(flags, 0)) Atomics.wait(flags, 0, there, 1000);
  let granted = 0;
  for (let i = 0; i < TRIES; i++) {
    const permit = value(engine.admit(handle, 0, 0, 0, 0, 1, 2000));
    if (permit > 0) {
      granted += 1;
      engine.settle(permit, 0, 1, 2000);
    }
  }
  parentPort.postMessage({ granted, joined: engine.joined() });
} else {
  test("the surface is the contract's", () => {
    const surface = require("../../tests/surface.json");
    const methods = Object.getOwnPropertyNames(Engine.prototype).filter((name) => name !== "constructor");
    const statics = Object.getOwnPropertyNames(Engine).filter((name) => typeof Engine[name] === "function");
    assert.deepStrictEqual(methods.sort(), [...surface.engine, ...surface.only.node.engine].sort());
    assert.deepStrictEqual(statics.sort(), [...surface.makers, ...surface.only.node.makers].sort());
    assert.deepStrictEqual(Object.keys(require("./index.cjs")).sort(), ["Engine", ...surface.functions, ...surface.only.node.functions].sort());
    assert.match(version(), /^\d+\.\d+\.\d+$/);
    assert.strictEqual(typeof call("version", ""), "string");
  });

  test("what is published cannot be made to stop", () => {
    assert.deepStrictEqual([Engine.prototype.fault, require("./brownout.node").fault], [undefined, undefined]);
  });

  test("every entry catches a panic", () => {
    const source = readFileSync(join(__dirname, "src/lib.rs"), "utf8");
    const marked = [...source.matchAll(/#\[napi(.*?)\]\n(?:\s*#\[.*\n)*\s*pub (fn|struct) (\w+)/g)];
    assert.deepStrictEqual(marked.filter(([, how, what]) => what === "fn" && how !== "(catch_unwind)").map(([, , , name]) => name), []);
    assert.ok(marked.length >= 14);
  });

  test("imported and required alike", async () => {
    assert.strictEqual((await import("./index.mjs")).Engine, Engine);
  });

  test("a policy with faults is refused with data", () => {
    const faults = () => Engine.open('{"version":1,"services":{"a":{"nonsense":1},"b":{"nonsense":2}}}', 1n, 0);
    assert.throws(faults, (error) => {
      const { errors } = JSON.parse(error.message);
      assert.deepStrictEqual(errors.map((e) => [e.code, e.path]), [["unknown_field", "services.a.nonsense"], ["unknown_field", "services.b.nonsense"]]);
      return true;
    });
    assert.throws(() => Engine.open(policy, -1n, 0), /number_out_of_range/);
  });

  test("a handle that was never given out is an error with a code", () => {
    const engine = Engine.open(policy, 1n, 0);
    for (const service of [7, -1, 0.5, Number.NaN, 2 ** 60]) {
      const answer = engine.admit(service, 0, 0, 0, 0, 1, 1000);
      assert.strictEqual(answer[0], -1);
      assert.match(engine.drain(), /"code":"(unknown_service|stale_handle)"/);
    }
  });

  test("time passes with an answer, also when nothing is to come", () => {
    const engine = Engine.open(policy, 1n, 0);
    engine.settle(value(admit(engine, 1000)), 0, 5, 1000);
    const answer = engine.advance(400_000);
    assert.deepStrictEqual([answer[0], answer[1], answer[2]], [1, 0, -1]);
  });

  test("a name is one engine, no name is one's own", () => {
    const [a, b, c] = [Engine.open(policy, 1n, 0, "one"), Engine.open(policy, 1n, 0, "one"), Engine.open(policy, 1n, 0)];
    assert.deepStrictEqual([a.joined(), b.joined(), c.joined()], [false, true, false]);
    for (let i = 0; i < 2; i++) a.settle(value(admit(a, 1000)), FAILURE, 5, 1000);
    assert.deepStrictEqual([b, c].map((engine) => value(admit(engine, 1001)) > 0), [false, true]);
    assert.match(b.drain(), /"circuit_open"/);
    const d = Engine.restore(policy, a.snapshot(), 1001, "one");
    assert.deepStrictEqual([d.joined(), value(admit(d, 1001))], [true, 0]);
  });

  test("threads that hammer one limit get exactly the limit", async () => {
    const gate = new SharedArrayBuffer(4);
    const workers = Array.from({ length: WORKERS }, () => new Worker(__filename, { workerData: { gate, name: "hammered" } }));
    const said = await Promise.all(workers.map((worker) => new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject))));
    assert.strictEqual(said.reduce((sum, { granted }) => sum + granted, 0), 1000);
    assert.strictEqual(said.filter(({ joined }) => !joined).length, 1);
    await Promise.all(workers.map((worker) => worker.terminate()));
  });

  test("pure functions run off the main thread, with the same answers", async () => {
    const asked = callAsync("policy_check", policy);
    assert.ok(asked instanceof Promise);
    assert.strictEqual(await asked, call("policy_check", policy));
    assert.match(await callAsync("nonsense", ""), /"unknown_verb"/);
  });

  test("a long recording is replayed while the main thread goes on", async () => {
    const head = { brownout: 1, at_ms: 1000, policy: JSON.parse(call("policy_check", policy)).hash, seed: "1" };
    const inputs = Array.from({ length: 20_000 }, (_, i) => ({ verb: "admit", service: "afip", weight: 0, at_ms: 1001 + i }));
    const payload = JSON.stringify({ policy, recording: [head, ...inputs].map((line) => JSON.stringify(line)).join("\n"), json: true });
    let turns = 0;
    let over = false;
    const turn = () => { turns += 1; if (!over) setImmediate(turn); };
    setImmediate(turn);
    const replayed = await callAsync("replay", payload);
    over = true;
    assert.ok(turns > 0, "the main thread stood still");
    const { exit, out } = JSON.parse(replayed);
    assert.deepStrictEqual([exit, JSON.parse(out).inputs], [0, 20_000]);
    assert.strictEqual(replayed, call("replay", payload));
  });
}
