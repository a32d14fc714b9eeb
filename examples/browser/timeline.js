// What happened, newest first. Things that repeat (refusals, the same change for many organisations) share a line.

import { BREAKER, clockText, fallbackText, reasonText, spanText } from "./words.js";

const KEPT = 200;
const GATHER_MS = 90_000;

export class Timeline {
  #list;
  #lines = [];
  after = 0;

  constructor(list) {
    this.#list = list;
  }

  clear() {
    this.#lines = [];
    this.after = 0;
    this.#draw();
  }

  add(entries, titles) {
    if (entries.length === 0) return;
    for (const entry of entries) {
      this.after = Math.max(this.after, entry.seq);
      const line = describe(entry, titles);
      if (line) this.#put(line);
    }
    this.#lines = this.#lines.slice(0, KEPT);
    this.#draw();
  }

  #put(line) {
    const same = this.#lines
      .slice(0, 12)
      .find((l) => l.gather && l.gather === line.gather && line.atMs - l.atMs < GATHER_MS);
    if (!same) return this.#lines.unshift({ ...line, count: 1, keys: new Set([line.key]) });
    same.count += 1;
    same.keys.add(line.key);
  }

  #draw() {
    this.#list.replaceChildren(...this.#lines.map(draw));
  }
}

function draw(line) {
  const li = document.createElement("li");
  li.dataset.tone = line.tone;
  const time = Object.assign(document.createElement("time"), {
    dateTime: new Date(line.atMs).toISOString(),
    textContent: clockText(line.atMs),
  });
  const mark = Object.assign(document.createElement("span"), { className: "mark" });
  mark.ariaHidden = "true";
  const text = document.createElement("span");
  const [head, tail] = line.text(line.count, line.keys.size);
  text.append(head);
  if (tail) text.append(Object.assign(document.createElement("small"), { textContent: ` ${tail}` }));
  li.append(time, mark, text);
  return li;
}

const TONE = { healthy: "well", degraded: "dim", offline: "bad", closed: "well", open: "bad", forced_open: "bad" };
const tone = (to) => TONE[to] ?? "probe";
const people = (n, key) => (n === 1 ? key : `${n} organisations`);

/** A line of the timeline for one entry; nothing for what a person need not see. */
function describe(entry, titles) {
  const title = (name) => titles.get(name) ?? name;
  if (entry.kind === "refusal") {
    return {
      atMs: entry.at_ms,
      tone: "dim",
      gather: `refusal ${entry.service} ${entry.code}`,
      key: entry.tenant,
      text: (n) => [
        `${n} ${n === 1 ? "call" : "calls"} to ${title(entry.service)} not made`,
        `${reasonText(entry.code)}; ${fallbackText(entry.fallback)}`,
      ],
    };
  }
  const e = entry.effect;
  const line = (tone, text, gather, key) => ({ atMs: e.at_ms ?? entry.at_ms, tone, text, gather, key });
  switch (e.effect) {
    case "breaker_changed":
      return breakerLine(e, line, title);
    case "feature_changed":
      return line(tone(e.to), () => [
        `${title(e.feature)}: ${e.to}`,
        e.to === "healthy" ? "back to normal" : fallbackText(e.fallback),
      ]);
    case "overall_changed":
      return line(tone(e.to), () => [`System: ${e.to}`, `was ${e.from}`]);
    case "throttle_held":
      return line("dim", () => [`${title(e.service)} asked for patience`, "calls wait until it said"], `held ${e.service}`, e.key);
    case "limit_blocked":
      return line("dim", () => [`${title(e.service)}: limit ${e.limit} blocks`, e.key ?? ""]);
    case "incident_closed":
      return line("well", () => [`Incident of ${title(e.service)} over`, `after ${spanText(e.duration_ms)}`]);
    default:
      return undefined;
  }
}

function breakerLine(e, line, title) {
  const to = (BREAKER[e.to] ?? e.to).toLowerCase();
  const again = e.to === "open" && e.retry_at_ms ? `tries again at ${clockText(e.retry_at_ms)}` : "";
  if (!e.key) return line(tone(e.to), () => [`${title(e.service)}: breaker ${to}`, again || reasonText(e.because)]);
  return line(
    tone(e.to),
    (n, keys) => [`${title(e.service)}: breaker ${to} for ${people(keys, e.key)}`, keys === 1 ? again : ""],
    `breaker ${e.service} ${e.to}`,
    e.key,
  );
}
