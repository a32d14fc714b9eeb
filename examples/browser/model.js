// The health answer of a host as the page wants it. The only file that knows the shape of a report.

import { because } from "./words.js";

/** { overall, blob, services, features } of a native health report. */
export function read(report) {
  const known = { ...report.services, ...report.features };
  const titleOf = (name) => title(known[name]?.title, name).en;
  return {
    overall: report.status,
    blob: report.blob,
    services: Object.entries(report.services).map(([name, s]) => ({
      name,
      title: title(s.title, name).en,
      impact: s.impact,
      status: s.status,
      breaker: s.breaker ?? "closed",
      sinceMs: time(s.since),
      retryAtMs: time(report.recovery[name]?.next_attempt_at),
      because: because(s.because, titleOf),
      keysOpen: s.tenants?.affected ?? 0,
    })),
    features: Object.entries(report.features).map(([name, f]) => ({
      name,
      title: title(f.title, name),
      status: f.status,
      critical: f.critical ?? false,
      fallback: f.fallback,
      sinceMs: time(f.since),
      because: because(f.because, titleOf),
    })),
  };
}

/** Milliseconds of a report's time, which is UTC text; undefined for none. */
function time(text) {
  return text === undefined ? undefined : Date.parse(text);
}

function title(given, name) {
  if (given === undefined || given === null) return { es: name, en: name };
  if (typeof given === "string") return { es: given, en: given };
  const any = given.en ?? given.es ?? Object.values(given)[0] ?? name;
  return { es: given.es ?? any, en: given.en ?? any };
}
