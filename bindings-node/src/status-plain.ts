// The core's status client once more, in JavaScript, for pages where a content security policy forbids wasm.
// A test holds the two against each other; the words, the growth and the ages are the core's.
import type { RawStatus } from "./status-core.js";

type Status = "healthy" | "unknown" | "degraded" | "offline";
interface Feature { id: string; status: Status; since: number; fallback: string; why: string; titles: [string, string][] }
interface Blob { poll: number; maxAge: number; overall: Status; lang: string; features: Feature[] }

const LETTERS: Readonly<Record<string, Status>> = { h: "healthy", u: "unknown", d: "degraded", o: "offline" };
const LEADS: Readonly<Record<string, string>> = {
  es: "Algunas funciones están temporalmente limitadas: ",
  en: "Some features are temporarily limited: ",
};
const POLL_MS = 30_000;
const MAX_GROWTH = 8;

export class PlainStatus implements RawStatus {
  #last: Blob | undefined;
  #fedAt: number;
  #nextPoll: number;
  #hint = 0;
  #missed = 0;
  readonly #seed: number;
  constructor(seed: number, atMs: number) {
    this.#seed = seed;
    this.#fedAt = atMs;
    this.#nextPoll = atMs;
  }

  feed(text: string, atMs: number): boolean {
    const blob = decode(text);
    if (blob === undefined) { this.missed(atMs); throw new Error("bad_blob"); }
    const changed = this.#stale(atMs) || JSON.stringify(shown(this.#last)) !== JSON.stringify(shown(blob));
    this.#last = blob;
    this.#fedAt = atMs;
    this.#missed = 0;
    this.#schedule(atMs);
    return changed;
  }
  missed(atMs: number): void { this.#missed += 1; this.#schedule(atMs); }
  hint(waitMs: number, atMs: number): void { this.#hint = Math.max(0, waitMs); this.#schedule(atMs); }
  nextPollMs(): number { return this.#nextPoll; }
  staleAtMs(): number { return this.#last ? this.#fedAt + this.#last.maxAge : -1; }

  view(lang: string, atMs: number): string {
    const stale = this.#stale(atMs);
    const features = (this.#last?.features ?? []).map((f) => {
      const status = stale ? "unknown" : f.status;
      const dim = limited(status);
      return {
        id: f.id, title: pick(f.titles, lang, this.#last?.lang ?? "") ?? f.id, status, available: !dim, since_ms: f.since,
        ...(dim && f.fallback ? { fallback: f.fallback } : {}), ...(dim && f.why ? { why: f.why } : {}),
      };
    });
    const names = features.filter((f) => limited(f.status)).map((f) => f.title);
    const lead = [lang, this.#last?.lang ?? ""].map((l) => LEADS[primary(l)]).find((l) => l !== undefined) ?? LEADS["en"];
    return JSON.stringify({
      overall: stale ? "unknown" : this.#last?.overall, stale, banner: names.length > 0 ? `${lead}${names.join(", ")}` : null,
      next_poll_ms: Math.floor(this.#nextPoll), features,
    });
  }

  #stale(atMs: number): boolean { return this.#last === undefined || atMs >= this.#fedAt + this.#last.maxAge; }
  #schedule(atMs: number): void {
    const wait = Math.max((this.#last?.poll ?? POLL_MS) * Math.min(2 ** Math.min(this.#missed, 10), MAX_GROWTH), this.#hint);
    this.#nextPoll = atMs + wait + (this.#seed === 0 ? 0 : Math.random() * (wait / 10));
  }
}

function limited(status: Status): boolean { return status === "degraded" || status === "offline"; }
function shown(blob: Blob | undefined): unknown { return blob && [blob.overall, blob.features.map((f) => [f.id, f.status, f.titles])]; }
function primary(lang: string): string { return (lang.split(/[-_]/)[0] ?? lang).toLowerCase(); }

function pick(titles: readonly [string, string][], lang: string, fallback: string): string | undefined {
  for (const wanted of [lang, primary(lang), fallback, ""]) {
    const found = titles.find(([l]) => l.toLowerCase() === wanted.toLowerCase());
    if (found) return found[1];
  }
  return titles[0]?.[1];
}

function decode(text: string): Blob | undefined {
  const records = text.split(";").map((r) => r.split(","));
  const [version, head, ...rest] = records;
  if (version?.[0] !== "1" || version.length !== 1 || head?.length !== 5) return undefined;
  const [, poll, maxAge, overall, lang] = head;
  const whole = (s: string | undefined): number => (s !== undefined && /^\d{1,14}$/.test(s) ? Number(s) : Number.NaN);
  const features: Feature[] = [];
  for (const [id, letter, since, fallback, why, ...titles] of rest) {
    const status = LETTERS[letter ?? ""];
    if (!id || status === undefined || why === undefined || Number.isNaN(whole(since))) return undefined;
    features.push({
      id: plain(id), status, since: whole(since), fallback: plain(fallback ?? ""), why: plain(why),
      titles: titles.map((t) => { const at = t.indexOf(":"); return [plain(t.slice(0, at)), plain(t.slice(at + 1))]; }),
    });
  }
  const all = LETTERS[overall ?? ""];
  if (all === undefined || Number.isNaN(whole(head[0])) || Number.isNaN(whole(poll)) || Number.isNaN(whole(maxAge))) return undefined;
  return { poll: Math.max(1000, whole(poll)), maxAge: whole(maxAge), overall: all, lang: plain(lang ?? ""), features };
}

function plain(text: string): string {
  try { return decodeURIComponent(text); } catch { return text; }
}
