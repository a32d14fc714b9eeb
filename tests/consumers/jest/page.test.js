/** @jest-environment jsdom */
const { act, createElement } = require("react");
const { createRoot } = require("react-dom/client");
const { story } = require("./engine.js");
const { mountBanner } = require("brownout/banner");
const { DegradationBanner } = require("brownout/react");
const { StatusClient } = require("brownout/status");

const DOWN = "1;1000,30000,90000,d,es;invoicing.afip,d,1000,queue,open,es:Facturación,en:Invoicing";
const SENTENCE = "Some features are temporarily limited: Invoicing";
globalThis.IS_REACT_ACT_ENVIRONMENT = true;
afterEach(() => { document.body.innerHTML = ""; });

test("the engine answers", async () => {
  expect(await story()).toEqual(["failed", "failed", "circuit_open"]);
});

test("the banner says what the server knows", () => {
  const client = new StatusClient({ lang: "en", initial: DOWN, fetch: () => new Promise(() => {}) });
  const leave = mountBanner({ client });
  expect(document.querySelector("[role=status]").textContent).toBe(SENTENCE);
  leave();
  expect(document.querySelector("[role=status]")).toBeNull();
});

test("so does the component", async () => {
  const root = createRoot(document.body.appendChild(document.createElement("div")));
  const fetch = () => Promise.resolve({ headers: { get: () => null }, text: () => Promise.resolve(JSON.stringify({ blob: DOWN })) });
  await act(async () => root.render(createElement(DegradationBanner, { lang: "en", url: "/api/health", fetch })));
  await act(async () => {});
  expect(document.querySelector("[role=status]").textContent).toBe(SENTENCE);
  await act(async () => root.unmount());
});
