// Every feature with its state and, while it is not well, what takes its place.

import { clockText, fallbackText } from "./words.js";

/** views: what the status build says in each language; model: what only the full report knows (criticality, causes). */
export function renderFeatures(list, views, model) {
  const known = new Map(model.features.map((f) => [f.name, f]));
  const english = new Map(views.en.features.map((f) => [f.id, f.title]));
  list.replaceChildren(...views.es.features.map((f) => row(f, english.get(f.id), known.get(f.id) ?? {})));
}

function row(feature, englishTitle, report) {
  const li = document.createElement("li");
  li.id = `feature-${feature.id}`;
  const title = document.createElement("span");
  title.className = "title";
  title.append(Object.assign(document.createElement("span"), { lang: "es", textContent: feature.title }));
  if (englishTitle && englishTitle !== feature.title) {
    title.append(Object.assign(document.createElement("span"), { className: "other", textContent: ` ${englishTitle}` }));
  }
  if (report.critical) {
    title.append(Object.assign(document.createElement("span"), { className: "critical", textContent: "critical" }));
  }
  const pill = Object.assign(document.createElement("span"), { className: "pill", textContent: feature.status });
  pill.dataset.status = feature.status;
  const why = Object.assign(document.createElement("span"), { className: "why", textContent: whyText(feature, report) });
  li.append(title, pill, why);
  return li;
}

function whyText(feature, report) {
  const instead = report.fallback ? fallbackText(report.fallback) : undefined;
  if (feature.available) return instead ? `If it fails: ${instead}` : "No fallback";
  const since = feature.since_ms === undefined ? "" : ` since ${clockText(feature.since_ms)}`;
  const cause = report.because ? `${report.because}${since}. ` : since ? `Since ${clockText(feature.since_ms)}. ` : "";
  return `${cause}Meanwhile: ${instead ?? "no fallback"}`;
}
