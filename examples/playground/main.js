// The page around the world: policy and sliders on the left, the timeline on the right, everything in the address.
import { toml } from "brownout/toml";
import { policyJson } from "brownout";
import { draw } from "./draw.js";
import { read, write } from "./link.js";
import { POLICIES } from "./policies.js";
import { STEP_MS, World } from "./world.js";

const at = (id) => document.getElementById(id);
const SLIDERS = [
  ["rate", "Calls a second", 0, 200, ""], ["failing", "Failing", 0, 100, " %"], ["latency", "Latency", 1, 2000, " ms"],
  ["slow", "Dragging (40×)", 0, 100, " %"], ["tenants", "Tenants", 1, 200, ""], ["noisy", "One noisy tenant", 0, 95, " %"],
];
const FRAME_MS = 100;

let state = read(location.hash) ?? { policy: Object.values(POLICIES)[0], seed: 7, moves: [], until: 0 };
let world;
let timer;

/** TOML, or JSON where it begins like JSON. */
const json = (text) => (/^\s*\{/.test(text) ? policyJson(text) : toml(text));

function faults(error) {
  const list = Array.isArray(error?.faults) ? error.faults : [{ code: "policy_syntax", path: "", message: String(error?.message ?? error), help: "" }];
  at("faults").replaceChildren(...list.map((f) => {
    const item = document.createElement("li");
    const code = document.createElement("code");
    code.textContent = f.code;
    item.append(code, ` ${f.path ? `at ${f.path}: ` : ""}${f.message}${f.help ? `. ${f.help}` : ""}`);
    return item;
  }));
}

/** Plays the world anew from its beginning up to where it stood. */
function replay(until) {
  const fresh = new World(json(state.policy), state.seed);
  let next = 0;
  const move = () => {
    for (; next < state.moves.length && state.moves[next].at <= fresh.now; next += 1) {
      const m = state.moves[next];
      if (m.policy === undefined) fresh.sliders[m.name] = m.value; else fresh.reload(json(m.policy));
    }
  };
  for (move(); fresh.now < until; move()) fresh.step();
  world = fresh;
}

function step(ms) {
  for (const end = world.now + ms; world.now < end;) world.step();
  show();
}

/** Puts a move on record; it is part of the link. */
function move(change) {
  const last = state.moves.at(-1);
  if (last && last.at === world.now && last.name !== undefined && last.name === change.name) state.moves.pop();
  state.moves.push({ at: world.now, ...change });
}

function show() {
  state.until = world.now;
  at("clock").textContent = `${(world.now / 1000).toFixed(1)} s`;
  at("banner").textContent = world.banner;
  const charts = at("charts");
  for (const service of world.services) {
    let card = charts.querySelector(`[data-service="${CSS.escape(service)}"]`);
    if (!card) {
      card = document.createElement("div");
      card.className = "chart";
      card.dataset.service = service;
      card.innerHTML = '<h3><b></b><span></span></h3><svg role="img"></svg><p></p>';
      card.querySelector("b").textContent = service;
      charts.append(card);
    }
    const rows = world.rows.get(service) ?? [];
    const last = rows.at(-1);
    card.dataset.breaker = world.breakers.get(service) ?? "closed";
    card.querySelector("span").textContent = last ? `breaker ${card.dataset.breaker.replace("_", "-")}${last.refused > 0 ? ` · refused: ${last.why}` : ""}` : "";
    card.querySelector("p").textContent = world.limits(service).join(" · ");
    draw(card.querySelector("svg"), rows, service);
  }
  for (const card of [...charts.children]) if (!world.services.includes(card.dataset.service)) card.remove();
  at("story").replaceChildren(...world.story.slice(-60).reverse().map((entry) => {
    const item = document.createElement("li");
    const time = document.createElement("time");
    time.textContent = `${(entry.at / 1000).toFixed(1)} s`;
    item.dataset.kind = entry.kind;
    item.append(time, entry.text);
    return item;
  }));
  document.body.dataset.digest = world.digest();
  history.replaceState(null, "", `#${write(state)}`);
}

function sliders() {
  const rows = SLIDERS.map(([name, label, min, max, unit]) => {
    const row = document.createElement("label");
    const input = Object.assign(document.createElement("input"), { type: "range", min, max, id: name, value: world.sliders[name] });
    const output = document.createElement("output");
    output.textContent = `${world.sliders[name]}${unit}`;
    input.addEventListener("input", () => {
      world.sliders[name] = Number(input.value);
      output.textContent = `${input.value}${unit}`;
      move({ name, value: Number(input.value) });
      show();
    });
    row.append(label, input, output);
    return row;
  });
  const where = document.createElement("select");
  where.id = "where";
  where.append(new Option("every service", ""), ...world.services.map((s) => new Option(s, s)));
  where.value = world.sliders.where;
  where.addEventListener("change", () => { world.sliders.where = where.value; move({ name: "where", value: where.value }); show(); });
  const row = document.createElement("label");
  row.append("Faults hit", where, document.createElement("output"));
  at("sliders").replaceChildren(...rows, row);
}

function restart(policy) {
  state = { policy, seed: state.seed, moves: [], until: 0 };
  replay(0);
  at("faults").replaceChildren();
  sliders();
  show();
}

function run(on) {
  clearInterval(timer);
  at("play").setAttribute("aria-pressed", String(on));
  at("play").textContent = on ? "Pause" : "Run";
  if (on) timer = setInterval(() => step(Math.max(STEP_MS, FRAME_MS * Number(at("speed").value))), FRAME_MS);
}

function edited() {
  const text = at("policy").value;
  try {
    world.reload(json(text));
    at("faults").replaceChildren();
    if (world.now === 0 && state.moves.length === 0) return restart(text);
    move({ policy: text });
    sliders();
    show();
  } catch (error) { faults(error); } // the old one goes on
}

at("example").append(new Option("…", ""), ...Object.keys(POLICIES).map((name) => new Option(name, name)));
at("example").addEventListener("change", () => {
  const text = POLICIES[at("example").value];
  if (text === undefined) return;
  at("policy").value = text;
  restart(text);
});
let pause;
at("policy").addEventListener("input", () => { clearTimeout(pause); pause = setTimeout(edited, 250); });
at("play").addEventListener("click", () => run(at("play").getAttribute("aria-pressed") !== "true"));
at("step").addEventListener("click", () => step(10_000));
at("restart").addEventListener("click", () => { run(false); restart(at("policy").value); });
at("copy").addEventListener("click", () => navigator.clipboard?.writeText(location.href));

const told = () => state.moves.findLast?.((m) => m.policy !== undefined)?.policy ?? state.policy;
try { replay(state.until); } catch (error) {
  // a link whose policy is not one: it is shown with its faults, and a small one runs
  at("policy").value = told();
  faults(error);
  state = { policy: Object.values(POLICIES)[0], seed: state.seed, moves: [], until: 0 };
  replay(0);
}
if (at("policy").value === "") at("policy").value = told();
sliders();
show();
