// Every word the page says about a state, in one place.

export const BREAKER = {
  closed: "Closed",
  open: "Open",
  half_open: "Half-open",
  half_open_idle: "Half-open",
  ramping: "Closed, ramping up",
  forced_open: "Held open",
  disabled: "Off",
};

export const MODE = {
  healthy: "Healthy",
  slow: "Slow",
  error: "503",
  throttled: "429",
  hang: "Hang",
  reset: "Reset",
};

export const FALLBACK = {
  queue: "invoices wait in a queue",
  manual: "a person takes over",
  polling: "the map refreshes every 30 s",
  email: "e-mail instead of push",
  sms: "SMS instead of WhatsApp",
  in_person: "payment in person",
  prebuilt_responses: "prepared answers",
  no_cache: "without the cache",
};

const REASON = {
  open_wait_over: "the wait is over",
  probes_passed: "the test calls worked",
  probes_failed: "the test calls failed",
  max_wait: "the test calls took too long",
  circuit_open: "breaker open",
  half_open_full: "only test calls pass",
  forced_open: "held open by an order",
  upstream_throttled: "the upstream asked to wait",
  limited: "over the limit",
  blocked: "blocked for a while",
};

export const reasonText = (code) => REASON[code] ?? code.replaceAll("_", " ");

export const fallbackText = (name) => (name ? (FALLBACK[name] ?? name) : "no fallback");

export function clockText(ms) {
  return new Date(ms).toISOString().slice(11, 19);
}

/** "4.2 s", "3 min", "1 h 12 min": what a person would say. */
export function spanText(ms) {
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** "0:42", for a countdown. */
export function countdownText(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

const CONDITION = {
  open: "breaker open",
  forced_open: "held open by hand",
  half_open: "being tested",
  half_open_idle: "waiting for a test call",
  throttled: "upstream asked to wait",
  probe_failed: "does not answer pings",
  latency: "answers too slowly",
  memory: "short of memory",
  stale: "not seen lately",
  maintenance: "maintenance",
  recovering: "recovering",
  recovered: "recovered",
};

/** "AFIP: breaker open" of a report's causes; titleOf names a service or feature. */
export function because(causes, titleOf) {
  const first = causes?.[0];
  if (!first) return undefined;
  return `${titleOf(first.service ?? first.feature)}: ${CONDITION[first.condition] ?? first.condition}`;
}
