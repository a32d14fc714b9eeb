// Keys: from the call, from the context, remembered in bounded memory, interned again when the engine forgot them.
import { expect, test } from "vitest";
import { KeyCache } from "../src/keys.js";
import { withKeys } from "../src/node.js";
import { bench } from "./kit.js";

const PER_TENANT = { version: 1, services: { up: { per: "tenant", breaker: { consecutive_failures: 1, open: { base: "10s", jitter: 0 } } } } };
const fail = (): never => { throw new Error("x"); };

test("the cache stays within its bound and keeps what is used", () => {
  const cache = new KeyCache(100);
  cache.set("hot", 1);
  for (let i = 2; i < 10_000; i += 1) { cache.set(`k${i}`, i); cache.get("hot"); }
  expect(cache.get("hot")).toBe(1);
  expect(cache.size).toBeLessThanOrEqual(100);
  expect(cache.get("k2")).toBe(0);
});

test("a key comes from the call, else from the context, and the nearer one wins", async () => {
  const { bo } = bench(PER_TENANT);
  const guard = bo.guard("up");
  await guard.run(fail, { key: "a" });
  expect(await guard.run(() => 1, { key: "a" })).toMatchObject({ ok: false, refusal: { scope: "tenant" } });
  expect(await guard.run(() => 1, { key: "b" })).toMatchObject({ ok: true });
  await bo.with({ tenant: "a" }, async () => {
    await Promise.resolve();
    expect(await guard.run(() => 1)).toMatchObject({ ok: false });
    expect(await guard.run(() => 1, { keys: { tenant: "b" } })).toMatchObject({ ok: true });
    expect(await withKeys({ tenant: "b", user: "u" }, () => guard.run(() => 1))).toMatchObject({ ok: true });
    await expect(withKeys({ tenant: null }, () => guard.run(() => 1))).rejects.toMatchObject({ code: "key_required" });
  });
});

test("a rule that needs a key and gets none, an empty key, a huge key, a key that is no text", async () => {
  const { bo, ledger } = bench(PER_TENANT);
  const guard = bo.guard("up");
  await expect(guard.run(fail)).rejects.toMatchObject({ code: "key_required" });
  await expect(guard.run(fail, { key: "" })).rejects.toMatchObject({ code: "key_empty" });
  await expect(guard.run(fail, { key: "x".repeat(1_000_000) })).rejects.toMatchObject({ code: "key_too_long" });
  await expect(guard.run(fail, { keys: { tenant: {} as never } })).rejects.toMatchObject({ code: "wrong_type", path: "keys.tenant" });
  await expect(guard.run(fail, { keys: { planet: "x", tenant: "a" } })).rejects.toMatchObject({ code: "unknown_key" });
  expect(ledger.granted).toEqual([]);
  expect(await guard.run(() => 1, { key: 7 })).toMatchObject({ ok: true });
});

test("more keys than the cache holds are interned again, and keep their own state", async () => {
  const { bo } = bench(PER_TENANT, { keyCache: 8 });
  const guard = bo.guard("up");
  for (let i = 0; i < 50; i += 1) await guard.run(i % 2 === 0 ? fail : () => 1, { key: `t${i}` });
  const open = [];
  for (let i = 0; i < 50; i += 1) if (!guard.peek({ key: `t${i}` })) open.push(i);
  expect(open).toEqual(Array.from({ length: 25 }, (_, i) => i * 2));
});

test("handles from before a reload are looked up again", async () => {
  const { bo } = bench(PER_TENANT);
  const guard = bo.guard("up");
  await guard.run(fail, { key: "a" });
  bo.reload({ version: 1, services: { first: {}, ...PER_TENANT.services } });
  expect(bo.names.services.map((s) => s.name)).toEqual(["first", "up"]);
  expect(guard.peek({ key: "a" })).toBe(false);
  expect(guard.peek({ key: "b" })).toBe(true);
});

test("a key that found no room is looked up again once there is some", async () => {
  const { bo, clock } = bench({ version: 1, keys: { cap: 1 }, services: { up: { per: "tenant", limits: [{ name: "minute", limit: 1, period: "1m", algorithm: "fixed_window" }] } } });
  const guard = bo.guard("up");
  expect(await guard.run(() => 1, { key: "a" })).toMatchObject({ ok: true });
  expect(await guard.run(() => 1, { key: "b" })).toMatchObject({ ok: false, refusal: { gate: "engine", code: "keys_exhausted" } });
  await clock.advance(86_400_000 * 2);
  expect(await guard.run(() => 1, { key: "b" })).toMatchObject({ ok: true });
});
