// The traffic of a small CampoTech: which request comes when. The same list for every host and for both columns.

/** Organisations whose invoices go out once a minute; two of them are busy. */
export const TENANTS = Array.from({ length: 24 }, (_, i) => `org_${String(i + 1).padStart(2, "0")}`);

/** { path, every (simulated ms), from, tenants } */
const STREAMS = [
  { path: "invoice", every: 2500, from: 0, tenants: TENANTS },
  { path: "invoice", every: 4500, from: 1200, tenants: ["org_01", "org_02"] },
  { path: "pay", every: 7500, from: 700, tenants: TENANTS },
  { path: "message", every: 6000, from: 400, tenants: TENANTS },
  { path: "ask", every: 5000, from: 1700, tenants: TENANTS },
];

/** All requests of [fromMs, untilMs) after the start, in order: { atMs, path, tenant }. */
export function requests(fromMs, untilMs) {
  const found = STREAMS.flatMap(({ path, every, from, tenants }, stream) => {
    const first = Math.max(0, Math.ceil((fromMs - from) / every));
    const list = [];
    for (let n = first; from + n * every < untilMs; n += 1) {
      list.push({ atMs: from + n * every, stream, path, tenant: tenants[n % tenants.length] });
    }
    return list;
  });
  return found.sort((a, b) => a.atMs - b.atMs || a.stream - b.stream);
}

/** More requests than this are not open at once to one target: a machine that cannot keep up gets less traffic. */
const MAX_OPEN = 100;

/**
 * Sends the stream for ever, on a running clock. targets: base URLs with a query to add, such as "&guard=off". Returns
 * what stops it.
 */
export function drive(clock, targets, sliceMs = 2000) {
  const started = clock.now();
  let sentUntil = 0;
  let stopped = false;
  const send = ({ path, tenant }) => {
    for (const target of targets) {
      if (target.open >= MAX_OPEN) continue;
      target.open = (target.open ?? 0) + 1;
      fetch(`${target.url}/${path}?tenant=${tenant}${target.query}`, { method: "POST" })
        .then((r) => r.arrayBuffer())
        .catch(() => {}) // a host that is stopping
        .finally(() => (target.open -= 1));
    }
  };
  const slice = () => {
    if (stopped) return;
    const until = clock.now() - started + sliceMs;
    for (const request of requests(sentUntil, until)) {
      setTimeout(() => stopped || send(request), clock.real(request.atMs - (clock.now() - started)));
    }
    sentUntil = until;
    setTimeout(slice, clock.real(sliceMs / 2));
  };
  slice();
  return () => {
    stopped = true;
  };
}
