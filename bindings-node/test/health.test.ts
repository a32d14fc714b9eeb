// What a health endpoint answers, through web handlers and through node:http.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { Brownout, healthHandler, nodeHealthHandler } from "../src/node.js";
import { bench } from "./kit.js";

const POLICY = {
  version: 1, name: "shop",
  services: { up: { impact: "critical", fallback: "queue", breaker: { consecutive_failures: 1, open: { base: "10s", jitter: 0 } } } },
  features: { buy: { title: { es: "Comprar", en: "Buying" }, critical: true, fallback: "queue", needs: { up: { open: "degraded" } } } },
};
const get = (bo: Brownout, query = "", headers: HeadersInit = {}): Response => healthHandler(bo)(new Request(`http://localhost/api/health${query}`, { headers }));

test("the body is the core's, never cached, and follows the breaker", async () => {
  const { bo } = bench(POLICY);
  const first = get(bo);
  expect([first.status, first.headers.get("content-type"), first.headers.get("cache-control")]).toEqual([200, "application/json", "no-store"]);
  expect(await first.json()).toMatchObject({ status: "healthy" });
  await bo.guard("up").run(() => { throw new Error("x"); });
  expect(await get(bo).json()).toMatchObject({ status: "degraded", features: { buy: { status: "degraded" } } });
});

test("format, detail and a scraper's wish", async () => {
  const { bo } = bench(POLICY);
  expect(get(bo, "?format=prometheus").headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(get(bo, "?format=openmetrics").headers.get("content-type")).toMatch(/^application\/openmetrics-text/);
  expect(get(bo, "", { accept: "application/openmetrics-text;version=1.0.0" }).headers.get("content-type")).toMatch(/^application\/openmetrics-text/);
  const [basic, detailed, forbidden] = await Promise.all([
    get(bo).text(), get(bo, "?detailed=true").text(),
    healthHandler(bo, { mayDetail: () => false })(new Request("http://localhost/?detailed=true")).text(),
  ]);
  expect(detailed.length).toBeGreaterThan(basic.length);
  expect(forbidden).toBe(basic);
  expect((await get(bo, "?format=nonsense").text())).toBe(basic);
});

test("three questions, three answers", async () => {
  const { bo } = bench(POLICY);
  await bo.guard("up").run(() => { throw new Error("x"); });
  expect(bo.health({ view: "live" }).status).toBe(200);
  expect(bo.health({ view: "ready" }).status).toBe(200);
  expect(JSON.parse(bo.health().body)).toMatchObject({ status: "degraded" });
});

test("a tenant sees its own state", async () => {
  const keyed = structuredClone(POLICY) as { services: { up: Record<string, unknown> } };
  keyed.services.up["per"] = "tenant";
  const { bo } = bench(keyed);
  await bo.guard("up", { key: "a" }).run(() => { throw new Error("x"); });
  const seen = (tenant: string): string => (JSON.parse(bo.health({ tenant }).body) as { features: { buy: { status: string } } }).features.buy.status;
  expect([seen("a"), seen("b")]).toEqual(["degraded", "healthy"]);
});

test("an endpoint never throws: a wrong profile is 400, an engine that is away 503", async () => {
  const { bo } = bench(POLICY);
  const wrong = healthHandler(bo, { profile: "nobody" as never })(new Request("http://localhost/"));
  expect([wrong.status, await wrong.json()]).toEqual([400, { error: { code: "bad_view", path: "profile" } }]);
  bo.close();
  expect(get(bo).status).toBe(503);
});

test("node:http and HEAD", async () => {
  const { bo } = bench(POLICY);
  const server = createServer(nodeHealthHandler(() => bo));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/health`;
  expect(await (await fetch(`${url}?lang=en`)).json()).toMatchObject({ status: "healthy" });
  const head = await fetch(url, { method: "HEAD" });
  expect([head.status, await head.text()]).toEqual([200, ""]);
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});
