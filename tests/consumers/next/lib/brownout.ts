import { createBrownout } from "brownout";
import policy from "./policy.json";

export const bo = createBrownout({ policy, seed: 1 });

export interface Touch { by: string; granted: number; code?: string }

/** One call, and how many have been granted in this engine so far. */
export async function touch(by: string, fail = false): Promise<Touch> {
  const result = await bo.guard("afip").run(() => { if (fail) throw new Error("down"); return by; });
  const refused = !result.ok && result.reason === "refused" ? { code: result.refusal.code } : {};
  return { by, granted: granted(), ...refused };
}

export function granted(): number {
  return (JSON.parse(bo.health({ detail: "detailed" }).body) as { traffic: { afip: { granted: number } } }).traffic.afip.granted;
}
