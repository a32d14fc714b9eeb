// The same requests without and with Brownout, on one scale: a bar a request, and what it all came to.

import { spanText } from "./words.js";

const SHOWN = 120;
const FULL_MS = 30_000;
const HEIGHT = 84;
const SVG = "http://www.w3.org/2000/svg";

const COLUMNS = [
  ["without", "Without Brownout"],
  ["with", "With Brownout"],
];

export class Traffic {
  #columns = new Map();

  constructor(host) {
    for (const [key, title] of COLUMNS) {
      const column = document.querySelector("#column-template").content.firstElementChild.cloneNode(true);
      column.id = `traffic-${key}`;
      column.querySelector("h3 span").textContent = title;
      host.append(column);
      this.#columns.set(key, column);
    }
  }

  render(traffic) {
    for (const [key, title] of COLUMNS) {
      const column = this.#columns.get(key);
      const seen = traffic[key];
      strip(column.querySelector(".strip"), seen, title);
      column.querySelector(".sent").textContent = `${seen.calls} requests, ${seen.reached} sent upstream`;
      column.querySelector(".figures").replaceChildren(
        figure(spanText(mean(seen.recent.slice(-SHOWN))), "mean wait", ""),
        figure(spanText(seen.wasted_ms), "waited in vain", seen.wasted_ms > 0 ? "bad" : ""),
        figure(seen.failed, "failed", seen.failed > 0 ? "bad" : ""),
        figure(seen.fallback, "fallback at once", seen.fallback > 0 ? "dim" : ""),
      );
    }
  }
}

function strip(svg, seen, title) {
  const recent = seen.recent.slice(-SHOWN);
  svg.setAttribute("viewBox", `0 0 ${SHOWN * 6} ${HEIGHT}`);
  svg.setAttribute("aria-label", `${title}, the last ${recent.length} requests: ${countText(recent)}`);
  const offset = SHOWN - recent.length;
  svg.replaceChildren(...recent.map((call, i) => bar(call, (offset + i) * 6)));
}

function mean(calls) {
  return calls.length === 0 ? 0 : calls.reduce((sum, c) => sum + c.waited_ms, 0) / calls.length;
}

function bar(call, x) {
  const height = 5 + (HEIGHT - 8) * Math.sqrt(Math.min(1, call.waited_ms / FULL_MS));
  const rect = document.createElementNS(SVG, "rect");
  rect.setAttribute("x", x + 1);
  rect.setAttribute("y", HEIGHT - height);
  rect.setAttribute("width", 4);
  rect.setAttribute("height", height);
  rect.setAttribute("class", call.outcome);
  return rect;
}

function countText(calls) {
  const count = (outcome) => calls.filter((c) => c.outcome === outcome).length;
  return `${count("ok")} answered, ${count("fallback")} fallback, ${count("failed")} failed`;
}

function figure(value, label, tone) {
  const div = document.createElement("div");
  div.className = tone;
  div.append(
    Object.assign(document.createElement("dt"), { textContent: label }),
    Object.assign(document.createElement("dd"), { textContent: String(value) }),
  );
  return div;
}
