// The timeline of one service as SVG: calls a second as stacked bars, the breaker's state as a band with words.
const NS = "http://www.w3.org/2000/svg";
const SECONDS = 90;
const [WIDTH, HEIGHT, BAND] = [900, 96, 18];

function make(name, attributes, text) {
  const node = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  if (text !== undefined) node.textContent = text;
  return node;
}

/** Draws the last ninety seconds. */
export function draw(svg, rows, service) {
  const first = Math.max(0, rows.length - SECONDS);
  const shown = rows.slice(first);
  const most = Math.ceil(1.2 * Math.max(5, ...shown.map((r) => r.ok + r.failed + r.refused)));
  const w = WIDTH / SECONDS;
  const nodes = [];
  shown.forEach((row, i) => {
    let y = HEIGHT;
    for (const kind of ["ok", "failed", "refused"]) {
      const h = (row[kind] / most) * HEIGHT;
      if (h > 0) nodes.push(make("rect", { class: kind, x: (i * w).toFixed(1), y: (y -= h).toFixed(1), width: (w - 1).toFixed(1), height: h.toFixed(1) }));
    }
  });
  for (const run of runs(shown)) {
    nodes.push(make("rect", { class: `band ${run.phase}`, x: (run.from * w).toFixed(1), y: HEIGHT + 4, width: (run.length * w).toFixed(1), height: BAND }));
    if (run.length * w > 60) nodes.push(make("text", { x: (run.from * w + 6).toFixed(1), y: HEIGHT + 17 }, run.phase.replace("_", "-")));
  }
  nodes.push(make("text", { class: "scale", x: WIDTH - 4, y: 12, "text-anchor": "end" }, `${most}/s`));
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT + BAND + 6}`);
  svg.replaceChildren(...nodes);
  const last = shown.at(-1);
  if (last) svg.setAttribute("aria-label", `${service}: breaker ${last.phase}; last second ${last.ok} good, ${last.failed} failed, ${last.refused} refused`);
}

function runs(rows) {
  const out = [];
  rows.forEach((row, i) => {
    const before = out.at(-1);
    if (before?.phase === row.phase) before.length += 1; else out.push({ phase: row.phase, from: i, length: 1 });
  });
  return out;
}
