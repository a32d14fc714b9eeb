// Draws what the chosen host says. Simulated time runs in the page too, so countdowns are smooth.

import * as api from "./api.js";
import { renderBanner, watchHealth } from "./banner.js";
import { renderFeatures } from "./features.js";
import { read } from "./model.js";
import { Services } from "./services.js";
import { Timeline } from "./timeline.js";
import { Traffic } from "./traffic.js";
import { clockText } from "./words.js";

const LOOK_MS = 600;
const TICK_MS = 100;
const $ = (selector) => document.querySelector(selector);

const about = await api.config();
const { speed, stepped } = about.clock;
const services = new Services($("#services"), (order) => api.turn(about.simulator, order));
const traffic = new Traffic($("#traffic"));
const timeline = new Timeline($("#timeline"));
const titles = new Map();
let host = about.hosts[0];
let model;

function simNow() {
  const { now_ms, real_ms } = about.clock;
  return stepped ? now_ms : now_ms + (Date.now() - real_ms) * speed;
}

const health = await watchHealth({
  url: () => `${host.url}/api/health?profile=native&detail=detailed`,
  simNow,
  speed,
  onAnswer: (report) => {
    model = read(report);
    for (const { name, title } of model.services) titles.set(name, title);
    for (const { name, title } of model.features) titles.set(name, title.en);
    services.render(model.services);
  },
  onView: draw,
});

function draw(views) {
  const { overall, stale } = views.es;
  $("#overall").textContent = stale ? "no answer" : overall;
  $("#overall").dataset.status = overall;
  document.body.dataset.overall = overall;
  renderBanner(views);
  if (model) renderFeatures($("#features"), views, model);
}

async function look() {
  const asked = host;
  const askedAt = performance.now();
  const seen = await Promise.allSettled([
    api.traffic(asked.url),
    api.timeline(asked.url, timeline.after),
    api.control(about.simulator),
  ]);
  if (asked === host) {
    const [counts, entries, control] = seen.map((s) => s.value);
    if (counts) traffic.render(counts);
    if (control) services.switches(control.upstreams, askedAt);
    if (entries) timeline.add(entries, titles);
    // something changed: no need to wait for the next poll
    if (entries?.some((e) => e.kind === "effect")) health.refresh();
  }
  setTimeout(look, document.hidden ? 5000 : LOOK_MS);
}

function tick() {
  const now = simNow();
  $("#clock").textContent = clockText(now);
  services.tick(now);
}

function chooseHosts() {
  const group = $("#hosts");
  for (const known of about.hosts) {
    const label = document.createElement("label");
    const input = Object.assign(document.createElement("input"), { type: "radio", name: "host", checked: known === host });
    input.addEventListener("change", () => {
      host = known;
      timeline.clear();
      health.refresh();
    });
    label.append(input, Object.assign(document.createElement("span"), { textContent: known.name }));
    group.append(label);
  }
  group.hidden = about.hosts.length < 2;
}

$("#speed").textContent = stepped ? "" : `×${speed}`;
$("#restore").addEventListener("click", () => api.turn(about.simulator, { upstream: "*", mode: "healthy" }));
$("#foot").append(
  "The banner is decided in this page by the engine's status build (WebAssembly). ",
  Object.assign(document.createElement("a"), { href: `${about.simulator}/`, textContent: "Simulator" }),
  " · ",
  Object.assign(document.createElement("a"), { href: "/api/health?profile=campotech", textContent: "/api/health" }),
);
chooseHosts();
setInterval(tick, TICK_MS);
tick();
look();
