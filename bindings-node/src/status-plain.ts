// The core's status client once more, in JavaScript, for pages where a content security policy forbids wasm.
// A test holds the two against each other; the words, the growth and the ages are the core's.
import type { RawStatus } from "./status-core.js";
import type { Status } from "./wire.gen.js";

interface Feature { id: string; status: Status; since: number; fallback: string; why: string; titles: [string, string][] }
interface Blob { poll: number; maxAge: number; overall: Status; lang: string; features: Feature[] }

const LETTERS: ReadonlyMap<string, Status> = new Map([["h", "healthy"], ["u", "unknown"], ["d", "degraded"], ["o", "offline"]]);
const EN = "Some features are temporarily limited: ";
const LEADS: ReadonlyMap<string, string> = new Map([["es", "Algunas funciones están temporalmente limitadas: "], ["en", EN]]);
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
    if (blob === undefined) { this.missed(atMs); throw BAD; }
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
    const lead = [lang, this.#last?.lang ?? ""].map((l) => LEADS.get(primary(l))).find((l) => l !== undefined) ?? EN;
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
  if (text.length > MAX_TEXT) return undefined;
  const [version, head, ...rest] = text.split(";");
  if (version !== "1" || rest.length > MAX_FEATURES) return undefined;
  try {
    const [at, poll, maxAge, overall, lang] = (head ?? "").split(",");
    whole(at);
    const every = Math.max(1000, whole(poll));
    return { poll: every, maxAge: Math.max(every, whole(maxAge)), overall: status(overall), lang: plain(lang), features: rest.map(feature) };
  } catch { return undefined; }
}

function feature(record: string): Feature {
  const [id, letter, since, fallback, why, ...titles] = record.split(",");
  if (!id || titles.length > MAX_TITLES) throw BAD;
  return {
    id: plain(id), status: status(letter), since: whole(since), fallback: plain(fallback), why: plain(why),
    titles: titles.map((t) => {
      const at = t.indexOf(":");
      if (at < 0) throw BAD;
      return [plain(t.slice(0, at)), plain(t.slice(at + 1))];
    }),
  };
}

const BAD = new Error("bad_blob");
const MAX_TEXT = 512 * 1024;
const MAX_FEATURES = 1024;
const MAX_TITLES = 32;
const MAX_MS = 2 ** 43;

function whole(text: string | undefined): number {
  if (text === undefined || !/^\d{1,16}$/.test(text) || Number(text) > MAX_MS) throw BAD;
  return Number(text);
}
function status(letter: string | undefined): Status {
  const found = LETTERS.get(letter ?? "");
  if (found === undefined) throw BAD;
  return found;
}
/** Throws on a broken escape. */
function plain(text: string | undefined): string { return decodeURIComponent(text ?? ""); }
