// A guarded fetch against a real server on loopback.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RefusedError, TimeoutError } from "../src/node.js";
import { bench, POLICY } from "./kit.js";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
const routes = new Map<string, Answer>();
const hits = new Map<string, number>();
let server: Server;
let base = "";

beforeAll(async () => {
  server = createServer((request, response) => {
    const path = request.url ?? "/";
    hits.set(path, (hits.get(path) ?? 0) + 1);
    (routes.get(path) ?? ((_, r) => { r.writeHead(404).end(); }))(request, response);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => { server.closeAllConnections(); await new Promise((done) => server.close(done)); });

function route(path: string, answer: Answer): string {
  routes.set(path, answer);
  hits.set(path, 0);
  return base + path;
}

test("a streamed body settles when it ends, not when the headers came", async () => {
  const { bo, ledger } = bench();
  let rest: () => void = () => undefined;
  const url = route("/stream", (_, r) => { r.writeHead(200, { "content-type": "text/plain" }); r.write("one "); rest = () => r.end("two"); });
  const response = await bo.fetch("up")(url);
  expect([response.status, response.url, ledger.granted.length, ledger.settled.length]).toEqual([200, url, 1, 0]);
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  expect(new TextDecoder().decode((await reader.read()).value)).toBe("one ");
  expect(ledger.settled.length).toBe(0);
  rest();
  expect(new TextDecoder().decode((await reader.read()).value)).toBe("two");
  expect((await reader.read()).done).toBe(true);
  expect([ledger.open, ledger.twice, ledger.facts]).toEqual([[], [], expect.objectContaining({ facts: { status: 200 } })]);
});

test("text and json work as ever, and an empty answer settles at once", async () => {
  const { bo, ledger } = bench();
  const json = route("/json", (_, r) => { r.writeHead(200, { "content-type": "application/json" }).end('{"a":1}'); });
  expect(await (await bo.fetch("up")(json)).json()).toEqual({ a: 1 });
  const empty = route("/empty", (_, r) => { r.writeHead(204).end(); });
  expect((await bo.fetch("up")(new Request(empty))).status).toBe(204);
  expect([ledger.granted.length, ledger.open, ledger.twice]).toEqual([2, [], []]);
});

test("a body that is cancelled counts nothing, and the upstream is let go", async () => {
  const { bo, ledger } = bench();
  const gone = new Promise<void>((done) => {
    route("/endless", (q, r) => { r.writeHead(200); r.write("x"); q.on("close", done); });
  });
  const response = await bo.fetch("up")(`${base}/endless`);
  await response.body?.cancel();
  await gone;
  expect([ledger.facts, ledger.open, ledger.twice]).toEqual([expect.objectContaining({ facts: { cancelled: true } }), [], []]);
});

test("a status of failure reaches the caller with its body, and the engine at once", async () => {
  const { bo, ledger } = bench();
  const url = route("/503", (_, r) => { r.writeHead(503, { "retry-after": "30" }).end("sorry"); });
  const response = await bo.fetch("up")(url);
  expect(ledger.facts).toMatchObject({ facts: { status: 503 }, retry_after_ms: 30_000 });
  expect([response.status, await response.text(), ledger.open]).toEqual([503, "sorry", []]);
});

test("Retry-After as an HTTP date counts from the engine's clock", async () => {
  const { bo, clock, ledger } = bench();
  const url = route("/date", (_, r) => { r.writeHead(429, { "retry-after": new Date(clock.now() + 90_000).toUTCString() }).end(); });
  await bo.fetch("up")(url);
  expect(ledger.facts).toMatchObject({ facts: { status: 429 }, retry_after_ms: 90_000 });
});

test("429 holds the service back: the next call gets a response that says why and when", async () => {
  const { bo } = bench();
  const url = route("/429", (_, r) => { r.writeHead(429, { "retry-after": "7" }).end(); });
  expect((await bo.fetch("up")(url)).status).toBe(429);
  const refused = await bo.fetch("up")(url);
  expect([refused.status, refused.headers.get("retry-after"), refused.headers.get("content-type"), refused.headers.get("x-should-retry")])
    .toEqual([503, "7", "application/problem+json", "false"]);
  expect(refused.headers.get("x-brownout")).toBe('refused; service="up"; gate=throttle; code=upstream_throttled');
  expect(await refused.json()).toMatchObject({
    type: "about:blank", title: "Service Unavailable", status: 503, detail: "`up` is not called: upstream_throttled", service: "up", code: "upstream_throttled", gate: "throttle", fallback: "queue",
  });
  expect(hits.get("/429")).toBe(1);
  await expect(bo.fetch("up", { throwOnRefusal: true })(url)).rejects.toBeInstanceOf(RefusedError);
});

test("a limit refuses with 429", async () => {
  const { bo } = bench({ version: 1, services: { up: { limits: [{ name: "minute", limit: 1, period: "1m", algorithm: "fixed_window" }] } } });
  const url = route("/limited", (_, r) => { r.writeHead(204).end(); });
  const go = bo.fetch("up");
  expect((await go(url)).status).toBe(204);
  const refused = await go(url);
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
  expect(await refused.json()).toMatchObject({ gate: "limit", code: "limited", rule: "minute" });
});

test("a lost connection says its code; a refused one was never sent", async () => {
  const { bo, ledger } = bench();
  const reset = route("/reset", (q) => { q.socket.destroy(); });
  await expect(bo.fetch("up")(reset)).rejects.toThrow("fetch failed");
  expect((ledger.facts as { facts: { error: string } }).facts.error).toMatch(/ECONNRESET|UND_ERR_SOCKET/);
  await expect(bo.fetch("up")("http://127.0.0.1:1/")).rejects.toThrow();
  expect(ledger.open).toEqual([]);
  const closed = createServer();
  await new Promise<void>((done) => closed.listen(0, "127.0.0.1", done));
  const port = (closed.address() as AddressInfo).port;
  await new Promise((done) => closed.close(done));
  await expect(bo.fetch("up")(`http://127.0.0.1:${port}/`)).rejects.toThrow("fetch failed");
  expect(ledger.facts).toMatchObject({ facts: { error: "ECONNREFUSED", sent: false } });
});

test("the whole call, the first byte and a pause inside the body each have their time", async () => {
  const policy = { version: 1, services: { up: { timeout: { first_byte: "2s", idle: "1s", total: "8s" } } } };
  const { bo, clock, ledger } = bench(policy);
  const arrived = (path: string, answer: Answer): { url: string; seen: Promise<void> } => {
    let done: () => void = () => undefined;
    const seen = new Promise<void>((r) => { done = r; });
    return { url: route(path, (q, r) => { answer(q, r); done(); }), seen };
  };
  const silent = arrived("/silent", () => undefined);
  const first = bo.fetch("up")(silent.url).catch((e: unknown) => e);
  await silent.seen;
  await clock.advance(2000);
  expect(await first).toMatchObject({ name: "TimeoutError", phase: "first_byte", timeoutMs: 2000 });
  expect(ledger.facts).toMatchObject({ facts: { timed_out: true } });

  const pausing = arrived("/pausing", (_, r) => { r.writeHead(200); r.write("x"); });
  const reader = ((await bo.fetch("up")(pausing.url)).body as ReadableStream<Uint8Array>).getReader();
  await reader.read();
  const next = reader.read().catch((e: unknown) => e);
  await clock.advance(1000);
  expect(await next).toBeInstanceOf(TimeoutError);
  expect(await next).toMatchObject({ phase: "idle" });
  expect([ledger.granted.length, ledger.open, ledger.twice]).toEqual([2, [], []]);
});

test("a body that nobody reads is no fault of the upstream", async () => {
  const { bo, clock, ledger } = bench();
  const url = route("/unread", (_, r) => { r.writeHead(200); r.write("x"); });
  const response = await bo.fetch("up")(url);
  expect(response.ok).toBe(true);
  await clock.advance(5000);
  expect([ledger.facts, ledger.open, ledger.twice]).toEqual([expect.objectContaining({ facts: { status: 200 } }), [], []]);
});

test("the caller's signal ends request and body alike", async () => {
  const { bo, ledger } = bench();
  const controller = new AbortController();
  const url = route("/slow", (_, r) => { r.writeHead(200); r.write("x"); });
  const response = await bo.fetch("up")(url, { signal: controller.signal });
  const text = response.text().catch((e: unknown) => e);
  controller.abort(new Error("left"));
  expect(await text).toBeInstanceOf(Error);
  expect([ledger.facts, ledger.open, ledger.twice]).toEqual([expect.objectContaining({ facts: { cancelled: true } }), [], []]);
  await expect(bo.fetch("up")(url, { signal: controller.signal })).rejects.toThrow("left");
});

test("the engine asks for another try: a get is sent again, a stream is not", async () => {
  const policy = structuredClone(POLICY) as { services: { up: Record<string, unknown> } };
  policy.services.up["retry"] = { attempts: 3, on: ["failure"], backoff: { base: "2s", growth: 2, max: "1m", jitter: "none" } };
  const { bo, clock, ledger } = bench(policy);
  const url = route("/flaky", (_, r) => { r.writeHead((hits.get("/flaky") ?? 0) < 3 ? 500 : 200).end("done"); });
  const get = bo.fetch("up")(url);
  for (let i = 0; (hits.get("/flaky") ?? 0) < 3 && i < 200; i += 1) { await new Promise((r) => setTimeout(r, 5)); await clock.advance(1000); }
  const response = await get;
  expect([response.status, await response.text(), hits.get("/flaky")]).toEqual([200, "done", 3]);
  hits.set("/flaky", 0);
  const stream = new ReadableStream({ start(c) { c.enqueue(new TextEncoder().encode("x")); c.close(); } });
  const posted = await bo.fetch("up")(url, { method: "PUT", body: stream, duplex: "half" } as RequestInit);
  expect([posted.status, hits.get("/flaky")]).toEqual([500, 1]);
  expect([ledger.open, ledger.twice]).toEqual([[], []]);
});
