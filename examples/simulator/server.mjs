// The upstreams of a field-service company as one small HTTP server: AFIP, MercadoPago, WhatsApp, OpenAI, and the pings
// of its database and cache. They answer, crawl, fail, throttle, hang or reset on a schedule or by hand.

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { RunningClock } from "./clock.mjs";
import { answer } from "./answers.mjs";
import { UPSTREAMS, MODES, fate, phase, readScenario, scheduled } from "./scenario.mjs";

const CONTROL_PAGE = new URL("./control.html", import.meta.url);
const MAX_BODY = 65_536;

class Stats {
  #upstreams = new Map(UPSTREAMS.map((u) => [u, { calls: 0, by_caller: {}, by_mode: {} }]));

  /** Counts a call and returns its number for this upstream and caller, from 1. */
  count(upstream, caller) {
    const row = this.#upstreams.get(upstream);
    row.calls += 1;
    row.by_caller[caller] = (row.by_caller[caller] ?? 0) + 1;
    return row.by_caller[caller];
  }

  met(upstream, mode) {
    const row = this.#upstreams.get(upstream);
    row.by_mode[mode] = (row.by_mode[mode] ?? 0) + 1;
  }

  json = () => ({ upstreams: Object.fromEntries(this.#upstreams) });
}

export function createSimulator({ scenario: document = {}, clock = new RunningClock() } = {}) {
  const scenario = readScenario(document);
  const startedAt = clock.now();
  const switches = new Map();
  const stats = new Stats();

  const current = (upstream, at = clock.now()) =>
    switches.get(upstream) ?? scheduled(scenario, upstream, at - startedAt);

  const control = () => ({
    scenario: scenario.name,
    modes: MODES,
    now_ms: clock.now(),
    upstreams: Object.fromEntries(
      UPSTREAMS.map((u) => [u, { mode: current(u).mode, by: switches.has(u) ? "hand" : "schedule" }]),
    ),
  });

  /** { upstream, mode, … }; mode `schedule` hands the upstream back; upstream `*` means all. */
  function turn(order) {
    const names = order.upstream === "*" ? UPSTREAMS : [order.upstream];
    if (!names.every((n) => UPSTREAMS.includes(n))) throw new Error(`unknown upstream \`${order.upstream}\``);
    const { upstream: _, ...rest } = order;
    const next = order.mode === "schedule" ? undefined : phase(rest, "order");
    for (const name of names) next ? switches.set(name, next) : switches.delete(name);
  }

  function serve(upstream, request, response) {
    // on a stepped clock every request says when it is sent
    const at = (clock.stepped && Number(request.headers["x-sim-now"])) || clock.now();
    if (clock.stepped) clock.set(at);
    const caller = String(request.headers["x-caller"] ?? "unknown").slice(0, 40);
    const tenant = request.headers["x-tenant"];
    const number = stats.count(upstream, caller);
    const met = fate({ scenario, upstream, number, tenant, now: current(upstream, at) });
    stats.met(upstream, met.mode);
    const headers = { "x-sim-took-ms": String(met.tookMs) };
    if (met.mode === "hang") return; // until the caller goes away
    const end = () => {
      if (met.mode === "reset") return request.socket.resetAndDestroy();
      const said = answer(upstream, number, met);
      send(response, said.status, said.body, { ...headers, ...said.headers });
    };
    // on a stepped clock the caller is told how long it took and moves its own clock
    if (clock.stepped) return end();
    const timer = clock.setTimer(end, met.tookMs);
    response.once("close", () => clock.clearTimer(timer));
  }

  async function route(request, response) {
    const { pathname } = new URL(request.url, "http://simulator");
    const first = pathname.split("/")[1];
    if (request.method === "OPTIONS") return send(response, 204);
    const body = await readBody(request);
    if (UPSTREAMS.includes(first)) return serve(first, request, response);
    const verb = `${request.method} ${pathname}`;
    switch (verb) {
      case "GET /":
        response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
        return response.end(await readFile(CONTROL_PAGE));
      case "GET /control":
        return send(response, 200, control());
      case "POST /control":
        for (const order of [JSON.parse(body)].flat()) turn(order);
        return send(response, 200, control());
      case "GET /stats":
        return send(response, 200, stats.json());
      case "GET /clock":
        return send(response, 200, clock.describe());
      case "POST /clock":
        if (!clock.stepped) throw new Error("only a stepped clock can be set");
        clock.set(JSON.parse(body).now_ms);
        return send(response, 200, clock.describe());
      default:
        return send(response, 404, { error: `nothing at \`${pathname}\`` });
    }
  }

  return createServer((request, response) => {
    route(request, response).catch((fault) => send(response, 400, { error: fault.message }));
  });
}

function send(response, status, body, headers = {}) {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    "content-type": "application/json",
    "cache-control": "no-store",
    "access-control-allow-origin": "*",
    "access-control-allow-headers": "content-type",
    ...headers,
  });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

async function readBody(request) {
  let size = 0;
  const chunks = [];
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY) throw new Error("request body too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
