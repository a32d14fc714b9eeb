// The surface as an application uses it. Lines under `@ts-expect-error` must not compile.
import { Brownout, BrownoutError, RefusedError, TimeoutError, createBrownout, healthHandler, type Effect, type Outcome, type Refusal, type Result } from "brownout";
import { mountBanner } from "brownout/banner";
import { policyFile } from "brownout/file";
import { DegradationBanner, useDegradation, type Degradation } from "brownout/react";
import { StatusClient, viewOf, type StatusView } from "brownout/status";
import { FakeClock } from "brownout/testing";
import { toml } from "brownout/toml";
import { yaml } from "brownout/yaml";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <T extends true>(): T | undefined => undefined;

export const bo: Brownout = createBrownout({ policy: toml("version = 1"), clock: new FakeClock(0), seed: 7n });

export async function invoice(number: number): Promise<string> {
  const result = await bo.guard("afip", { key: "org_1" }).run(({ signal }) => fetch(`https://afip.example/${number}`, { signal }));
  holds<Equal<typeof result, Result<Response>>>();
  if (result.ok) {
    holds<Equal<typeof result.value, Response>>();
    return result.value.text();
  }
  if (result.reason === "refused") {
    const refusal: Refusal = result.refusal;
    const wait: number | undefined = refusal.retryAfterMs;
    return `${refusal.code} ${wait ?? 0}`;
  }
  // @ts-expect-error only a refused call has a refusal
  void result.refusal;
  const outcome: Outcome = result.outcome;
  return outcome;
}

export async function orThrow(): Promise<number> {
  try {
    return await bo.guard("afip").runOrThrow(() => 42);
  } catch (error) {
    if (error instanceof RefusedError) return error.retryAfterMs ?? 0;
    if (error instanceof TimeoutError || error instanceof BrownoutError) return 1;
    throw error;
  }
}

// @ts-expect-error a policy is needed
createBrownout({});
// @ts-expect-error an option that does not exist
bo.guard("afip", { retries: 3 });

export const GET: (request: Request) => Response = healthHandler(bo, { profile: "ietf", lang: "es" });
export const afip: typeof fetch = bo.fetch("afip", { idempotent: true });
export const leave: () => void = bo.on("breaker_changed", (effect: Effect) => void effect.effect);
export const text: string[] = [policyFile("policy.toml"), yaml("version: 1")];
export const view: StatusView = viewOf(bo.health().body, "es");
export const client: StatusClient = new StatusClient({ url: "/api/health" });
export const unmount: () => void = mountBanner({ client });

export function Page(): React.ReactNode {
  const state: Degradation = useDegradation({ client });
  return <DegradationBanner lang="es" initial={bo.health().body}>{() => state.banner}</DegradationBanner>;
}
