// A Worker: one engine in the isolate, made when the module is loaded, for all requests.
import { createBrownout, healthHandler } from "brownout";
import { viewOf } from "brownout/status";
import { toml } from "brownout/toml";

const bo = createBrownout({
  policy: toml(`
    version = 1
    [services.afip]
    fallback = "queue"
    breaker = { consecutive_failures = 3, open = { base = "600s", jitter = 0 } }
    [services.slow]
    retry = { attempts = 2, backoff = { base = "20ms", jitter = "none" }, on = ["failure"] }
    [features."invoicing.afip"]
    title = { es = "Facturación", en = "Invoicing" }
    needs = { afip = { open = "degraded" } }
  `),
});
const health = healthHandler(bo);

export default {
  async fetch(request) {
    const url = new URL(request.url);
    if (url.pathname === "/health") return health(request);
    if (url.pathname === "/banner") return new Response(viewOf(bo.health().body, "es").banner);
    if (url.pathname === "/slow") {
      // `quick` ends before its timeout, else only the timeout ends it
      const wait = url.searchParams.has("quick") ? Promise.resolve("done") : new Promise(() => {});
      const result = await bo.guard("slow").run(() => wait, { timeoutMs: Number(url.searchParams.get("timeout")) });
      return Response.json(result.ok ? result.value : result.reason);
    }
    if (url.pathname === "/again") {
      let made = 0;
      const result = await bo.guard("slow").run(() => { made += 1; if (made === 1) throw new Error("once"); return "second"; }, { idempotent: true });
      return Response.json([result.ok && result.value, made]);
    }
    const result = await bo.guard("afip").run(() => { if (url.searchParams.has("fail")) throw new Error("down"); return "up"; });
    const { granted } = JSON.parse(bo.health({ detail: "detailed" }).body).traffic.afip;
    return Response.json({ granted, said: result.ok ? result.value : result.reason === "refused" ? result.refusal.code : result.reason });
  },
};
