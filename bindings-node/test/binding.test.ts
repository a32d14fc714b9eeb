// The wasm binding below the host layer: its names, its shapes, and what happens when an instance is discarded.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loader } from "../src/engine/node.js";
import type { RawEngine } from "../src/raw.js";
import * as glue from "../src/generated/engine_bg.js";

const surface = JSON.parse(readFileSync(new URL("../../tests/surface.json", import.meta.url), "utf8")) as {
  makers: string[]; engine: string[]; functions: string[]; only: { wasm: { engine: string[] } };
};
const policy = JSON.stringify({ version: 1, services: { afip: { breaker: { consecutive_failures: 2, open: { base: "10s", jitter: 0 } } } } });
const FAILURE = 1;
const serviceOf = (engine: RawEngine) => (JSON.parse(engine.names()) as { services: { handle: number }[] }).services[0]!.handle;
const admit = (engine: RawEngine, atMs: number) => engine.admit(serviceOf(engine), 0, 0, 0, 0, 1, atMs);

test("the surface is the contract's", () => {
  const own = (of: object) => Object.getOwnPropertyNames(of).filter((name) => !name.startsWith("__") && !["constructor", "length", "name", "prototype"].includes(name));
  expect(own(glue.Engine.prototype).sort()).toEqual([...surface.engine, ...surface.only.wasm.engine].sort());
  expect(own(glue.Engine).sort()).toEqual([...surface.makers].sort());
  expect(Object.keys(glue).filter((name) => !name.startsWith("__")).sort()).toEqual(["Engine", ...surface.functions].sort());
});

test("a policy with faults is refused with data, before and after", () => {
  let text = "";
  try {
    loader.create('{"version":1,"services":{"a":{"nonsense":1},"b":{"nonsense":2}}}', 1n, 0);
  } catch (error) {
    text = (error as Error).message;
  }
  const { errors } = JSON.parse(text) as { errors: { code: string; path: string }[] };
  expect(errors.map((e) => [e.code, e.path])).toEqual([["unknown_field", "services.a.nonsense"], ["unknown_field", "services.b.nonsense"]]);
});

test("a handle that was never given out is an error with a code", () => {
  const engine = loader.create(policy, 1n, 0);
  for (const service of [7, -1, 0.5, Number.NaN, 2 ** 60]) {
    expect(engine.admit(service, 0, 0, 0, 0, 1, 1000)).toBe(-1);
    expect(engine.drain()).toMatch(/"code":"(unknown_service|stale_handle)"/);
  }
  engine.free?.();
});

test("after a discard the next engine is whole, and the old one cannot reach it", () => {
  const old = loader.create(policy, 1n, 0);
  const bytes = old.snapshot();
  loader.discard();
  const fresh = loader.restore(policy, bytes, 0);
  for (let i = 0; i < 2; i++) fresh.settle(admit(fresh, 1000), FAILURE, 5, 1000);
  expect(() => old.advance(1000)).toThrow();
  old.free?.();
  expect(admit(fresh, 1001)).toBe(0);
  expect(fresh.scratch[6]).toBe(11000);
  expect(fresh.drain()).toContain('"circuit_open"');
  fresh.free?.();
});

test("the scratch view survives a growing memory", () => {
  const engine = loader.create(policy, 1n, 0);
  const before = engine.scratch;
  engine.handle(JSON.stringify({ verb: "x".repeat(4_000_000) }), 0);
  expect(before.length).toBe(0);
  for (let i = 0; i < 2; i++) engine.settle(admit(engine, 1000), FAILURE, 5, 1000);
  expect(admit(engine, 1001)).toBe(0);
  expect(engine.scratch[6]).toBe(11000);
  engine.free?.();
});
