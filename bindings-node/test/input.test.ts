// Bad input is a coded error, the same as the core's, and changes nothing.
import { expect, test } from "vitest";
import { Brownout, BrownoutError } from "../src/node.js";
import { bench, POLICY } from "./kit.js";

const code = (fn: () => unknown): [string, string] | null => {
  try { fn(); return null; } catch (error) {
    if (error instanceof BrownoutError) return [error.code, error.path];
    throw error;
  }
};

test("names, permits and numbers that are none", () => {
  const { bo } = bench();
  const other = bench();
  const { permit } = other.bo.admit("up") as { permit: number };
  const before = bo.snapshot();
  expect(code(() => bo.guard("nobody"))).toEqual(["unknown_service", "service"]);
  expect(code(() => bo.fetch("nobody"))).toEqual(["unknown_service", "service"]);
  expect(code(() => bo.admit("nobody"))).toEqual(["unknown_service", "service"]);
  expect(code(() => bo.settle(permit, { outcome: "success" }))?.[0]).toBe("unknown_permit");
  expect(code(() => bo.settle(Number.NaN, { outcome: "success" }))).toEqual(["number_not_finite", "permit"]);
  expect(code(() => bo.admit("up", { weight: Number.NaN }))).toEqual(["number_not_finite", "weight"]);
  expect(code(() => bo.admit("up", { weight: -1 }))?.[0]).toBe("number_out_of_range");
  expect(code(() => bo.admit("up", { weight: 2 ** 60 }))?.[0]).toBe("number_out_of_range");
  expect(code(() => bo.admit("up", { amounts: { tokens: Number.POSITIVE_INFINITY } }))).toEqual(["number_not_finite", "amounts.tokens"]);
  expect(code(() => bo.admit("up", { keys: { tenant: "x".repeat(1_000_000) } }))?.[0]).toMatch(/key_too_long|unknown_key/);
  expect(code(() => bo.command("explode", { service: "up" }))?.[0]).toBe("bad_order");
  expect(code(() => bo.handle({ verb: "explode" }))?.[0]).toBe("unknown_verb");
  expect(code(() => bo.health({ profile: "nobody" as never }))?.[0]).toBe("bad_view");
  expect(Buffer.from(bo.snapshot()).equals(Buffer.from(before))).toBe(true);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, -1])("a weight of %s on the numeric path", async (weight) => {
  const { bo, ledger } = bench();
  await expect(bo.guard("up", { weight }).run(() => 1)).rejects.toBeInstanceOf(BrownoutError);
  expect(ledger.granted).toEqual([]);
});

test("JSON nested ten thousand deep", () => {
  const deep = `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`;
  expect(code(() => bench(deep))?.[0]).toBe("json_too_deep");
});

test("text that is cut off names line and column", () => {
  expect(code(() => bench('{"version":1,'))?.[0]).toBe("json_syntax");
});

test("a snapshot with one bit turned, cut off, or of nothing at all", () => {
  const bytes = bench().bo.snapshot();
  for (let i = 0; i < bytes.length; i += Math.max(1, Math.floor(bytes.length / 50))) {
    const bad = Uint8Array.from(bytes);
    bad[i] = (bad[i] ?? 0) ^ 0x10;
    expect(code(() => new Brownout({ policy: POLICY, snapshot: bad }))?.[0]).toMatch(/^snapshot_/);
    expect(code(() => new Brownout({ policy: POLICY, snapshot: bytes.slice(0, i) }))?.[0]).toBe("snapshot_corrupt");
  }
  expect(code(() => new Brownout({ policy: POLICY, snapshot: bytes.slice(0, -1) }))?.[0]).toBe("snapshot_corrupt");
});

test("an error carries code, path, message and help", () => {
  const { bo } = bench();
  try { bo.guard("nobody"); expect.unreachable(); } catch (error) {
    const e = error as BrownoutError;
    expect(e.faults).toEqual([{ code: e.code, path: e.path, message: expect.any(String), help: e.help }]);
    expect(e.message).toContain("`nobody`");
    expect(e.help.length).toBeGreaterThan(10);
  }
});

test.each([-1, 1.5, Number.NaN, 2 ** 60])("a seed of %s", (seed) => {
  expect(code(() => new Brownout({ policy: POLICY, seed }))).toEqual(["number_out_of_range", "seed"]);
});
