import { test } from "node:test";
import assert from "node:assert/strict";
import { SteppedClock, follow } from "./clock.mjs";
import { draw, fate, phase, readScenario, scheduled, spanMs } from "./scenario.mjs";
import { createSimulator } from "./server.mjs";

const INCIDENT = {
  name: "t",
  seed: 7,
  upstreams: {
    afip: [
      { from: "1m", mode: "error", status: 502 },
      { from: "2m", mode: "throttled", retry_after_s: 30 },
      { from: "3m", mode: "healthy" },
    ],
    openai: [{ from: 0, mode: "reset" }],
    whatsapp: [{ from: 0, mode: "hang" }],
    mercadopago: [{ from: 0, mode: "unauthorised", only: ["org_7"] }],
  },
};

async function running(run, scenario = INCIDENT) {
  const clock = new SteppedClock({ startMs: 1_000_000 });
  const server = createSimulator({ scenario, clock });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  try {
    return await run({ url, clock });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

test("a span adds up its parts and refuses anything else", () => {
  assert.equal(spanMs("1m30s"), 90_000);
  assert.equal(spanMs(250), 250);
  assert.throws(() => spanMs("1 minute"), /not a span/);
});

test("a phase begins at its instant and not before", () => {
  const scenario = readScenario(INCIDENT);
  assert.equal(scheduled(scenario, "afip", 59_999).mode, "healthy");
  assert.equal(scheduled(scenario, "afip", 60_000).mode, "error");
  assert.equal(scheduled(scenario, "afip", 120_000).mode, "throttled");
  assert.equal(scheduled(scenario, "afip", 180_000).mode, "healthy");
});

test("a request meets the same fate whenever it is asked", () => {
  const scenario = readScenario({ seed: 7 });
  const ask = (upstream, number) =>
    fate({ scenario, upstream, number, now: phase({ mode: "error", rate: 0.5 }, "t") });
  const first = Array.from({ length: 200 }, (_, n) => ask("afip", n));
  assert.deepEqual(Array.from({ length: 200 }, (_, n) => ask("afip", n)), first);
  const failed = first.filter((f) => f.mode === "error").length;
  assert.ok(failed > 70 && failed < 130, `${failed} of 200 failed`);
  assert.notDeepEqual(Array.from({ length: 200 }, (_, n) => ask("openai", n)), first);
  assert.equal(draw("a", 1), draw("a", 1));
});

test("the schedule answers over http, with the time that each call took", () =>
  running(async ({ url, clock }) => {
    const call = () => fetch(`${url}/afip/invoice`, { method: "POST", headers: { "x-caller": "node" } });
    const well = await call();
    assert.equal(well.status, 200);
    assert.equal((await well.json()).resultado, "A");
    const took = Number(well.headers.get("x-sim-took-ms"));
    assert.ok(took >= 900 && took <= 2400);
    clock.set(1_060_000);
    assert.equal((await call()).status, 502);
    clock.set(1_120_000);
    const throttled = await call();
    assert.deepEqual([throttled.status, throttled.headers.get("retry-after")], [429, "30"]);
    const later = await fetch(`${url}/afip/x`, { headers: { "x-caller": "python", "x-sim-now": "1180000" } });
    assert.equal(later.status, 200);
    assert.equal(later.headers.get("x-sim-took-ms"), String(took), "each caller's first request takes the same time");
  }));

test("a reset breaks the connection, a hang stays silent, and a tenant's own fault is its own", () =>
  running(async ({ url }) => {
    await assert.rejects(fetch(`${url}/openai/v1`), (e) => e.cause.code === "ECONNRESET");
    await assert.rejects(fetch(`${url}/whatsapp/v1`, { signal: AbortSignal.timeout(50) }), { name: "TimeoutError" });
    const pay = (tenant) => fetch(`${url}/mercadopago/x`, { headers: { "x-tenant": tenant } });
    assert.equal((await pay("org_7")).status, 401);
    assert.equal((await pay("org_8")).status, 200);
  }));

test("a switch overrides the schedule until it is handed back, and every call is counted", () =>
  running(async ({ url }) => {
    const order = (body) => fetch(`${url}/control`, { method: "POST", body: JSON.stringify(body) });
    await order({ upstream: "afip", mode: "error", status: 500 });
    assert.equal((await fetch(`${url}/afip/x`, { headers: { "x-caller": "node" } })).status, 500);
    await order({ upstream: "*", mode: "schedule" });
    assert.equal((await fetch(`${url}/afip/x`, { headers: { "x-caller": "python" } })).status, 200);
    const stats = await (await fetch(`${url}/stats`)).json();
    assert.deepEqual(stats.upstreams.afip, {
      calls: 2,
      by_caller: { node: 1, python: 1 },
      by_mode: { error: 1, healthy: 1 },
    });
    assert.equal((await order({ upstream: "afip", mode: "tired" })).status, 400);
    assert.equal((await order({ upstream: "nobody", mode: "hang" })).status, 400);
  }));

test("the clock is stepped by order, never back, and a follower agrees with it", () =>
  running(async ({ url }) => {
    const set = (now_ms) => fetch(`${url}/clock`, { method: "POST", body: JSON.stringify({ now_ms }) });
    await set(1_500_000);
    await set(1_400_000);
    const told = await (await fetch(`${url}/clock`)).json();
    assert.equal(told.now_ms, 1_500_000);
    assert.equal(follow(told).now(), 1_500_000);
    const fast = follow({ now_ms: 5000, real_ms: Date.now() - 1000, speed: 60, stepped: false });
    assert.ok(fast.now() >= 65_000);
  }));

test("moving a stepped clock runs its timers in order, each at its own instant", () => {
  const clock = new SteppedClock({ startMs: 0 });
  const seen = [];
  const note = (name) => () => seen.push([name, clock.now()]);
  clock.setTimer(note("late"), 500);
  clock.setTimer(() => clock.setTimer(note("nested"), 50), 100);
  clock.clearTimer(clock.setTimer(note("cleared"), 200));
  clock.set(499);
  assert.deepEqual(seen, [["nested", 150]]);
  assert.ok(clock.stepToNext());
  assert.deepEqual(seen.at(-1), ["late", 500]);
  assert.ok(!clock.stepToNext());
});
