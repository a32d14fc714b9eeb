// One policy, three ways to write it down; and what none of them may say.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { policyFile } from "../src/file.js";
import { Brownout, BrownoutError, policyJson } from "../src/node.js";
import { toml } from "../src/toml.js";
import { yaml } from "../src/yaml.js";
import { bench } from "./kit.js";

const TOML = `
version = 1
[services.afip]
timeout = "30s"
fallback = "queue"
[services.afip.breaker]
failure_rate = 0.50
window = "1m"
min_calls = 5.0
[[services.afip.limits]]
name = "minute"
limit = 60
period = "1m"
algorithm = "sliding_window"
[features."invoicing.afip"]
critical = true
needs = { afip = { open = "degraded" } }
`;
const YAML = `
version: 1
services:
  afip:
    timeout: 30s
    fallback: queue
    breaker: { failure_rate: 0.5, window: 1m, min_calls: 5 }
    limits:
      - { name: minute, limit: 60, period: 1m, algorithm: sliding_window }
features:
  invoicing.afip:
    critical: true
    needs: { afip: { open: degraded } }
`;
const OBJECT = {
  version: 1,
  services: { afip: {
    timeout: "30s", fallback: "queue", breaker: { failure_rate: 0.5, window: "1m", min_calls: 5 },
    limits: [{ name: "minute", limit: 60, period: "1m", algorithm: "sliding_window" }],
  } },
  features: { "invoicing.afip": { critical: true, needs: { afip: { open: "degraded" } } } },
};

test("the same document in three syntaxes is the same policy", () => {
  const texts = [toml(TOML), yaml(YAML), policyJson(OBJECT), JSON.stringify(OBJECT)];
  for (const text of texts) expect(JSON.parse(text)).toEqual(OBJECT);
  // a snapshot carries the policy's hash: it restores under the same policy only
  const [first, ...others] = texts.map((policy) => bench(policy));
  expect(new Set([first, ...others].map((b) => b?.bo.names.policy_hash)).size).toBe(1);
  const bytes = (first as NonNullable<typeof first>).bo.snapshot();
  for (const other of others) expect(Buffer.from(other.bo.snapshot()).equals(Buffer.from(bytes))).toBe(true);
  expect(() => new Brownout({ policy: { ...OBJECT, services: { afip: {} } }, snapshot: bytes })).toThrow(/snapshot_policy/);
});

test("a file is read by its ending", () => {
  const dir = mkdtempSync(join(tmpdir(), "brownout-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  for (const [name, text] of [["a.toml", TOML], ["a.yaml", YAML], ["a.yml", YAML], ["a.json", JSON.stringify(OBJECT)]] as const) {
    writeFileSync(join(dir, name), text);
    expect(JSON.parse(policyFile(join(dir, name)))).toEqual(OBJECT);
  }
  expect(codes(() => policyFile(join(dir, "missing.toml")))).toEqual([["policy_unreadable", ""]]);
  expect(codes(() => policyFile(join(dir, "a.ini")))).toEqual([["policy_unreadable", ""]]);
});

function codes(fn: () => unknown): [string, string][] {
  try { fn(); } catch (error) {
    if (error instanceof BrownoutError) return error.faults.map((f) => [f.code, f.path]);
    throw error;
  }
  return [];
}

test.each([
  ["toml date", () => toml("version = 1\n[prices.x]\nas_of = 2024-04-09"), "wrong_type", "prices.x.as_of"],
  ["toml duplicate", () => toml("version = 1\nversion = 2"), "duplicate_key", ""],
  ["toml table twice", () => toml("[a]\nx = 1\n[a]\ny = 1"), "duplicate_key", ""],
  ["toml syntax", () => toml("version = "), "policy_syntax", ""],
  ["toml beyond 2^53", () => toml("version = 9007199254740993"), "number_out_of_range", "version"],
  ["toml infinity", () => toml("version = inf"), "number_not_finite", "version"],
  ["yaml duplicate", () => yaml("version: 1\nversion: 2"), "duplicate_key", ""],
  ["yaml number as key", () => yaml("version: 1\nservices:\n  1: {}"), "wrong_type", "services"],
  ["yaml beyond 2^53", () => yaml("version: 9007199254740993"), "number_out_of_range", "version"],
  ["yaml timestamp", () => yaml("version: !!timestamp 2024-04-09"), "wrong_type", "version"],
  ["yaml two documents", () => yaml("a: 1\n---\nb: 2"), "policy_syntax", ""],
  ["yaml list", () => yaml("- 1"), "wrong_type", ""],
  ["yaml syntax", () => yaml("a: [1"), "policy_syntax", ""],
  ["object date", () => policyJson({ version: 1, a: { "b.c": new Date() } }), "wrong_type", 'a."b.c"'],
  ["object map", () => policyJson({ version: new Map([[1, 2]]) }), "wrong_type", "version"],
  ["object NaN", () => policyJson({ list: [1, Number.NaN] }), "number_not_finite", "list[1]"],
  ["object bigint", () => policyJson({ version: 2n ** 60n }), "number_out_of_range", "version"],
  ["object function", () => policyJson({ version: () => 1 }), "wrong_type", "version"],
  ["text that is no JSON", () => policyJson("version = 1"), "policy_syntax", ""],
])("%s is a coded error with a path", (_, fn, code, path) => {
  expect(codes(fn)).toEqual([[code, path]]);
});

test("yaml is 1.2: `no` and `on` are text, a date is text", () => {
  expect(JSON.parse(yaml("a: no\nb: on\nc: 2024-04-09\nd: 0o17\ne: 010"))).toEqual({ a: "no", b: "on", c: "2024-04-09", d: 15, e: 10 });
});

test("what nests too deep or holds itself is refused, not followed", () => {
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  expect(codes(() => policyJson(circle))).toEqual([["json_too_deep", ""]]);
  const bomb = ["a: &a [x,x,x,x,x,x,x,x,x]", ...Array.from("bcdefghi", (c, i) => `${c}: &${c} [${Array(9).fill(`*${"abcdefgh"[i]}`).join(",")}]`)].join("\n");
  expect(codes(() => yaml(bomb))).toEqual([["too_many", ""]]);
});

test("every fault of a document comes at once, from the host and from the core", () => {
  expect(codes(() => policyJson({ a: Number.NaN, b: new Date(), c: 2 ** 60 })).map(([c]) => c)).toEqual(["number_not_finite", "wrong_type", "number_out_of_range"]);
  const five = { version: 1, services: { a: { timeout: "30 parsecs", impact: "huge" }, b: { nonsense: 1, breaker: { failure_rate: 2, window: "1m" } } }, features: { f: { needs: ["nobody"] } } };
  const found = codes(() => bench(five));
  expect(found.map(([, path]) => path).sort()).toEqual(["features.f.needs[0]", "services.a.impact", "services.a.timeout", "services.b.breaker.failure_rate", "services.b.nonsense"]);
  expect(new Set(found.map(([code]) => code))).toEqual(new Set(["bad_duration", "wrong_type", "unknown_field", "number_out_of_range", "unknown_name"]));
});

test("a reload that is refused leaves the old policy at work", () => {
  const { bo } = bench(OBJECT);
  expect(codes(() => bo.reload({ version: 1, services: { afip: { nonsense: 1 } } })).map(([code]) => code)).toEqual(["unknown_field"]);
  expect(bo.names.services.map((s) => s.name)).toEqual(["afip"]);
  expect(bo.guard("afip").peek()).toBe(true);
});
