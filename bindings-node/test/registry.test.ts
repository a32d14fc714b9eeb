// One engine per name and process.
import { afterEach, expect, test, vi } from "vitest";
import { brownout, call, callAsync, createBrownout, engineInfo } from "../src/node.js";
import { FakeClock } from "../src/testing.js";
import { POLICY, START } from "./kit.js";

const made: { close(): void }[] = [];
afterEach(() => { for (const bo of made.splice(0)) bo.close(); });
const make = (name: string, policy: object = POLICY) => { const bo = createBrownout({ name, policy, seed: 1, clock: new FakeClock(START) }); made.push(bo); return bo; };
const fail = (): never => { throw new Error("x"); };

test("the same name and policy give the same engine, another name another", async () => {
  const a = make("one");
  expect(make("one")).toBe(a);
  expect(brownout("one")).toBe(a);
  const b = make("two");
  expect(b).not.toBe(a);
  for (let i = 0; i < 3; i += 1) await a.guard("up").run(fail);
  expect([a.guard("up").peek(), b.guard("up").peek()]).toEqual([false, true]);
});

test("another copy of the module finds the same engine", async () => {
  const a = make("shared");
  vi.resetModules();
  const copy = await import("../src/node.js");
  expect(copy.createBrownout).not.toBe(createBrownout);
  const b = copy.createBrownout({ name: "shared", policy: POLICY });
  for (let i = 0; i < 3; i += 1) await b.guard("up").run(fail);
  expect(a.guard("up").peek()).toBe(false);
  expect(a.facade).toBe(b.facade as unknown);
});

test("another policy under the same name is a reload that keeps what still stands", async () => {
  const a = make("reloaded");
  for (let i = 0; i < 3; i += 1) await a.guard("up").run(fail);
  const b = make("reloaded", { version: 1, services: { ...POLICY.services, more: {} } });
  expect(b).toBe(a);
  expect([b.guard("up").peek(), b.guard("more").peek()]).toEqual([false, true]);
});

test("a closed engine frees its name", () => {
  const a = make("closed");
  a.close();
  expect(brownout("closed")).toBeUndefined();
  expect(make("closed")).not.toBe(a);
});

test("what there is of engines can be seen, and without the addon nothing is missed", async () => {
  const before = engineInfo();
  expect(before).toMatchObject({ kind: "wasm", version: JSON.parse(call("version")), native: null });
  const bo = createBrownout({ name: "seen", policy: POLICY, engine: "native" });
  expect([engineInfo().engines - before.engines, engineInfo("seen").kind, bo.kind]).toEqual([1, "wasm", "wasm"]);
  bo.close();
  bo.close();
  expect(engineInfo().engines).toBe(before.engines);
  expect(await callAsync("policy_check", JSON.stringify(POLICY))).toBe(call("policy_check", JSON.stringify(POLICY)));
});
