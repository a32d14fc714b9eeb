// The full health report of a host as the page wants it. The only file that knows the report's shape.

import { because } from "./words.js";

/** { services, features } of a native health report. */
export function read(report) {
  const known = { ...report.services, ...report.features };
  const titleOf = (name) => title(known[name]?.title, name).en;
  return {
    services: Object.entries(report.services).map(([name, s]) => ({
      name,
      title: title(s.title, name).en,
      impact: s.impact,
      breaker: s.breaker ?? "closed",
      sinceMs: timeMs(report.breakers[name]?.since),
      retryAtMs: timeMs(report.breakers[name]?.retry_at),
      throttled: s.because.some((c) => c.condition === "throttled"),
      keysOpen: s.tenants?.affected ?? 0,
    })),
    features: Object.entries(report.features).map(([name, f]) => ({
      name,
      title: title(f.title, name),
      critical: f.critical,
      fallback: f.fallback,
      because: because(f.because, titleOf),
    })),
  };
}

const timeMs = (text) => (text === undefined ? undefined : Date.parse(text));

function title(given, name) {
  if (given === undefined || given === null) return { es: name, en: name };
  if (typeof given === "string") return { es: given, en: given };
  const any = given.en ?? given.es ?? Object.values(given)[0] ?? name;
  return { es: given.es ?? any, en: given.en ?? any };
}
