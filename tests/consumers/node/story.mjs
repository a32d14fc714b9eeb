// Three failures open the breaker; the fourth call is refused without being made.
export async function story(createBrownout, policy, name) {
  const bo = createBrownout({ policy, name, seed: 1 });
  const seen = [];
  let calls = 0;
  for (let i = 0; i < 4; i += 1) {
    const result = await bo.guard("afip").run(() => { calls += 1; throw new Error("down"); });
    seen.push(result.reason === "refused" ? [result.refusal.gate, result.refusal.code, result.fallback] : result.reason);
  }
  return { seen, calls, ...traffic(bo) };
}

export function traffic(bo) {
  const { traffic, breakers, limits } = JSON.parse(bo.health({ detail: "detailed" }).body);
  const { granted, outcomes, refusals } = traffic.afip;
  return { granted, outcomes, refusals, breaker: breakers.afip.state, remaining: limits[0].remaining };
}
