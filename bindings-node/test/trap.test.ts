// When the engine's machine code stops: the call goes through, the engine comes back from its last snapshot, and it is counted.
import { expect, test } from "vitest";
import { bench } from "./kit.js";

const fail = (): never => { throw new Error("x"); };

test("a trap inside an admit lets the call through, and the next one meets the state of the last snapshot", async () => {
  const { bo, trap } = bench();
  for (let i = 0; i < 3; i += 1) await bo.guard("up").run(fail);
  bo.snapshot();
  const lost: unknown[] = [];
  bo.on("engine_lost", (e) => lost.push(e["losses"]));
  trap.next = 1;
  expect(await bo.guard("up").run((call) => call.permit)).toMatchObject({ ok: true, value: 0 });
  expect([trap.discards, lost, bo.stats.traps, bo.stats.ungoverned]).toEqual([1, [1], 1, 1]);
  expect(await bo.guard("up").run(() => 1)).toMatchObject({ ok: false, refusal: { code: "circuit_open" } });
});

test("a rebuilt engine knows how often it was lost, whatever its snapshot knew, and says so in reports", async () => {
  const { bo, clock, trap } = bench();
  const heard: unknown[] = [];
  bo.on("engine_rebuilt", (e) => heard.push([e["rebuilds"], e["cause"]]));
  trap.next = 1;
  await bo.guard("up").run(() => 1);
  await bo.guard("up").run(() => 1);
  trap.next = 1;
  await bo.guard("up").run(() => 1); // no snapshot since: the state to come knows of neither
  await clock.advance(1000);
  await bo.guard("up").run(() => 1);
  expect(heard).toEqual([[1, "trap: unreachable"], [2, "trap: unreachable"]]);
  bo.snapshot();
  await clock.advance(120_000);
  trap.next = 1;
  await bo.guard("up").run(() => 1);
  expect(JSON.parse(bo.health().body).engine).toEqual({ rebuilds: 3, rebuilt_at: new Date(clock.now()).toISOString(), cause: "trap: unreachable" });
  expect(bo.health({ format: "prometheus" }).body).toContain("brownout_engine_rebuilds_total 3\n");
  expect([bo.stats.traps, bo.stats.rebuilds]).toEqual([3, 3]);
});

test("a question by hand gets the coded error while the engine is away, and an answer afterwards", async () => {
  const { bo, clock, trap } = bench();
  const lost = expect.objectContaining({ code: "engine_lost" });
  for (const ask of [() => bo.health(), () => bo.handle({ verb: "advance" }), () => bo.command("force_open", { service: "up" }), () => bo.gauge("g", 1)]) {
    trap.next = 1;
    expect(ask).toThrow(lost);
    await clock.advance(60_000);
  }
  expect(bo.health().status).toBe(200);
});

test("permits from before the loss settle quietly, and none of them is taken for a later one", async () => {
  const { bo, trap } = bench();
  const old = bo.admit("up");
  if ("refusal" in old) throw new Error("refused");
  trap.next = 1;
  expect(bo.settle(old.permit, { outcome: "success" })).toMatchObject({ counted: false, because: "engine_lost" });
  const next = bo.admit("up");
  expect(next).toMatchObject({ permit: expect.any(Number) });
  expect("permit" in next && next.permit !== old.permit).toBe(true);
  expect(() => bo.settle(old.permit, { outcome: "success" })).toThrow(expect.objectContaining({ code: "unknown_permit" }));
});

test("engines of one wasm instance are lost together, and each counts it", async () => {
  const { loader, trap } = bench();
  const [a, b] = [bench(undefined, { loader }), bench(undefined, { loader })];
  trap.next = 1;
  await a.bo.guard("up").run(() => 1);
  await b.bo.guard("up").run(() => 1);
  expect([a.bo.stats.traps, b.bo.stats.traps]).toEqual([1, 1]);
  expect(JSON.parse(b.bo.health().body).engine).toMatchObject({ rebuilds: 1 });
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
