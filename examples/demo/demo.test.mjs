import { test } from "node:test";
import assert from "node:assert/strict";
import { difference } from "./compare.mjs";
import { TENANTS, requests } from "./traffic.mjs";
import { callsText, effectText } from "./words.mjs";

test("traffic cut into slices is the same traffic", () => {
  const whole = requests(0, 180_000);
  const slices = [0, 60_000, 61_234, 120_000].map((from, i, all) => requests(from, all[i + 1] ?? 180_000));
  assert.deepEqual(slices.flat(), whole);
  assert.ok(whole.every((r, i) => i === 0 || whole[i - 1].atMs <= r.atMs));
});

test("every organisation invoices at least once a minute, so that the service's own breaker has enough to judge by", () => {
  const seen = new Set(requests(60_000, 120_000).filter((r) => r.path === "invoice").map((r) => r.tenant));
  assert.deepEqual([...seen].sort(), TENANTS);
});

test("a difference is found wherever it is, and told by its path", () => {
  assert.equal(difference({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }), undefined);
  assert.deepEqual(difference({ a: [1, { b: 2 }] }, { a: [1, { b: 3 }] }), { path: "a.1.b", a: 2, b: 3 });
  assert.deepEqual(difference([1], [1, 2]), { path: "1", a: undefined, b: 2 });
  assert.deepEqual(difference([], {}), { path: "(whole)", a: [], b: {} });
  assert.equal(difference(null, null), undefined);
});

test("events read like sentences", () => {
  const opened = {
    effect: "breaker_changed",
    service: "afip",
    key: "org_01",
    from: "closed",
    to: "open",
    because: "failure_rate",
    retry_at_ms: Date.UTC(2026, 2, 2, 12, 3, 4),
  };
  assert.equal(
    effectText(opened),
    "AFIP breaker closed → open for org_01 (failure rate), tries again at 12:03:04",
  );
  const entries = [
    { kind: "call", service: "afip", outcome: "ok" },
    { kind: "refusal", service: "afip", code: "circuit_open" },
  ];
  assert.equal(callsText(entries), "AFIP 1 ok, 1 circuit_open");
});
