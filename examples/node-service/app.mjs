// A plain Node service that calls four upstreams through Brownout, and, with ?guard=off, without it.

import { createServer } from "node:http";
import { CALLS } from "./calls.mjs";
import { Timeline, Traffic } from "./record.mjs";
import { Upstreams } from "./upstream.mjs";
import { serveFile } from "./files.mjs";

/** How often the database and the cache are looked at, in simulated time. */
const PROBE_EVERY_MS = 30_000;

/**
 * bo: a Brownout; clock: the clock it runs on; simulator: base URL of the upstreams; about: what /api/config tells the
 * page; statics: URL prefix to folder.
 */
export function createApp({ bo, clock, simulator, about = {}, statics = {} }) {
  const timeline = new Timeline();
  const traffic = new Traffic();
  const upstreams = new Upstreams({ simulator, clock, caller: "node" });
  const guards = Object.fromEntries(Object.values(CALLS).map((c) => [c.service, bo.guard(c.service)]));
  const openai = bo.fetch("openai", { fetch: upstreams.fetch, throwOnRefusal: true });
  bo.on("*", (effect) => timeline.add({ at_ms: effect.at_ms ?? clock.now(), kind: "effect", effect }));

  /** Either way of protecting a call: a guarded function, or a `fetch` that a client library could be given. */
  async function protectedCall(call, tenant) {
    if (call.service === "openai") {
      try {
        const response = await upstreams.through(openai, call, { tenant });
        return { response, answer: response.ok ? await response.json() : undefined };
      } catch (error) {
        return { refusal: error.refusal };
      }
    }
    const result = await guards[call.service].run(({ signal }) => upstreams.guarded(call, { tenant, signal }));
    if (result.reason === "refused") return { refusal: result.refusal };
    if (!result.ok) return {};
    return { response: result.value, answer: result.value.ok ? await result.value.json() : undefined };
  }

  async function guarded(call, tenant) {
    const at = clock.now();
    const { refusal, response, answer } = await upstreams.settled(bo.with({ tenant }, () => protectedCall(call, tenant)));
    const waitedMs = clock.now() - at;
    if (refusal) {
      timeline.add({ at_ms: at, kind: "refusal", service: call.service, tenant, ...refusalJson(refusal) });
      traffic.with.add({ service: call.service, outcome: "fallback", waitedMs, reached: false });
      return { status: 200, body: { ok: true, fallback: true, ...call.fallback() } };
    }
    return conclude({ call, tenant, at, waitedMs, response, answer, column: "with" });
  }

  async function bare(call, tenant) {
    const at = clock.now();
    const { response, waitedMs } = await upstreams.bare(call, { tenant });
    const answer = response?.ok ? await response.json() : undefined;
    return conclude({ call, tenant, at, waitedMs, response, answer, column: "without" });
  }

  function conclude({ call, tenant, at, waitedMs, response, answer, column }) {
    const outcome = answer ? "ok" : "failed";
    const status = response?.status ?? null;
    if (column === "with") {
      timeline.add({ at_ms: at, kind: "call", service: call.service, tenant, outcome, status, waited_ms: waitedMs });
    }
    traffic[column].add({ service: call.service, outcome, waitedMs, reached: true });
    if (answer) return { status: 200, body: { ok: true, ...call.reply(answer) } };
    if (!response?.bodyUsed) response?.body?.cancel().catch(() => {});
    return { status: 502, body: { ok: false, error: "upstream_failed" } };
  }

  async function probe() {
    for (const service of ["database", "redis"]) {
      const { ok, latencyMs } = await upstreams.ping(service);
      bo.observe(service, { ok, latencyMs });
    }
  }

  async function route(request) {
    const url = new URL(request.url, "http://host");
    const query = url.searchParams;
    if (clock.stepped && request.headers["x-sim-now"]) clock.set(Number(request.headers["x-sim-now"]));
    const call = request.method === "POST" && CALLS[url.pathname.slice(1)];
    if (call) {
      const tenant = query.get("tenant") ?? "org_01";
      return query.get("guard") === "off" ? bare(call, tenant) : guarded(call, tenant);
    }
    switch (`${request.method} ${url.pathname}`) {
      case "GET /api/health":
        return health(query);
      case "GET /api/timeline":
        return {
          status: 200,
          body: timeline.list({
            after: Number(query.get("after") ?? 0),
            kinds: query.get("kinds")?.split(","),
            limit: Number(query.get("limit") ?? 500),
          }),
        };
      case "GET /api/traffic":
        return { status: 200, body: traffic };
      case "GET /api/config":
        return { status: 200, body: { ...about, clock: clock.describe() } };
      case "POST /api/probe":
        await probe();
        return { status: 200, body: { now_ms: clock.now() } };
      default:
        return undefined;
    }
  }

  function health(query) {
    const tenant = query.get("tenant");
    const report = bo.health({
      profile: query.get("profile") ?? "campotech",
      format: query.get("format") ?? "json",
      detail: query.get("detail") ?? "basic",
      ...(tenant && { tenant }),
    });
    return { status: report.status, type: report.headers["content-type"], text: report.body };
  }

  const server = createServer((request, response) => {
    route(request)
      .then((answer) => (answer ? send(response, clock, answer) : serveFile(request, response, statics)))
      .catch((error) => send(response, clock, { status: 400, body: { error: error.message } }));
  });
  if (!clock.stepped) {
    const again = () => probe().finally(() => server.listening && clock.setTimer(again, PROBE_EVERY_MS));
    server.once("listening", again);
  }
  return server;
}

function refusalJson(refusal) {
  return {
    gate: refusal.gate,
    code: refusal.code,
    scope: refusal.scope,
    retry_at_ms: refusal.retryAtMs ?? null,
    fallback: refusal.fallback ?? null,
  };
}

function send(response, clock, { status, body, type = "application/json", text = JSON.stringify(body) }) {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    ...(clock.stepped && { "x-sim-now": String(clock.now()) }),
    "content-type": type,
    "cache-control": "no-store",
    "access-control-allow-origin": "*",
  });
  response.end(text);
}
