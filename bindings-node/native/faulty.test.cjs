"use strict";
// An addon that stops on purpose (`cargo xtask test --only containment` builds it): the process lives, and is told.
const { test } = require("node:test");
const assert = require("node:assert");
const { Engine, callAsync, fault } = require(process.env.BROWNOUT_ADDON);

const policy = JSON.stringify({ version: 1, services: { faulty: {}, up: {} } });
const coded = (error) => JSON.parse(error.message).errors.map((e) => e.code).join() === "engine_lost";
const handle = (engine, name) => JSON.parse(engine.names()).services.find((s) => s.name === name).handle;

test("a stop with nothing around it is an error of that call", () => {
  assert.throws(fault, /a fault on purpose/);
});

test("a stop under the lock is a coded error, then and ever after, and never blocks", () => {
  const engine = Engine.open(policy, 1n, 0);
  const up = handle(engine, "up");
  assert.throws(() => engine.fault(), coded);
  const calls = [
    () => engine.names(), () => engine.key("k", 0), () => engine.admit(up, 0, 0, 0, 0, 1, 0), () => engine.settle(1, 0, 1, 0),
    () => engine.advance(0), () => engine.drain(), () => engine.handle('{"verb":"advance"}', 0), () => engine.snapshot(), () => engine.part(true),
  ];
  for (const call of calls) assert.throws(call, coded);
  assert.ok(Engine.open(policy, 1n, 0).admit(up, 0, 0, 0, 0, 1, 0));
});

test("a stop inside a hot call is the same", () => {
  const engine = Engine.open(policy, 1n, 0);
  const [faulty, up] = ["faulty", "up"].map((name) => handle(engine, name));
  assert.throws(() => engine.admit(faulty, 0, 0, 0, 0, 1, 0), coded);
  assert.throws(() => engine.admit(up, 0, 0, 0, 0, 1, 0), coded);
});

test("a shared engine that has stopped is gone for whoever comes, and its successor is shared again", () => {
  const [a, b] = [Engine.open(policy, 1n, 0, "s"), Engine.open(policy, 1n, 0, "s")];
  const kept = a.snapshot();
  assert.throws(() => b.fault(), coded);
  assert.throws(() => a.names(), coded);
  const next = Engine.restore(policy, kept, 0, "s");
  assert.deepStrictEqual([next.joined(), Engine.restore(policy, kept, 0, "s").joined()], [false, true]);
  assert.ok(next.names());
});

test("a stop off the main thread rejects", async () => {
  await assert.rejects(callAsync("faulty", ""), coded);
});
