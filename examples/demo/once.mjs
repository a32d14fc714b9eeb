// node once.mjs [--minutes N] [--policy FILE]: a scripted incident, played to the Node and the Python host alike.
//
// Time is stepped: both hosts get the same requests at the same simulated instants, so they must do the same things in the
// same order with the same numbers. Prints the timeline; exits 1 at the first difference.

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { difference } from "./compare.mjs";
import { Processes } from "./processes.mjs";
import { requests } from "./traffic.mjs";
import { atText, callsText, effectText, spanText } from "./words.mjs";
import { viewOf } from "brownout/status";

const START_MS = Date.UTC(2026, 2, 2, 12, 0, 0);
const MINUTE_MS = 60_000;
const LOOK_EVERY_MS = 30_000;
/** What must wait in real time, such as for an upstream that hangs, waits so many times shorter. */
const SPEED = 10;
const HOSTS = ["node", "python"];

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "12" },
    policy: { type: "string", default: fileURLToPath(new URL("../policies/campotech.toml", import.meta.url)) },
  },
});
const endMs = Number(values.minutes) * MINUTE_MS;
const processes = new Processes();
const differences = [];

class Host {
  after = 0;
  fresh = [];

  constructor(name, url) {
    this.name = name;
    this.url = url;
  }

  async ask(atMs, path, method = "GET") {
    const response = await fetch(`${this.url}${path}`, { method, headers: { "x-sim-now": String(atMs) } });
    const type = response.headers.get("content-type") ?? "";
    const body = type.includes("json") ? await response.json() : await response.text();
    return { status: response.status, type, body, now: Number(response.headers.get("x-sim-now")) };
  }

  /** The timeline's entries since the last time. */
  async news(atMs) {
    const { body } = await this.ask(atMs, `/api/timeline?after=${this.after}&limit=20000`);
    this.after = body.at(-1)?.seq ?? this.after;
    this.fresh.push(...body);
    return body;
  }
}

async function main() {
  const simulator = await processes.simulator([
    "--stepped",
    String(START_MS),
    "--speed",
    String(SPEED),
    "--scenario",
    fileURLToPath(new URL("../simulator/scenarios/incident.json", import.meta.url)),
  ]);
  const [nodeUrl, pythonUrl] = await Promise.all([
    processes.node(["--simulator", simulator, "--policy", values.policy]),
    processes.fastapi({ simulator, policy: values.policy }),
  ]);
  const hosts = [new Host("node", nodeUrl), new Host("python", pythonUrl)];
  say(START_MS, `${HOSTS.join(" and ")} start under ${values.policy.split("/").at(-1)}`);
  const bare = [];
  const seen = await play(hosts, bare);
  await Promise.all(bare);
  await summary(hosts, simulator, seen);
}

/** Everything that happens, in order: requests, looks at the database and the cache, looks at health. */
function script() {
  const looks = [];
  for (let atMs = 0; atMs <= endMs; atMs += LOOK_EVERY_MS) looks.push({ atMs, look: true });
  return [...requests(0, endMs), ...looks].sort((a, b) => a.atMs - b.atMs);
}

async function play(hosts, bare) {
  const seen = { entries: [], banner: { es: null, en: null }, banners: [] };
  let now = START_MS;
  let minute = 0;
  for (const step of script()) {
    now = Math.max(now, START_MS + step.atMs);
    if (step.look) {
      await both(hosts, now, "/api/probe", "POST");
      now = await look(hosts, now, seen);
    } else {
      const path = `/${step.path}?tenant=${step.tenant}`;
      const answers = await both(hosts, now, path, "POST");
      bare.push(hosts[0].ask(now, `${path}&guard=off`, "POST"));
      now = answers[0].now;
    }
    await news(hosts, now, seen);
    if (step.look && Math.floor(step.atMs / MINUTE_MS) > minute) {
      minute = Math.floor(step.atMs / MINUTE_MS);
      tellCalls(hosts, now);
    }
    if (differences.length > 0) break;
  }
  return seen;
}

/** Asks both hosts the same at the same instant and holds their answers against each other. */
async function both(hosts, atMs, path, method = "GET") {
  const answers = await Promise.all(hosts.map((h) => h.ask(atMs, path, method)));
  check(atMs, `answer to ${method} ${path}`, answers);
  return answers;
}

async function look(hosts, atMs, seen) {
  const [native] = await both(hosts, atMs, "/api/health?profile=native&detail=detailed");
  await both(hosts, atMs, "/api/health?profile=campotech");
  await both(hosts, atMs, "/api/health?profile=campotech&tenant=org_01");
  await both(hosts, atMs, "/api/health?profile=native&format=prometheus");
  for (const lang of ["es", "en"]) {
    const text = viewOf(native.body, lang, atMs).banner;
    if (text === seen.banner[lang]) continue;
    seen.banner[lang] = text;
    say(atMs, `banner ${lang}: ${text ? `«${text}»` : "none"}`);
  }
  return native.now;
}

async function news(hosts, atMs, seen) {
  const [mine, other] = await Promise.all(hosts.map((h) => h.news(atMs)));
  check(atMs, "timeline", [mine, other]);
  for (const entry of mine.filter((e) => e.kind === "effect")) {
    const text = effectText(entry.effect);
    if (text) say(entry.at_ms, text);
  }
  seen.entries.push(...mine);
}

function tellCalls(hosts, atMs) {
  say(atMs, `calls of the last minute: ${callsText(hosts[0].fresh)}`);
  for (const host of hosts) host.fresh = [];
}

function check(atMs, what, [a, b]) {
  const found = difference(a, b);
  if (!found) return;
  differences.push({ what, ...found });
  console.log(`\n${atText(atMs)}  DIFFERENT ${what}, at ${found.path}`);
  console.log(`  node:   ${JSON.stringify(found.a)}\n  python: ${JSON.stringify(found.b)}`);
}

let told = false;
function say(atMs, text) {
  if (!told) console.log("simulated   node  python");
  told = true;
  console.log(`${atText(atMs)}   ✓     ✓     ${text}`);
}

async function summary(hosts, simulator, seen) {
  const [node, python] = await Promise.all(hosts.map((h) => h.ask(0, "/api/traffic").then((r) => r.body)));
  const stats = await (await fetch(`${simulator}/stats`)).json();
  const reached = (caller) =>
    ["afip", "mercadopago", "whatsapp", "openai"].reduce((n, u) => n + (stats.upstreams[u].by_caller[caller] ?? 0), 0);
  console.log(`\n${endMs / MINUTE_MS} simulated minutes            without Brownout      Node    Python`);
  const row = (label, ...cells) => console.log(`  ${label.padEnd(34)}${cells.map((c) => String(c).padStart(10)).join("")}`);
  row("requests", node.without.calls, node.with.calls, python.with.calls);
  row("calls that reached an upstream", reached("node-bare"), reached("node"), reached("python"));
  row("failed in front of a customer", node.without.failed, node.with.failed, python.with.failed);
  row("answered at once by the fallback", node.without.fallback, node.with.fallback, python.with.fallback);
  row("waited in vain", ...[node.without, node.with, python.with].map((c) => spanText(c.wasted_ms)));
  check(0, "sums", [node.with, python.with]);
  check(0, "calls received", [reached("node"), reached("python")]);
  expectStory(seen);
}

/** The incident must have happened and ended; a run in which nothing happens proves nothing. */
function expectStory({ entries, banner }) {
  const changes = entries.filter((e) => e.effect?.effect === "breaker_changed").map((e) => `${e.effect.service} ${e.effect.to}`);
  const missing = ["afip open", "afip half_open", "afip closed", "openai open", "openai half_open", "openai closed"].filter(
    (change) => !changes.includes(change),
  );
  if (banner.es || banner.en) missing.push("an empty banner at the end");
  if (missing.length === 0) return;
  differences.push({ what: "story" });
  console.log(`\nthe incident did not play out; missing: ${missing.join(", ")}`);
}

const began = Date.now();
try {
  await main();
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  if (differences.length === 0) console.log(`\nNode and Python agree on everything; ${seconds} s of run time`);
  else console.log(`\nNode and Python differ; ${seconds} s of run time`);
  process.exitCode = differences.length === 0 ? 0 : 1;
} catch (error) {
  console.error(`error: ${error.stack}`);
  process.exitCode = 1;
} finally {
  await processes.stop();
}
