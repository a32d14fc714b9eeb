// When the engine's machine code stops: the call goes through, the engine comes back from its last snapshot, and it is counted.
import { expect, test } from "vitest";
import { bench } from "./kit.js";

const fail = (): never => { throw new Error("x"); };

test("a trap inside an admit lets the call through, and the next one meets the state of the last snapshot", async () => {
  const { bo, trap } = bench();
  for (let i = 0; i < 3; i += 1) await bo.guard("up").run(fail);
  bo.snapshot();
  const lost: unknown[] = [];
  bo.on("engine_lost", (e) => lost.push(e["traps"]));
  trap.next = 1;
  expect(await bo.guard("up").run((call) => call.permit)).toMatchObject({ ok: true, value: 0 });
  expect([trap.discards, lost, bo.stats.traps, bo.stats.ungoverned]).toEqual([1, [1], 1, 1]);
  expect(await bo.guard("up").run(() => 1)).toMatchObject({ ok: false, refusal: { code: "circuit_open" } });
});

test("a policy that would rather refuse is obeyed while the engine is away", async () => {
  const policy = { version: 1, on_engine_failure: "refuse", services: { up: { fallback: "queue" }, free: { on_engine_failure: "allow" } } };
  const { bo, trap } = bench(policy);
  trap.next = 1;
  expect(await bo.guard("up").run(() => 1)).toMatchObject({ ok: false, reason: "refused", refusal: { gate: "engine", code: "engine_lost", fallback: "queue" } });
  trap.next = 1;
  expect(await bo.guard("free").run(() => 1)).toMatchObject({ ok: true, value: 1 });
});

test("a trap inside a settlement is no error of the caller", async () => {
  const { bo, clock, trap, ledger } = bench();
  expect(await bo.guard("up").run(() => { trap.next = 1; return 7; })).toMatchObject({ ok: true, value: 7 });
  expect(await bo.guard("up").run(() => { trap.next = 1; return fail(); })).toMatchObject({ ok: false, reason: "failed" });
  expect([bo.stats.traps, ledger.granted.length]).toEqual([2, 2]);
  await clock.advance(1000); // a second trap in a row is given a rest
  expect(await bo.guard("up").run((call) => call.permit > 0)).toMatchObject({ value: true });
});

test("an engine that traps again and again is given growing rests, and calls go through meanwhile", async () => {
  const { bo, clock, trap } = bench();
  trap.next = 3;
  const permits: number[] = [];
  for (let i = 0; i < 6; i += 1) await bo.guard("up").run((call) => permits.push(call.permit)).catch(() => undefined);
  expect(permits.every((p) => p === 0)).toBe(true);
  trap.next = 0;
  await clock.advance(60_000);
  expect(await bo.guard("up").run((call) => call.permit > 0)).toMatchObject({ value: true });
});

test("deadlines are punctual after a rebuild without any traffic", async () => {
  const { bo, clock, trap } = bench();
  for (let i = 0; i < 3; i += 1) await bo.guard("up").run(fail);
  bo.snapshot();
  const seen: string[] = [];
  bo.on("breaker_changed", (e) => seen.push(String(e["to"])));
  trap.next = 1;
  await bo.guard("up").run(() => 1);
  await clock.advance(10_000);
  expect(seen).toEqual(["half_open"]);
});

test("a snapshot is taken every thirty seconds, only if something changed", async () => {
  const bytes: Uint8Array[] = [];
  const { bo, clock } = bench(undefined, { onSnapshot: (b) => bytes.push(b) });
  await clock.advance(120_000);
  const idle = bytes.length;
  expect(idle).toBeLessThanOrEqual(1);
  await bo.guard("up").run(() => 1);
  await clock.advance(29_999);
  expect(bytes.length).toBe(idle);
  await clock.advance(1);
  expect(bytes.length).toBe(idle + 1);
  await clock.advance(120_000);
  expect(bytes.length).toBe(idle + 1);
});

test("an engine that was closed lets everything through and arms nothing", async () => {
  const { bo, clock } = bench();
  bo.close();
  expect(await bo.guard("up").run(() => 1)).toMatchObject({ ok: true });
  expect(clock.pending).toBeLessThanOrEqual(1);
});
