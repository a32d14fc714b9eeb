// Engines that really stop inside calls, as wasm and as an addon (`cargo xtask test --only containment` builds both): the host
// lives, each service gets what its policy says, the engine comes back from its last snapshot, and reports count it.
import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import * as glue from "../../src/generated/engine_bg.js";
import { Brownout, BrownoutError, engineInfo, napiLoader, type EngineLoader, type Native } from "../../src/node.js";
import { loader as wasm } from "../../src/engine/node.js";
import { FakeClock } from "../../src/testing.js";
import { START } from "../kit.js";

const addon = createRequire(import.meta.url)(process.env["BROWNOUT_FAULTY_ADDON"] ?? "") as Native;
const KINDS: [string, EngineLoader, string][] = [["wasm", wasm, "trap: unreachable"], ["native", napiLoader(addon), "panic"]];

const POLICY = {
  version: 1,
  services: {
    faulty: { fallback: "queue" },
    plain: {},
    up: { per: "tenant", breaker: { consecutive_failures: 2, open: { base: "10m", jitter: 0 } } },
    closed: { on_engine_failure: "refuse", fallback: "login" },
  },
};
const fail = (): never => { throw new Error("x"); };
const permit = (call: { permit: number }): number => call.permit;

function bench(loader: EngineLoader, policy: object = POLICY) {
  const clock = new FakeClock(START);
  return { clock, bo: new Brownout({ policy, seed: 1, clock, loader }) };
}

test("the engine under test is the one that stops", () => {
  expect(typeof (glue.Engine.prototype as unknown as { fault?: unknown }).fault).toBe("function");
});

describe.each(KINDS)("%s", (_, loader, cause) => {
  test("the call that it stops in goes through, the next one is governed by the last snapshot's state", async () => {
    const { bo } = bench(loader);
    for (let i = 0; i < 2; i += 1) await bo.guard("up", { key: "a" }).run(fail);
    bo.snapshot();
    expect(await bo.guard("faulty").run(permit)).toMatchObject({ ok: true, value: 0 });
    expect(await bo.guard("up", { key: "a" }).run(permit)).toMatchObject({ ok: false, refusal: { code: "circuit_open" } });
    expect(await bo.guard("up", { key: "b" }).run(permit)).toMatchObject({ ok: true, value: expect.any(Number) });
    expect([bo.stats.traps, bo.stats.rebuilds, bo.stats.ungoverned]).toEqual([1, 1, 1]);
  });

  test("a service that would rather refuse is refused, with its fallback", async () => {
    const { bo } = bench(loader, { ...POLICY, services: { faulty: { on_engine_failure: "refuse", fallback: "login" } } });
    let ran = false;
    const refused = await bo.guard("faulty").run(() => { ran = true; });
    expect(refused).toMatchObject({ ok: false, reason: "refused", fallback: "login", refusal: { gate: "engine", code: "engine_lost", fallback: "login" } });
    expect(ran).toBe(false);
    await expect(bo.guard("faulty").runOrThrow(() => 1)).rejects.toMatchObject({ name: "RefusedError" });
  });

  test("one that stops again and again is given growing rests; meanwhile each service has its way, and questions their code", async () => {
    const { bo, clock } = bench(loader);
    for (const rest of [0, 0, 1000, 2000]) {
      await clock.advance(rest);
      expect((await bo.guard("plain").run(permit) as { value: number }).value).toBeGreaterThan(0);
      expect(await bo.guard("faulty").run(permit)).toMatchObject({ value: 0 });
    }
    await clock.advance(3999);
    expect(await bo.guard("plain").run(permit)).toMatchObject({ value: 0 });
    expect(await bo.guard("closed").run(permit)).toMatchObject({ ok: false, refusal: { code: "engine_lost", fallback: "login" } });
    expect(() => bo.health()).toThrow(expect.objectContaining({ code: "engine_lost" }) as BrownoutError);
    await clock.advance(1);
    const { engine } = JSON.parse(bo.health().body) as { engine: object };
    expect(engine).toMatchObject({ rebuilds: 4, cause });
    expect(bo.health({ format: "prometheus" }).body).toContain("brownout_engine_rebuilds_total 4\n");
  });

  test("keys are interned anew, and calls from before the loss settle quietly", async () => {
    const { bo } = bench(loader);
    await bo.guard("up", { key: "a" }).run(permit);
    const outcome = bo.guard("up", { key: "a" }).run(async () => {
      await bo.guard("faulty").run(permit);
      return fail();
    });
    expect(await outcome).toMatchObject({ ok: false, reason: "failed", error: { message: "x" } });
    for (let i = 0; i < 2; i += 1) await bo.guard("up", { key: "a" }).run(fail);
    expect(await bo.guard("up", { key: "a" }).run(permit)).toMatchObject({ ok: false, refusal: { code: "circuit_open" } });
  });

  test("listeners hear of the loss and of the rebuild", async () => {
    const { bo, clock } = bench(loader);
    const heard: unknown[] = [];
    bo.on("engine_lost", (e) => heard.push(e));
    bo.on("engine_rebuilt", (e) => heard.push(e));
    await bo.guard("faulty").run(permit);
    await clock.advance(0); // no traffic: the timer brings it back
    expect(heard).toEqual([
      { effect: "engine_lost", cause, losses: 1, at_ms: START },
      { effect: "engine_rebuilt", rebuilds: 1, cause, at_ms: START },
    ]);
  });

  test("the process goes on counting", () => {
    expect(engineInfo().rebuilds).toBeGreaterThanOrEqual(1);
  });
});

test("a trap while the engine is borrowed leaves nothing that can be borrowed, and still no harm", () => {
  const { bo } = bench(wasm);
  const raw = wasm.create(JSON.stringify(POLICY), 1n, START);
  const inner = glue.Engine.open(JSON.stringify(POLICY), 1n, START) as unknown as { fault(): void; names(): string };
  expect(() => inner.fault()).toThrow(WebAssembly.RuntimeError);
  expect(() => inner.names()).toThrow();
  expect(raw.names()).toContain("faulty");
  expect(bo.health().status).toBe(200);
});

test("workers that share an engine share its successor", async () => {
  const [a, b] = [bench(napiLoader(addon, "both")), bench(napiLoader(addon, "both"))];
  for (let i = 0; i < 2; i += 1) await a.bo.guard("up", { key: "a" }).run(fail);
  a.bo.snapshot();
  b.bo.snapshot();
  expect(await a.bo.guard("faulty").run(permit)).toMatchObject({ value: 0 });
  expect(await b.bo.guard("up", { key: "b" }).run(permit)).toMatchObject({ value: 0 }); // it learns of the loss
  for (const { bo } of [a, b]) expect(await bo.guard("up", { key: "a" }).run(permit)).toMatchObject({ ok: false, refusal: { code: "circuit_open" } });
  expect(JSON.parse(a.bo.health().body).engine).toEqual(JSON.parse(b.bo.health().body).engine);
  expect(JSON.parse(b.bo.health().body).engine).toMatchObject({ rebuilds: 1, cause: "panic" });
});

test.each([0, 1])("workers that share an engine of many keys each keep a whole snapshot of it: worker %d rebuilds", async (which) => {
  const both = [bench(napiLoader(addon, `many${which}`)), bench(napiLoader(addon, `many${which}`))];
  const [a, b] = both.map(({ bo }) => bo) as [Brownout, Brownout];
  for (let i = 0; i < 1500; i += 1) await a.guard("up", { key: `t${i % 1499}` }).run(fail);
  await b.guard("up", { key: "t1" }).run(fail);
  await Promise.all(both.map(({ clock }) => clock.advance(40_000)));
  expect([a.stats.snapshots, b.stats.snapshots]).toEqual([1, 1]);
  const bo = which === 0 ? a : b;
  expect(await bo.guard("faulty").run(permit)).toMatchObject({ value: 0 });
  for (const key of ["t0", "t1"]) expect(await bo.guard("up", { key }).run(permit)).toMatchObject({ ok: false, refusal: { code: "circuit_open" } });
  expect(await bo.guard("up", { key: "t2" }).run(permit)).toMatchObject({ ok: true });
});
