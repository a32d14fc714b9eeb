// How the scripted run tells a person what happened: one line an event.

export const atText = (ms) => new Date(ms).toISOString().slice(11, 21);
const clockText = (ms) => new Date(ms).toISOString().slice(11, 19);

const TITLES = { afip: "AFIP", mercadopago: "MercadoPago", whatsapp: "WhatsApp", openai: "OpenAI" };
const title = (name) => TITLES[name] ?? name;
const WORDS = { half_open: "half-open", ramp: "ramping", forced_open: "held open" };
const word = (state) => WORDS[state] ?? state;
const why = (because) => {
  const causes = Array.isArray(because) ? because.map((c) => `${c.service ?? c.feature} ${c.condition}`) : [because];
  return causes.filter(Boolean).join(", ").replaceAll("_", " ");
};

/** What an effect says, or undefined for one that a person need not read. */
export function effectText(e) {
  switch (e.effect) {
    case "breaker_changed": {
      const whose = e.key ? ` for ${e.key}` : "";
      const again = e.to === "open" && e.retry_at_ms ? `, tries again at ${clockText(e.retry_at_ms)}` : "";
      return `${title(e.service)} breaker ${word(e.from)} → ${word(e.to)}${whose} (${why(e.because)})${again}`;
    }
    case "throttle_held":
      return `${title(e.service)} asked for patience${e.until_ms ? ` until ${clockText(e.until_ms)}` : ""}`;
    case "service_changed":
      return `service ${e.service}: ${e.from} → ${e.to} (${why(e.because)})`;
    case "feature_changed":
      return `feature ${e.feature}: ${e.from} → ${e.to}${e.to === "healthy" ? "" : `, fallback: ${e.fallback}`} (${why(e.because)})`;
    case "overall_changed":
      return `system: ${e.from} → ${e.to}`;
    case "incident_opened":
      return `incident ${e.id} opened: ${e.service}`;
    case "incident_closed":
      return `incident ${e.id} closed: ${e.service}, after ${Math.round(e.duration_ms / 1000)} s`;
    case "limit_blocked":
      return `${title(e.service)} limit ${e.limit} blocks ${e.key ?? "everybody"} until ${clockText(e.until_ms)}`;
    default:
      return `${e.effect} ${JSON.stringify({ ...e, effect: undefined })}`;
  }
}

/** "AFIP 2 ok, 3 failed, 12 circuit_open · OpenAI 12 ok" for the entries of a stretch of time. */
export function callsText(entries) {
  const rows = new Map();
  for (const e of entries.filter((e) => e.kind !== "effect")) {
    if (!rows.has(e.service)) rows.set(e.service, new Map());
    const what = e.kind === "refusal" ? e.code : e.outcome;
    rows.get(e.service).set(what, (rows.get(e.service).get(what) ?? 0) + 1);
  }
  return Object.keys(TITLES)
    .filter((service) => rows.has(service))
    .map((service) => `${title(service)} ${[...rows.get(service)].map(([what, n]) => `${n} ${what}`).join(", ")}`)
    .join(" · ");
}

/** Seconds and minutes for a summary. */
export function spanText(ms) {
  const seconds = Math.round(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
