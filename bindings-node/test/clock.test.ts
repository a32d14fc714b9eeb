// Time: one host timer, no early deadline, and a wall clock that may step.
import { expect, test } from "vitest";
import { BehindWatch, ScaledClock, WallClock } from "../src/clock.js";
import { FakeClock } from "../src/testing.js";
import { TimerQueue } from "../src/timers.js";
import { bench, START } from "./kit.js";

test("the queue keeps one host timer, runs in order, and a cleared entry never runs", async () => {
  const clock = new FakeClock(0);
  const queue = new TimerQueue(clock);
  const ran: string[] = [];
  queue.after(30, () => ran.push("c"));
  const b = queue.after(20, () => ran.push("b"));
  queue.after(10, () => { ran.push("a"); b.clear(); });
  for (let i = 0; i < 100; i += 1) queue.after(20, () => undefined).clear();
  expect([clock.pending, queue.size]).toEqual([1, 3]);
  await clock.advance(9);
  expect(ran).toEqual([]);
  await clock.advance(21);
  expect([ran, queue.size, clock.pending]).toEqual([["a", "c"], 0, 0]);
});

test("an entry may clear another that is due at the same instant", async () => {
  const clock = new FakeClock(0);
  const queue = new TimerQueue(clock);
  const ran: string[] = [];
  queue.after(10, () => { ran.push("a"); b.clear(); });
  const b = queue.after(10, () => ran.push("b"));
  await clock.advance(10);
  expect([ran, queue.size]).toEqual([["a"], 0]);
});

test("many entries of several lengths, some of which leave, run at their instants and in order", async () => {
  const clock = new FakeClock(0);
  const queue = new TimerQueue(clock);
  const ran: [number, number][] = [];
  const waiting = Array.from({ length: 500 }, (_, i) => queue.after(10 + (i % 3) * 10, () => ran.push([clock.now(), i])));
  waiting.forEach((entry, i) => { if (i % 5 !== 0) entry.clear(); });
  expect([queue.size, clock.pending]).toEqual([100, 1]);
  await clock.advance(15);
  const late = queue.after(5, () => ran.push([clock.now(), 500]));
  queue.after(4, () => late.clear());
  await clock.advance(100);
  const wanted = [0, 1, 2].flatMap((lane) => Array.from({ length: 100 }, (_, n) => n * 5).filter((i) => i % 3 === lane).map((i) => [10 + lane * 10, i]));
  expect(ran).toEqual(wanted);
  expect([queue.size, clock.pending]).toEqual([0, 0]);
});

test("the host's timer is held while something waits, and let go once at the end of a turn", async () => {
  const clock = Object.assign(new FakeClock(0), { held: [] as boolean[], hold(_: unknown, on: boolean) { this.held.push(on); } });
  const queue = new TimerQueue(clock);
  const turn = (): Promise<void> => new Promise((done) => { setImmediate(done); });
  queue.after(50, () => undefined, false);
  expect(clock.held).toEqual([]);
  for (let i = 0; i < 100; i += 1) queue.after(100, () => undefined).clear();
  expect(clock.held).toEqual([true]);
  await turn();
  expect(clock.held).toEqual([true, false]);
  const one = queue.after(100, () => undefined);
  await turn();
  expect(clock.held).toEqual([true, false, true]);
  one.clear();
  const two = queue.after(10, () => undefined); // earlier: another host timer, which is held from the start
  expect(clock.held).toEqual([true, false, true, true]);
  two.clear();
  await turn();
  expect(clock.held).toEqual([true, false, true, true, false]);
});

test("a throwing entry does not stop the others", async () => {
  const clock = new FakeClock(0);
  const queue = new TimerQueue(clock);
  const error = console.error;
  console.error = () => undefined;
  let ran = false;
  queue.after(10, () => { throw new Error("x"); });
  queue.after(10, () => { ran = true; });
  await clock.advance(10);
  console.error = error;
  expect(ran).toBe(true);
});

test("the wall clock's small steps are not followed, a lasting one is after five seconds", () => {
  let mono = 0;
  let offset = START;
  const clock = new WallClock(() => mono, () => offset + mono);
  const at = (ms: number): number => { mono = ms; return clock.now() - START; };
  expect(at(1000)).toBe(1000);
  offset = START - 900;
  expect(at(60_000)).toBe(60_000);
  offset = START + 3_600_000;
  expect([at(61_000), at(65_999), clock.steps]).toEqual([61_000, 65_999, 0]);
  expect([at(67_000), clock.steps]).toEqual([3_667_000, 1]);
});

test("a scaled clock runs faster and asks its base for shorter waits", () => {
  const base = new FakeClock(1000);
  const clock = new ScaledClock(60, base, START);
  let ran = 0;
  clock.setTimer(() => { ran += 1; }, 6000);
  expect(base.nextMs).toBe(1100);
  base.jump(1100);
  expect([clock.now(), ran]).toEqual([START + 6000, 0]);
});

test("only input that stays behind asks for a re-base", () => {
  const watch = new BehindWatch();
  expect([watch.feed(10_000), watch.feed(9_500), watch.feed(20_000)]).toEqual([false, false, false]);
  watch.engineAt(100_000);
  expect([watch.feed(21_000), watch.feed(25_900), watch.feed(26_000)]).toEqual([false, false, true]);
  watch.rebased(26_000);
  expect(watch.feed(26_001)).toBe(false);
});

test("an engine that a wrong future instant has pinned is re-based, and goes on", async () => {
  const { bo, clock, ledger } = bench();
  clock.jump(START + 86_400_000);
  bo.advance();
  clock.jump(START);
  const behind: unknown[] = [];
  bo.on("clock_behind", (e) => behind.push(e["by_ms"]));
  bo.advance();
  expect(behind).toEqual([86_400_000]);
  await clock.advance(4999);
  bo.advance();
  expect(ledger.inputs.filter((i) => i["order"] === "rebase")).toEqual([]);
  await clock.advance(1);
  bo.advance();
  expect(ledger.inputs.filter((i) => i["order"] === "rebase")).toEqual([{ verb: "command", order: "rebase", to_ms: START + 5000 }]);
  for (let i = 0; i < 3; i += 1) await bo.guard("up").run(() => { throw new Error("x"); });
  expect(await bo.guard("up").run(() => 1)).toMatchObject({ refusal: { retryAtMs: START + 15_000 } });
});
