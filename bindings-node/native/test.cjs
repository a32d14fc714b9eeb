"use strict";
// The addon loads, answers in its shapes, refuses with data and is shared by threads.
const { test } = require("node:test");
const assert = require("node:assert");
const { Worker, isMainThread, workerData, parentPort } = require("node:worker_threads");
const { Engine, call, version } = require("./index.cjs");

const policy = JSON.stringify({ version: 1, services: { afip: { breaker: { consecutive_failures: 2, open: { base: "10s", jitter: 0 } } } } });
const FAILURE = 1;
const admit = (engine, atMs) => engine.admit(JSON.parse(engine.names()).services[0].handle, 0, 0, 0, 0, 1, atMs);

if (!isMainThread) {
  const engine = Engine.attach(workerData);
  const permit = admit(engine, 1000);
  engine.settle(Array.isArray(permit) ? permit[0] : permit, FAILURE, 5, 1000);
  parentPort.postMessage("settled");
} else {
  test("the surface is the contract's", () => {
    const surface = require("../../tests/surface.json");
    const methods = Object.getOwnPropertyNames(Engine.prototype).filter((name) => name !== "constructor");
    const statics = Object.getOwnPropertyNames(Engine).filter((name) => typeof Engine[name] === "function");
    assert.deepStrictEqual(methods.sort(), [...surface.engine, ...surface.only.node.engine].sort());
    assert.deepStrictEqual(statics.sort(), [...surface.makers, ...surface.only.node.makers].sort());
    assert.deepStrictEqual(Object.keys(require("./index.cjs")).sort(), ["Engine", ...surface.functions].sort());
    assert.match(version(), /^\d+\.\d+\.\d+$/);
    assert.strictEqual(typeof call("version", ""), "string");
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

  test("threads share one engine", async () => {
    const engine = Engine.open(policy, 1n, 0);
    const shared = engine.share();
    assert.strictEqual(engine.share(), shared);
    assert.throws(() => Engine.attach(shared + 1), /stale_handle/);
    for (let i = 0; i < 2; i++) {
      const worker = new Worker(__filename, { workerData: shared });
      await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
      await worker.terminate();
    }
    const refused = admit(engine, 1001);
    assert.strictEqual(refused[0], 0);
    assert.match(engine.drain(), /"circuit_open"/);
  });
}
