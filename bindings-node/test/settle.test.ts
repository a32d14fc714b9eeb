// Whatever happens to a call, its permit is settled exactly once.
import { expect, test } from "vitest";
import { RefusedError, TimeoutError } from "../src/node.js";
import { bench, POLICY } from "./kit.js";

const boom = (): never => { throw new Error("boom"); };

test("a value settles once, without a word of JSON", async () => {
  const { bo, ledger } = bench();
  const before = ledger.inputs.length;
  expect(await bo.guard("up").run(() => 42)).toEqual({ ok: true, value: 42, degraded: false, outcome: "success", attempts: 1 });
  expect(await bo.guard("up").run(async () => "later")).toMatchObject({ ok: true, value: "later" });
  expect([ledger.granted.length, ledger.open, ledger.twice, ledger.inputs.length - before]).toEqual([2, [], [], 0]);
});

test.each([
  ["throws at once", boom],
  ["rejects", () => Promise.reject(new Error("boom"))],
  ["rejects with nothing", () => Promise.reject(undefined)],
  ["throws a string", () => { throw "boom"; }],
])("a function that %s settles once as a failure", async (_, fn) => {
  const { bo, ledger } = bench();
  const result = await bo.guard("up").run(fn as () => unknown);
  expect(result).toMatchObject({ ok: false, reason: "failed", outcome: "failure", fallback: "queue", attempts: 1 });
  expect([ledger.granted.length, ledger.open, ledger.twice]).toEqual([1, [], []]);
});

test("a timeout settles once, aborts the signal, and a late result changes nothing", async () => {
  const { bo, clock, ledger } = bench();
  let seen: AbortSignal | undefined;
  let late: (v: string) => void = () => undefined;
  const running = bo.guard("up").run((call) => { seen = call.signal; return new Promise<string>((r) => { late = r; }); });
  await clock.advance(4999);
  expect(seen?.aborted).toBe(false);
  await clock.advance(1);
  expect(seen?.aborted).toBe(true);
  late("too late");
  const result = await running;
  expect(result).toMatchObject({ ok: false, reason: "timeout", outcome: "timeout" });
  expect((result as { error: unknown }).error).toBeInstanceOf(TimeoutError);
  expect([ledger.granted.length, ledger.open, ledger.twice]).toEqual([1, [], []]);
});

test("a signal that is first looked at after the timeout is already aborted", async () => {
  const { bo, clock } = bench();
  let aborted: boolean | undefined;
  const running = bo.guard("up").run(async (call) => { await new Promise((r) => clock.setTimer(() => r(0), 6000)); aborted = call.signal.aborted; });
  await clock.advance(6000);
  await running;
  expect(aborted).toBe(true);
});

test("a cancelled call settles once as neutral and is not asked for its fallback", async () => {
  const { bo, ledger } = bench();
  const controller = new AbortController();
  let asked = 0;
  const running = bo.guard("up", { signal: controller.signal, fallback: () => { asked += 1; } }).run(() => new Promise(() => undefined));
  controller.abort(new Error("left the page"));
  expect(await running).toMatchObject({ ok: false, reason: "cancelled", outcome: "neutral" });
  expect([asked, ledger.granted.length, ledger.open, ledger.twice]).toEqual([0, 1, [], []]);
});

test("a call that is cancelled while its function runs is over at once, whatever becomes of the function", async () => {
  const { bo, ledger } = bench();
  const controller = new AbortController();
  for (const rest of [Promise.resolve(1), Promise.reject(new Error("nobody waits for it")), new Promise(() => undefined)]) {
    const signal = AbortSignal.any([controller.signal, AbortSignal.abort("left")]);
    expect(await bo.guard("up", { signal }).run(() => rest)).toMatchObject({ ok: false, reason: "cancelled", attempts: 0 });
    const inside = new AbortController();
    expect(await bo.guard("up", { signal: inside.signal }).run(() => { inside.abort("left"); return rest; })).toMatchObject({ ok: false, reason: "cancelled", error: "left", attempts: 1 });
  }
  expect([ledger.granted.length, ledger.open, ledger.twice]).toEqual([3, [], []]);
});

test.each<[string, unknown, object]>([
  ["that resolves", { then: (ok: (v: number) => void) => { ok(5); ok(6); } }, { ok: true, value: 5 }],
  ["that rejects", { then: (_: unknown, no: (e: unknown) => void) => { no("no"); } }, { ok: false, reason: "failed", error: "no" }],
  ["that throws", { then: () => { throw new Error("boom"); } }, { ok: false, reason: "failed", error: new Error("boom") }],
  ["that resolves and then throws", { then: (ok: (v: number) => void) => { ok(5); throw new Error("late"); } }, { ok: true, value: 5 }],
])("a thenable of another make %s settles once", async (_, thenable, wanted) => {
  const { bo, ledger } = bench();
  expect(await bo.guard("up").run(() => thenable as PromiseLike<number>)).toMatchObject(wanted);
  expect([ledger.granted.length, ledger.open, ledger.twice, bo.facade.timers.size]).toEqual([1, [], [], 1]);
});

test("an error is handed on as it is, even where it looks like a promise", async () => {
  const { bo, ledger } = bench();
  const error = { then: () => { throw new Error("asked"); } };
  const result = await bo.guard("up").run(() => Promise.reject(error as never));
  expect(result.ok ? undefined : result).toMatchObject({ reason: "failed", outcome: "failure" });
  expect((result as { error: unknown }).error).toBe(error);
  expect([ledger.open, ledger.twice]).toEqual([[], []]);
});

test("a call that is cancelled before it began takes no permit", async () => {
  const { bo, ledger } = bench();
  expect(await bo.guard("up", { signal: AbortSignal.abort() }).run(boom)).toMatchObject({ ok: false, reason: "cancelled", attempts: 0 });
  expect(ledger.granted).toEqual([]);
});

test("a classifier that throws settles once, on a value and on an exception", async () => {
  const { bo, ledger } = bench();
  const classify = (): never => { throw new Error("bad classifier"); };
  const guard = bo.guard("up", { classify });
  for (const fn of [() => 1, boom]) {
    const result = await guard.run<number>(fn);
    expect(result).toMatchObject({ ok: false, reason: "failed" });
    expect((result as { error: Error }).error.message).toBe("bad classifier");
  }
  expect([ledger.granted.length, ledger.open, ledger.twice]).toEqual([2, [], []]);
});

test("a classifier's facts that the core does not take still give the permit back", async () => {
  const { bo, ledger } = bench();
  const result = await bo.guard("up", { classify: () => ({ outcome: "no such outcome" as never }) }).run(() => 1);
  expect(result).toMatchObject({ ok: true, value: 1 });
  expect(ledger.open).toEqual([]);
});

test("a fallback answers after the permit is settled, and one that throws leaks nothing", async () => {
  const { bo, ledger } = bench();
  let open: number[] = [-1];
  const guard = bo.guard<string>("up", { fallback: (why) => { open = ledger.open; return `instead of ${why.reason}`; } });
  expect(await guard.run<string>(boom)).toMatchObject({ ok: true, degraded: true, value: "instead of failed", why: { reason: "failed", outcome: "failure" } });
  expect(open).toEqual([]);
  const result = await guard.run<string>(boom, { fallback: () => { throw new Error("fallback broke"); } });
  expect((result as { error: Error }).error.message).toBe("fallback broke");
  expect([ledger.granted.length, ledger.open, ledger.twice]).toEqual([2, [], []]);
});

test("an open breaker refuses with numbers, the fallback answers, and throwing is asked for", async () => {
  const { bo, clock, ledger } = bench();
  const guard = bo.guard("up");
  for (let i = 0; i < 3; i += 1) await guard.run(boom);
  const refused = await guard.run(() => "not reached");
  expect(refused).toEqual({
    ok: false, reason: "refused", fallback: "queue", attempts: 0,
    refusal: { gate: "breaker", code: "circuit_open", scope: "service", exact: true, retryAtMs: clock.now() + 10_000, retryAfterMs: 10_000, fallback: "queue" },
  });
  expect(Object.isFrozen((refused as { refusal: object }).refusal)).toBe(true);
  expect(guard.peek()).toBe(false);
  expect(await guard.run(() => "", { fallback: () => "queued" })).toMatchObject({ ok: true, degraded: true, value: "queued", why: { reason: "refused" } });
  const thrown: unknown = await guard.runOrThrow(() => "").catch((e: unknown) => e);
  expect(thrown).toBeInstanceOf(RefusedError);
  expect(thrown).toMatchObject({ service: "up", code: "circuit_open", retryAfterMs: 10_000 });
  expect((thrown as Error).stack ?? "").not.toContain("\n    at ");
  expect(ledger.granted.length).toBe(3);
});

test("the breaker's own instant is punctual without any traffic, and the probe closes it", async () => {
  const { bo, clock } = bench();
  const seen: string[] = [];
  bo.on("breaker_changed", (e) => seen.push(`${String(e["from"])}>${String(e["to"])}`));
  for (let i = 0; i < 3; i += 1) await bo.guard("up").run(boom);
  await clock.advance(9_999);
  expect(seen).toEqual(["closed>open"]);
  await clock.advance(1);
  expect(seen).toEqual(["closed>open", "open>half_open"]);
  for (let i = 0; i < 3; i += 1) expect(await bo.guard("up").run((call) => call.probe)).toMatchObject({ value: true });
  expect(seen).toEqual(["closed>open", "open>half_open", "half_open>closed"]);
});

test("a value that is a response tells its status", async () => {
  const { bo, ledger } = bench();
  const result = await bo.guard("up").run(() => new Response("no", { status: 503, headers: { "retry-after": "7" } }));
  expect(result).toMatchObject({ ok: true, outcome: "failure" });
  expect(ledger.facts).toMatchObject({ facts: { status: 503 }, retry_after_ms: 7000 });
  expect(ledger.open).toEqual([]);
});

test("what a function reports goes into its settlement", async () => {
  const { bo, ledger } = bench();
  await bo.guard("up").run((call) => { call.report({ outcome: "tenant_fault" }); return 1; });
  expect(ledger.facts).toMatchObject({ outcome: "tenant_fault" });
  expect(ledger.open).toEqual([]);
});

test("the engine says whether and when to try again, the host sleeps", async () => {
  const policy = structuredClone(POLICY) as { services: { up: Record<string, unknown> } };
  policy.services.up["retry"] = { attempts: 3, on: ["failure"], backoff: { base: "2s", growth: 2, max: "1m", jitter: "none" } };
  const { bo, clock, ledger } = bench(policy);
  const at: number[] = [];
  const running = bo.guard("up", { idempotent: true }).run((call) => { at.push(clock.now()); if (call.attempt < 2) boom(); return call.attempt; });
  await clock.advance(60_000);
  expect(await running).toMatchObject({ ok: true, value: 2, attempts: 3 });
  expect(at.map((t) => t - (at[0] ?? 0))).toEqual([0, 2000, 6000]);
  expect([ledger.granted.length, ledger.open, ledger.twice]).toEqual([3, [], []]);
});

test("giving up during the pause between attempts ends the call", async () => {
  const policy = structuredClone(POLICY) as { services: { up: Record<string, unknown> } };
  policy.services.up["retry"] = { attempts: 3, on: ["failure"], backoff: { base: "2s", growth: 2, max: "1m", jitter: "none" } };
  const { bo, clock, ledger } = bench(policy);
  const controller = new AbortController();
  const running = bo.guard("up", { idempotent: true, signal: controller.signal }).run(boom);
  await clock.advance(1000);
  controller.abort();
  expect(await running).toMatchObject({ ok: false, reason: "cancelled", attempts: 1 });
  expect([ledger.granted.length, ledger.open]).toEqual([1, []]);
});

test("a host's deadline cuts the attempt and names itself", async () => {
  const { bo, clock, ledger } = bench();
  const running = bo.guard("up", { deadlineMs: 1500 }).run(() => new Promise(() => undefined));
  await clock.advance(1500);
  expect(await running).toMatchObject({ ok: false, reason: "timeout", error: { phase: "deadline", timeoutMs: 1500 } });
  expect(ledger.open).toEqual([]);
});

test("a permit that the engine forgot is no error of the caller", async () => {
  const { bo, ledger } = bench();
  const result = await bo.guard("up").run((call) => { bo.settle(call.permit, { outcome: "success" }); return 1; });
  expect(result).toMatchObject({ ok: true, value: 1 });
  expect(() => bo.settle(ledger.granted[0] ?? 0, { outcome: "success" })).toThrow(/unknown_permit/);
});

test("a thousand calls at once, every ending mixed: nothing is left", async () => {
  const { bo, clock, ledger } = bench({ version: 1, services: { up: { timeout: "5s", breaker: { failure_rate: 1, window: "60s", min_calls: 100000 } } } });
  const guard = bo.guard("up");
  const controller = new AbortController();
  const kinds = [() => 1, boom, () => new Promise(() => undefined), () => Promise.resolve(1), () => Promise.reject(new Error("x"))];
  const all = Array.from({ length: 1000 }, (_, i) => guard.run(kinds[i % 5] as () => unknown, i % 7 === 0 ? { signal: controller.signal } : undefined));
  controller.abort();
  await clock.advance(5000);
  await Promise.all(all);
  expect([ledger.granted.length, ledger.open, ledger.twice, bo.facade.timers.size]).toEqual([1000, [], [], 1]);
});

test("a failure of a known kind is settled in numbers, and its outcome is the table's as before", async () => {
  const { bo, ledger } = bench({ version: 1, services: { up: { timeout: "5s", breaker: { failure_rate: 1, window: "60s", min_calls: 1000 } }, again: { retry: { attempts: 2, on: ["failure"] } } } });
  const refused = (): never => { throw Object.assign(new Error("x"), { code: "ECONNRESET" }); };
  const answers: unknown[] = [];
  for (const fn of [boom, boom, refused, refused, () => new Response("", { status: 401 }), () => new Response("", { status: 401 }), boom]) {
    const before = ledger.inputs.length;
    answers.push([(await bo.guard("up").run<unknown>(fn) as { outcome: string }).outcome, ledger.inputs.length - before]);
  }
  const told = answers.map((a) => (a as [string, number])[0]);
  expect(told.slice(0, 4)).toEqual(["failure", "failure", "failure", "failure"]);
  expect(told[4]).toBe(told[5]);
  expect(answers.map((a) => (a as [string, number])[1])).toEqual([1, 0, 1, 0, 1, 0, 0]);
  const before = ledger.inputs.length;
  for (let i = 0; i < 2; i += 1) await bo.guard("again").run(boom); // whether to try again hangs on more than the outcome
  expect(ledger.inputs.length - before).toBe(2);
  bo.reload({ version: 1, services: { up: { outcomes: [{ exception: "Error", as: "neutral" }] } } });
  expect(await bo.guard("up").run(boom)).toMatchObject({ ok: false, outcome: "neutral" });
  expect([ledger.open, ledger.twice]).toEqual([[], []]);
});
