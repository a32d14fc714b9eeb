// The periodic snapshot of an engine with many keys: part after part, each in a turn of its own, calls in between.
import { expect, test } from "vitest";
import { Keeper } from "../src/keeper.js";
import { Brownout } from "../src/node.js";
import { FakeClock } from "../src/testing.js";
import { bench, START } from "./kit.js";

const POLICY = { version: 1, services: { up: { per: "tenant", breaker: { failures: 3, window: "1m" } } } };
const fail = (): never => { throw new Error("x"); };

test("little state is kept within the turn, much of it part after part, and calls go on in between", async () => {
  const kept: Uint8Array[] = [];
  const { bo, clock } = bench(POLICY, { snapshotEveryMs: 1000, onSnapshot: (bytes) => kept.push(bytes) });
  await bo.guard("up", { key: "first" }).run(() => 1);
  await clock.advance(1000);
  expect(kept.length).toBe(1);
  for (let i = 0; i < 3500; i += 1) await bo.guard("up", { key: `t${i}` }).run(() => 1);
  await clock.advance(999);
  expect(kept.length).toBe(1);
  await clock.advance(1);
  expect(kept.length).toBe(1);
  // its cell is written already, and is written again
  for (let i = 0; i < 3; i += 1) await bo.guard("up", { key: "t0" }).run(fail);
  let turns = 0;
  while (kept.length === 1 && turns < 20) { await clock.advance(1); turns += 1; }
  expect(turns).toBeGreaterThan(1);
  const again = new Brownout({ policy: POLICY, clock: new FakeClock(START + 10_000), ...(kept[1] && { snapshot: kept[1] }) });
  expect(await again.guard("up", { key: "t0" }).run(() => 1)).toMatchObject({ ok: false, refusal: { code: "circuit_open" } });
  expect(await again.guard("up", { key: "t1" }).run(() => 1)).toMatchObject({ ok: true });
});

test("parts of two engines are never joined", () => {
  const done: Uint8Array[] = [];
  const later: (() => void)[] = [];
  let given = 0;
  let away = false;
  const keeper = new Keeper({
    part: () => { given += 1; return away ? null : new Uint8Array([given]); },
    later: (run) => later.push(run),
    done: (bytes) => done.push(bytes),
  });
  keeper.begin();
  keeper.begin(); // one at a time
  expect([given, keeper.busy, later.length]).toEqual([2, true, 1]);
  away = true;
  later[0]?.();
  expect([keeper.busy, done]).toEqual([false, []]);
});
