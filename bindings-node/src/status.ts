// `brownout/status`: what a page believes about the features. Polls the health endpoint gently, and never breaks the page.
import "./engine/status.js";
import { openStatus, type RawStatus } from "./status-core.js";
import type { Status } from "./wire.gen.js";

/** One feature as the page sees it. */
export interface FeatureView {
  readonly id: string;
  readonly title: string;
  readonly status: Status;
  /** May it be offered in full? What nobody knows is not dimmed. */
  readonly available: boolean;
  readonly since_ms?: number;
  /** What to offer instead. */
  readonly fallback?: string;
  readonly why?: string;
}

/** Everything for a page. Frozen; a change makes a new one. */
export interface StatusView {
  readonly overall: Status;
  /** Is the last answer too old to be believed? */
  readonly stale: boolean;
  /** The sentence to show; `null` when there is nothing to say. */
  readonly banner: string | null;
  readonly features: readonly FeatureView[];
}

/** How a page asks. */
export interface StatusOptions {
  /** The health endpoint. */
  url?: string;
  /** Language of banner and titles; the page's own when left out. */
  lang?: string;
  /** The body of a health answer that the server has put into the page. */
  initial?: string | object | null;
  fetch?: typeof globalThis.fetch;
  /** Spreads the polls of many pages; random when left out. */
  seed?: number;
  /** Milliseconds since the epoch. */
  now?: () => number;
  /** `setTimeout` and `clearTimeout` of another making. */
  setTimer?: (fn: () => void, delayMs: number) => unknown;
  clearTimer?: (timer: unknown) => void;
}

/** A page that has not been told anything. */
export const UNKNOWN: StatusView = Object.freeze({ overall: "unknown", stale: true, banner: null, features: Object.freeze([]) });

const DEFAULT_URL = "/api/health";

/** The state of the features in this page. Polls while somebody listens and the tab is visible. */
export class StatusClient {
  readonly url: string;
  readonly #core: RawStatus;
  readonly #o: StatusOptions;
  readonly #listeners = new Set<() => void>();
  #lang: string;
  #view: StatusView = UNKNOWN;
  #text = "";
  #timer: unknown;
  #asking: Promise<void> | undefined;
  #abort: AbortController | undefined;

  constructor(options: StatusOptions = {}) {
    this.#o = options;
    this.url = options.url ?? DEFAULT_URL;
    this.#lang = options.lang ?? pageLanguage();
    this.#core = openStatus(options.seed ?? 1 + Math.floor(Math.random() * 2 ** 31), this.#now());
    const blob = blobOf(options.initial);
    if (blob !== null) this.#feed(blob);
    this.#look();
  }

  /** The current view; the same object until something changes. */
  readonly getSnapshot = (): StatusView => this.#view;

  /** Calls `listener` after each change. The first listener starts the polls, the last one to leave ends them. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#start();
    return () => {
      if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.#stop();
    };
  };

  /** May the feature be offered in full? Yes when nobody knows, and for a feature that nobody declared. */
  available(feature: string): boolean { return this.feature(feature)?.available ?? true; }
  /** One feature, if the server names it. */
  feature(id: string): FeatureView | undefined { return this.#view.features.find((f) => f.id === id); }

  get lang(): string { return this.#lang; }
  set lang(lang: string) { this.#lang = lang; this.#look(); }

  /** Asks now. Never rejects. */
  refresh(): Promise<void> { return (this.#asking ??= this.#ask().finally(() => { this.#asking = undefined; this.#plan(); })); }

  async #ask(): Promise<void> {
    this.#abort = new AbortController();
    try {
      const url = `${this.url}${this.url.includes("?") ? "&" : "?"}lang=${encodeURIComponent(this.#lang)}`;
      const ask = this.#o.fetch ?? globalThis.fetch;
      const response = await ask(url, { headers: { accept: "application/json" }, cache: "no-store", signal: this.#abort.signal });
      const wait = Number(response.headers.get("retry-after"));
      const blob = blobOf(await response.text()); // a 503 of a health endpoint is an answer
      if (blob === null) this.#core.missed(this.#now()); else this.#feed(blob);
      this.#core.hint(wait > 0 ? wait * 1000 : -1, this.#now());
    } catch {
      if (!this.#abort.signal.aborted) this.#core.missed(this.#now());
    }
    this.#look();
  }

  #feed(blob: string): void {
    try { this.#core.feed(blob, this.#now()); } catch { /* it counts as missed */ }
  }

  #look(): void {
    const text = this.#core.view(this.#lang, this.#now());
    const view = JSON.parse(text) as StatusView & { next_poll_ms?: number };
    delete (view as { next_poll_ms?: number }).next_poll_ms;
    const stable = JSON.stringify(view);
    if (stable === this.#text) return;
    this.#text = stable;
    for (const f of view.features) Object.freeze(f);
    Object.freeze(view.features);
    this.#view = Object.freeze(view);
    for (const listener of [...this.#listeners]) {
      try { listener(); } catch (error) { console.error("brownout: a status listener threw", error); }
    }
  }

  #start(): void {
    page()?.addEventListener("visibilitychange", this.#seen);
    this.#plan();
  }
  #stop(): void {
    page()?.removeEventListener("visibilitychange", this.#seen);
    this.#clear();
    this.#abort?.abort();
  }
  readonly #seen = (): void => { if (page()?.visibilityState === "hidden") this.#clear(); else this.#plan(); };

  /** One timer, for the next poll or the instant at which the last answer gets too old. */
  #plan(): void {
    this.#clear();
    if (this.#listeners.size === 0 || page()?.visibilityState === "hidden" || this.#asking) return;
    const now = this.#now();
    const poll = this.#core.nextPollMs();
    const stale = this.#core.staleAtMs();
    const due = stale > now && stale < poll ? stale : poll;
    const set = this.#o.setTimer ?? ((fn: () => void, ms: number): unknown => setTimeout(fn, ms));
    this.#timer = set(() => {
      this.#timer = undefined;
      if (this.#now() >= poll) void this.refresh(); else { this.#look(); this.#plan(); }
    }, Math.max(0, due - now));
  }
  #clear(): void {
    if (this.#timer === undefined) return;
    (this.#o.clearTimer ?? ((t: unknown) => clearTimeout(t as never)))(this.#timer);
    this.#timer = undefined;
  }
  #now(): number { return (this.#o.now ?? Date.now)(); }
}

/** The view of one health body, for a server that renders the first state into the page. */
export function viewOf(body: string | object | null | undefined, lang: string, nowMs: number = Date.now()): StatusView {
  const blob = blobOf(body);
  if (blob === null) return UNKNOWN;
  const core = openStatus(0, nowMs);
  try { core.feed(blob, nowMs); } catch { return UNKNOWN; }
  const { overall, stale, banner, features } = JSON.parse(core.view(lang, nowMs)) as StatusView;
  return { overall, stale, banner, features };
}

/** The compact status text inside a health body. */
function blobOf(body: string | object | null | undefined): string | null {
  let value: unknown = body;
  if (typeof body === "string") {
    if (/^1;/.test(body)) return body;
    try { value = JSON.parse(body); } catch { return null; }
  }
  if (typeof value !== "object" || value === null) return null;
  const { blob } = value as { blob?: unknown };
  return typeof blob === "string" ? blob : null;
}

interface Page { visibilityState: string; documentElement?: { lang?: string }; addEventListener(kind: string, fn: () => void): void; removeEventListener(kind: string, fn: () => void): void }
function page(): Page | undefined { return (globalThis as { document?: Page }).document; }

function pageLanguage(): string {
  return page()?.documentElement?.lang || (globalThis as { navigator?: { language?: string } }).navigator?.language || "en";
}
