// Whose call it is: bound keys follow awaits and timers, and never leak from one request to another.
import { expect, test } from "vitest";
import { boundKeys } from "../src/context.js";
import { withKeys } from "../src/index.js";

const tick = (): Promise<void> => new Promise((r) => setImmediate(r));

test("two requests at once keep their own keys", async () => {
  const seen: string[] = [];
  const request = (tenant: string): Promise<void> => withKeys({ tenant }, async () => {
    await tick();
    seen.push(boundKeys()?.["tenant"] ?? "none");
    await withKeys({ user: 7 }, async () => { await tick(); seen.push(Object.values(boundKeys() ?? {}).join("/")); });
    seen.push(boundKeys()?.["tenant"] ?? "none");
  });
  await Promise.all([request("a"), request("b")]);
  expect(seen.sort()).toEqual(["a", "a", "a/7", "b", "b", "b/7"]);
  expect(boundKeys()).toBeUndefined();
});

test("a key that is no text is refused where it is bound", () => {
  expect(() => withKeys({ tenant: 1.5 }, () => undefined)).toThrow(/wrong_type: keys\.tenant/);
  expect(withKeys({ tenant: "a", user: null }, () => boundKeys())).toEqual({ tenant: "a" });
});
