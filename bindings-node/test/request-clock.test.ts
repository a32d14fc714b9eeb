// The clock of edge runtimes: each call has a timer of its own, and time begins with the first request.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Brownout } from "../src/node.js";
import { RequestClock } from "../src/request-clock.js";
import { POLICY } from "./kit.js";

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });
const NOW = 1_750_000_000_000;
const never = (): Promise<never> => new Promise(() => {});

test("an engine made at time 0 begins anew at the first instant that is one, with the keys and services that it had", async () => {
  let at = 0;
  const bo = new Brownout({ policy: POLICY, seed: 1, clock: new RequestClock(() => at) });
  const up = bo.guard("up");
  at = NOW;
  expect(await up.run(() => 7)).toMatchObject({ ok: true, value: 7 });
  const body = JSON.parse(bo.health({ detail: "detailed" }).body) as { uptime_seconds: number; traffic: { up: { granted: number } } };
  expect(body.traffic.up.granted).toBe(1);
  expect(body.uptime_seconds).toBe(0);
  at += 5_000;
  expect((JSON.parse(bo.health({ detail: "detailed" }).body) as { uptime_seconds: number }).uptime_seconds).toBe(5);
  bo.close();
});

test("no timer but those of the calls that wait, each its own", async () => {
  vi.setSystemTime(NOW);
  const bo = new Brownout({ policy: POLICY, seed: 1, clock: new RequestClock() });
  expect(vi.getTimerCount()).toBe(0);
  const calls = [90, 30].map((timeoutMs) => bo.guard("up").run(never, { timeoutMs }));
  expect(vi.getTimerCount()).toBe(2);
  await vi.advanceTimersByTimeAsync(30);
  expect(await calls[1]).toMatchObject({ reason: "timeout" });
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(60);
  expect(await calls[0]).toMatchObject({ reason: "timeout" });
  expect(vi.getTimerCount()).toBe(0);
  bo.close();
});

test("snapshots are taken inside of calls", async () => {
  vi.setSystemTime(NOW);
  const taken: number[] = [];
  const bo = new Brownout({ policy: POLICY, seed: 1, clock: new RequestClock(), snapshotEveryMs: 1000, onSnapshot: () => taken.push(Date.now() - NOW) });
  for (const at of [0, 999, 1000, 1500, 2500]) { vi.setSystemTime(NOW + at); await bo.guard("up").run(() => 1); }
  expect(taken).toEqual([1000, 2500]);
  bo.close();
});
