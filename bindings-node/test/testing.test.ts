import { describe, expect, test } from "vitest";
import "../src/node.js";
import { ExpectationError, TestBrownout, expectRefused } from "../src/testing.js";

const POLICY = {
  version: 1,
  services: {
    afip: { fallback: "queue", breaker: { consecutive_failures: 2, open: { base: "10s", jitter: 0 }, half_open: { probes: 1 } } },
    sms: { per: "tenant", breaker: { failures: 3, window: "60s" }, limits: [{ name: "minute", limit: 1, period: "1m", algorithm: "sliding_window", per: "tenant" }] },
  },
};
const down = () => Promise.reject(new Error("down"));

describe("an engine for tests", () => {
  test("a forced breaker refuses until it is normal again", async () => {
    const bo = new TestBrownout(POLICY);
    bo.force("afip", "open");
    expect(bo.expectRefused("afip", { code: "forced_open", gate: "breaker", scope: "service" })["code"]).toBe("forced_open");
    await expectRefused(bo.guard("afip").run(() => "x"), { code: "forced_open" });
    bo.force("afip", "normal");
    bo.expectGranted("afip");
    expect((await bo.guard("afip").run(() => "x")).ok).toBe(true);
    bo.close();
  });
  test("time passes when the test says so", async () => {
    const bo = new TestBrownout(POLICY, { startMs: 1000 });
    await bo.guard("afip").run(down);
    bo.expectGranted("afip");
    await bo.guard("afip").run(down);
    expect(bo.expectRefused("afip")).toMatchObject({ code: "circuit_open", retry_at_ms: 11_000 });
    await bo.pass(9_999);
    bo.expectRefused("afip");
    await bo.pass(1);
    bo.expectGranted("afip");
    bo.close();
  });
  test("one tenant's breaker and limit are its own, and asking takes nothing", () => {
    const bo = new TestBrownout(POLICY);
    for (let i = 0; i < 5; i += 1) bo.expectGranted("sms", { tenant: "a" });
    bo.admit("sms", { keys: { tenant: "a" } });
    bo.expectRefused("sms", { code: "limited", rule: "minute", scope: "tenant" }, { tenant: "a" });
    bo.expectGranted("sms", { tenant: "b" });
    bo.force("sms", "open", { tenant: "b" });
    bo.expectRefused("sms", { code: "forced_open", scope: "tenant" }, { tenant: "b" });
    bo.expectGranted("sms", { tenant: "c" });
    bo.close();
  });
  test("what was not as expected is told in words", async () => {
    const bo = new TestBrownout(POLICY);
    expect(() => bo.expectRefused("afip", { code: "circuit_open" })).toThrow("expected a call of `afip` to be refused (code circuit_open), and it was not");
    bo.force("afip", "open");
    expect(() => bo.expectRefused("afip", { code: "circuit_open" })).toThrow(/and it was \(code forced_open, gate breaker, scope service\)$/);
    expect(() => bo.expectGranted("afip")).toThrow(ExpectationError);
    await expect(expectRefused({ ok: true, value: 1 })).rejects.toThrow("expected the call to be refused, and it was not");
    bo.close();
  });
});

describe("recording", () => {
  test("a recording that begins in the middle carries the state, and ends when told to", async () => {
    const bo = new TestBrownout(POLICY);
    await bo.guard("sms", { keys: { tenant: "a" } }).run(() => 1);
    const lines: Record<string, unknown>[] = [];
    const end = bo.record((line) => { lines.push(JSON.parse(line) as Record<string, unknown>); });
    await bo.guard("sms", { keys: { tenant: "a" } }).run(() => 1);
    await bo.guard("sms", { keys: { tenant: "b" } }).run(() => 1);
    end();
    await bo.guard("sms", { keys: { tenant: "c" } }).run(() => 1);
    expect(lines.map((l) => l["verb"] ?? "begin")).toEqual(["begin", "admit", "admit", "settle"]);
    expect(lines[0]).toMatchObject({ brownout: 1, at_ms: 1_700_000_000_000 });
    expect(typeof lines[0]?.["snapshot"]).toBe("string");
    expect(lines[1]).toMatchObject({ service: "sms", keys: { tenant: "a" } });
    expect(lines[1]).not.toHaveProperty("got");
    expect(lines[3]).toMatchObject({ permit: lines[2]?.["got"], outcome: "success" });
    bo.close();
  });
  test("a sink that throws ends the recording and nothing else", async () => {
    const said = console.error;
    const told: unknown[] = [];
    console.error = (...words: unknown[]) => { told.push(words[0]); };
    try {
      const bo = new TestBrownout(POLICY, { record: () => { throw new Error("disk full"); } });
      expect((await bo.guard("afip").run(() => 1)).ok).toBe(true);
      bo.close();
    } finally { console.error = said; }
    expect(told).toEqual(["brownout: the recording ends, its sink threw"]);
  });
});
