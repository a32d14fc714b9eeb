// What a page believes, when it asks, and what it shows.
// @vitest-environment happy-dom
import { renderToString } from "react-dom/server";
import { createElement, act } from "react";
import { createRoot, hydrateRoot } from "react-dom/client";
import { afterEach, expect, test } from "vitest";
import { mountBanner } from "../src/banner.js";
import { DegradationBanner, useDegradation } from "../src/react.js";
import { StatusClient, viewOf, UNKNOWN } from "../src/status.js";
import { FakeClock } from "../src/testing.js";

const START = 1_750_000_000_000;
(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
const GOOD = "1;1000,30000,90000,h,en;ai,h,1000,manual,,es:IA,en:AI";
const BAD = "1;1000,30000,90000,d,es;ai,o,1000,manual,open,es:IA de WhatsApp,en:WhatsApp AI;pay,h,1000,,;a%2Cb,d,2000,,open";
const body = (blob: string): string => JSON.stringify({ status: "degraded", blob });

/** A page whose server says what the test wants. */
function page(answers: (string | Error)[], more: object = {}) {
  const clock = new FakeClock(START);
  const asked: string[] = [];
  const client = new StatusClient({
    lang: "es", seed: 0, now: () => clock.now(), setTimer: (fn, ms) => clock.setTimer(fn, ms), clearTimer: (t) => clock.clearTimer(t),
    fetch: (async (url: string) => {
      asked.push(url);
      const answer = answers[Math.min(asked.length, answers.length) - 1];
      if (answer instanceof Error) throw answer;
      return new Response(answer, { status: 503 });
    }) as unknown as typeof fetch,
    ...more,
  });
  return { clock, client, asked };
}
const leaving: (() => void)[] = [];
afterEach(() => { for (const leave of leaving.splice(0)) leave(); });

// covers: R-1125, R-1126, R-1127, R-1128, R-1129, E-28
test("it asks at once, then every thirty seconds, and names what is limited", async () => {
  const { clock, client, asked } = page([body(BAD), body(GOOD)]);
  let changes = 0;
  leaving.push(client.subscribe(() => { changes += 1; }));
  await clock.advance(0);
  const view = client.getSnapshot();
  expect(view).toMatchObject({ overall: "degraded", stale: false, banner: "Algunas funciones están temporalmente limitadas: IA de WhatsApp, a,b" });
  expect(Object.isFrozen(view)).toBe(true);
  expect([client.available("ai"), client.available("pay"), client.available("nobody.knows"), client.feature("ai")?.fallback]).toEqual([false, true, true, "manual"]);
  await clock.advance(29_999);
  expect([asked.length, client.getSnapshot() === view]).toEqual([1, true]);
  await clock.advance(1);
  expect([asked.length, client.getSnapshot().banner, changes]).toEqual([2, null, 2]);
  expect(asked[0]).toBe("/api/health?lang=es");
});

// covers: R-1124, E-27
test("after a failed poll the last state stays for ninety seconds, then nobody knows; polls come later each time", async () => {
  const { clock, client, asked } = page([body(BAD), new Error("offline")]);
  leaving.push(client.subscribe(() => undefined));
  await clock.advance(89_999);
  expect([client.getSnapshot().overall, asked.length]).toEqual(["degraded", 2]);
  await clock.advance(1);
  expect(client.getSnapshot()).toMatchObject({ overall: "unknown", stale: true, banner: null });
  expect(client.available("ai")).toBe(true);
  await clock.advance(120_000);
  expect(asked.length).toBe(4);
});

test("an answer that is no status counts as missed", async () => {
  const { clock, client } = page([body(BAD), "<html>", JSON.stringify({ blob: "1;broken" })]);
  leaving.push(client.subscribe(() => undefined));
  await clock.advance(31_000);
  expect(client.getSnapshot().overall).toBe("degraded");
});

test("a hidden tab asks nothing, and a page that nobody watches neither", async () => {
  const { clock, client, asked } = page([body(GOOD)]);
  const leave = client.subscribe(() => undefined);
  await clock.advance(0);
  const visible = (state: string): void => {
    Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  };
  visible("hidden");
  await clock.advance(3_600_000);
  expect(asked.length).toBe(1);
  visible("visible");
  await clock.advance(0);
  expect(asked.length).toBe(2);
  leave();
  await clock.advance(3_600_000);
  expect([asked.length, clock.pending]).toEqual([2, 0]);
});

test("many pages do not ask at the same instant", async () => {
  const next = new Set<number | undefined>();
  for (let i = 1; i <= 20; i += 1) {
    const { clock, client } = page([body(GOOD)], { seed: i });
    const leave = client.subscribe(() => undefined);
    await clock.advance(0);
    next.add(clock.nextMs);
    expect(clock.nextMs).toBeGreaterThanOrEqual(START + 30_000);
    expect(clock.nextMs).toBeLessThanOrEqual(START + 33_000);
    leave();
  }
  expect(next.size).toBeGreaterThan(10);
});

test("a language may change, and the server's first state is there before the first poll", () => {
  const { client } = page([], { initial: body(BAD) });
  expect(client.getSnapshot().banner).toMatch(/^Algunas funciones/);
  client.lang = "en-GB";
  expect(client.getSnapshot().banner).toBe("Some features are temporarily limited: WhatsApp AI, a,b");
  expect(viewOf(body(BAD), "en", START).features.map((f) => f.title)).toEqual(["WhatsApp AI", "pay", "a,b"]);
  expect(viewOf("nonsense", "en")).toBe(UNKNOWN);
});

test("the plain banner stands in the page from the start and is empty while all is well", async () => {
  const { clock, client } = page([body(GOOD), body(BAD)]);
  const unmount = mountBanner({ client });
  const region = document.body.firstElementChild as HTMLElement;
  expect(["role", "aria-live", "aria-atomic"].map((a) => region.getAttribute(a))).toEqual(["status", "polite", "true"]);
  expect(region.textContent).toBe("");
  await clock.advance(30_000);
  expect([region.textContent, region.dataset["status"]]).toEqual(["Algunas funciones están temporalmente limitadas: IA de WhatsApp, a,b", "degraded"]);
  unmount();
  expect([document.body.children.length, clock.pending]).toEqual([0, 0]);
});

test("the React banner: the server's first paint, hydration without a difference, then the change", async () => {
  const { clock, client } = page([body(GOOD)], { initial: body(BAD) });
  const element = createElement(DegradationBanner, { client, initial: body(BAD), lang: "es" });
  const html = renderToString(element);
  expect(html).toContain("Algunas funciones están temporalmente limitadas: IA de WhatsApp, a,b");
  expect(html).toContain('role="status" aria-live="polite" aria-atomic="true"');
  const root = document.createElement("div");
  root.innerHTML = html;
  const errors: unknown[] = [];
  const hydrated = await act(async () => hydrateRoot(root, element, { onRecoverableError: (e) => errors.push(e) }));
  expect(errors).toEqual([]);
  expect(root.textContent).toMatch(/IA de WhatsApp/);
  await act(async () => { await clock.advance(30_000); });
  expect([root.textContent, root.querySelectorAll('[role="status"]').length]).toEqual(["", 1]);
  await act(async () => hydrated.unmount());
  expect(clock.pending).toBe(0);
});

test("a component knows whether a feature may be offered", async () => {
  const { client } = page([], { initial: body(BAD) });
  function Button() {
    const { available, feature } = useDegradation({ client });
    return createElement("span", null, `${available("ai")} ${available("pay")} ${feature("ai")?.fallback}`);
  }
  const into = document.createElement("div");
  const root = createRoot(into);
  await act(async () => root.render(createElement(Button)));
  expect(into.textContent).toBe("false true manual");
  await act(async () => root.unmount());
});
