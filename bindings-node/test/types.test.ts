// The types that the core describes: what the compiler takes, the reader takes, and what it refuses, the reader refuses.
// `tsc` reads this file too: a line marked as an error that is none stops the build.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Brownout, BrownoutError, type Effect, type Policy, type Refusal } from "../src/node.js";
import { bench } from "./kit.js";

const text = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");
const load = (policy: Policy): void => new Brownout({ policy }).close();
const wrong = (policy: Policy): string[] => {
  try { load(policy); return []; } catch (error) {
    if (error instanceof BrownoutError) return error.faults.map((f) => `${f.code} ${f.path}`);
    throw error;
  }
};

test("a policy that compiles loads", () => {
  load({ version: 1 });
  load({
    $schema: "./node_modules/brownout/schema.json",
    version: 1,
    services: {
      up: {
        impact: "high", per: ["tenant"], timeout: { total: "10s" }, retry: "off", fallback: "queue",
        breaker: { failure_rate: 0.5, window: { span: "60s" }, open: { base: "30s" } },
        limits: ["whatsapp", { name: "minute", limit: 60, period: "1m", algorithm: "sliding_window" }],
        outcomes: [{ status: [401, "5xx"], as: "tenant_fault" }],
      },
    },
    features: { pay: { needs: { up: { open: "degraded" }, any_of: ["up"] } } },
  });
});

test("a mistake in a policy is an error of the compiler and of the reader", () => {
  // @ts-expect-error `imapct` is no field
  expect(wrong({ version: 1, services: { up: { imapct: "high" } } })).toEqual(["unknown_field services.up.imapct"]);
  // @ts-expect-error `huge` is no impact
  expect(wrong({ version: 1, services: { up: { impact: "huge" } } })).toEqual(["wrong_type services.up.impact"]);
  // @ts-expect-error the limit has no period
  expect(wrong({ version: 1, services: { up: { limits: [{ name: "a", limit: 1 }] } } })).toEqual(["missing_field services.up.limits[0].period"]);
  // @ts-expect-error there is no version
  expect(wrong({ services: {} })).toEqual(["missing_field version"]);
});

test("a listener knows the fields of its effect, and a refusal its words", async () => {
  const { bo } = bench();
  const moves: string[] = [];
  const kinds: Effect["effect"][] = [];
  bo.on("breaker_changed", (effect) => moves.push(`${effect.service} ${effect.from} ${effect.to}`));
  // @ts-expect-error a breaker that moved has no such field
  bo.on("breaker_changed", (effect) => effect.until_ms);
  bo.on("*", (effect) => kinds.push(effect.effect));
  for (let i = 0; i < 3; i += 1) await bo.guard("up").run(() => { throw new Error("down"); });
  expect(moves).toEqual(["up closed open"]);
  expect(kinds).toContain("breaker_changed");
  const answer = await bo.guard("up").run(() => 1);
  const code: Refusal["code"] | undefined = answer.ok || answer.reason !== "refused" ? undefined : answer.refusal.code;
  expect(code).toBe("circuit_open");
  // @ts-expect-error no refusal has this code
  expect(code === "circuit_opened").toBe(false);
});

test("the package carries the schema of the document", () => {
  expect(text("../schema.json")).toBe(text("../../schema/policy.schema.json"));
  const pkg = JSON.parse(text("../package.json")) as { files: string[]; exports: Record<string, unknown> };
  expect([pkg.files.includes("schema.json"), pkg.exports["./schema.json"]]).toEqual([true, "./schema.json"]);
});
