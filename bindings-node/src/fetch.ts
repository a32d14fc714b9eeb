// `bo.fetch("openai")`: a `fetch` that asks first, tells the engine what came back, and settles when the body ends.
import { guardedBody } from "./body.js";
import { TimeoutError } from "./errors.js";
import type { Ended } from "./attempt.js";
import { drive, type Turn } from "./drive.js";
import type { Facade, Service } from "./facade.js";
import { factsOfError, factsOfValue } from "./facts.js";
import { question, type CallOptions } from "./guard.js";
import { RefusedError, retryAfterSeconds } from "./refusal.js";
import type { Waiting } from "./timers.js";
import type { Facts, Refusal, Settled } from "./types.js";

/** What distinguishes the calls of one `fetch`. */
export interface FetchOptions extends Omit<CallOptions, "signal"> {
  /** A refusal rejects with `RefusedError` instead of resolving to a 503 or 429 response. */
  throwOnRefusal?: boolean;
  /** The `fetch` underneath. */
  fetch?: typeof globalThis.fetch;
}

/** Text, forms and bytes can be sent again, a stream cannot. */
const REPLAYABLE = (body: unknown): boolean => !(body instanceof ReadableStream) && !(typeof body === "object" && body !== null && Symbol.asyncIterator in body && !(body instanceof Blob) && !(body instanceof FormData));
/** RFC 9110 9.2.2: repeating these requests asks for nothing new. */
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

/** @internal */
export function guardedFetch(facade: Facade, name: string, options: FetchOptions = {}): typeof globalThis.fetch {
  let service = facade.service(name);
  return async (input, init) => {
    if (service.epoch !== facade.epoch) service = facade.service(name);
    const request = requestOf(input, init);
    const q = question(facade, service, {
      ...options,
      idempotent: options.idempotent ?? (IDEMPOTENT.has(request.method) || request.keyed),
      ...(request.signal ? { signal: request.signal } : {}),
    });
    const inner = options.fetch ?? globalThis.fetch;
    let before: Response | undefined;
    const driven = await drive<Response>(facade, q, async (turn) => {
      void before?.body?.cancel().catch(() => undefined); // an answer that is asked for again is read by nobody
      const ended = await new Exchange(facade, service, turn, q.idempotent, request.signal).run(inner, request.input(), request.init);
      before = ended.kind === "value" ? ended.value : undefined;
      // nothing can be sent a second time once its stream was read
      return request.replayable ? ended : { ...ended, settled: last(ended.settled) };
    }, options.timeoutMs);
    if ("cancelled" in driven) throw driven.cancelled;
    const ended = "ended" in driven ? driven.ended : driven.last;
    if (ended === undefined) {
      const { refusal } = driven as { refusal: Refusal };
      if (options.throwOnRefusal) throw new RefusedError(name, refusal);
      return refusedResponse(name, refusal);
    }
    if (ended.kind === "value") return ended.value;
    throw ended.error;
  };
}

function last(settled: Settled | 1): Settled | 1 {
  if (settled === 1 || !settled.retry) return settled;
  const { retry: _, ...rest } = settled;
  return rest;
}

interface Wanted {
  readonly method: string;
  readonly keyed: boolean;
  readonly replayable: boolean;
  readonly signal: AbortSignal | undefined;
  readonly init: RequestInit | undefined;
  /** A fresh copy for each attempt. */
  input(): RequestInfo | URL;
}

function requestOf(input: RequestInfo | URL, init: RequestInit | undefined): Wanted {
  const request = input instanceof Request ? input : undefined;
  const replayable = init?.body !== undefined ? REPLAYABLE(init.body) : !request?.body;
  const headers = new Headers(init?.headers ?? request?.headers);
  return {
    method: (init?.method ?? request?.method ?? "GET").toUpperCase(),
    keyed: headers.has("idempotency-key"),
    replayable,
    signal: init?.signal ?? request?.signal ?? undefined,
    init,
    input: () => (request && replayable ? request.clone() : input),
  };
}

/** One request and its response, from permit to settlement. */
class Exchange {
  readonly #controller = new AbortController();
  readonly #timers = new Set<Waiting>();
  #over = false;
  #unlink: (() => void) | undefined;
  constructor(readonly facade: Facade, readonly service: Service, readonly turn: Turn, readonly idempotent: boolean | undefined, readonly signal: AbortSignal | undefined) {}

  async run(inner: typeof globalThis.fetch, input: RequestInfo | URL, init: RequestInit | undefined): Promise<Ended<Response>> {
    const { turn, service, signal } = this;
    let failed: ((error: unknown) => void) | undefined;
    const away = new Promise<never>((_, reject) => { failed = reject; });
    away.catch(() => undefined);
    const cancel = (): void => { this.#end(signal?.reason, { cancelled: true }); failed?.(signal?.reason); };
    signal?.addEventListener("abort", cancel, { once: true });
    this.#unlink = () => signal?.removeEventListener("abort", cancel);
    const late = (phase: TimeoutError["phase"], ms: number) => (): void => {
      const error = new TimeoutError(service.info.name, ms, phase);
      this.#end(error, { timedOut: true, exception: "TimeoutError" });
      failed?.(error);
    };
    const firstByte = service.info.first_byte_ms ?? undefined;
    const first = firstByte === undefined ? undefined : this.#after(firstByte, late("first_byte", firstByte));
    const total = turn.timeoutMs === undefined ? undefined : this.#after(turn.timeoutMs, late(turn.phase, turn.timeoutMs));
    try {
      const response = await Promise.race([inner(input, { ...init, signal: signal ? AbortSignal.any([signal, this.#controller.signal]) : this.#controller.signal }), away]);
      first?.clear();
      return { kind: "value", value: this.#opened(response, total), settled: this.settled ?? 1 };
    } catch (error) {
      if (this.settled === undefined) this.#end(undefined, factsOfError(error, this.facade.clock));
      return { kind: signal?.aborted && error === signal.reason ? "cancelled" : error instanceof TimeoutError ? "timeout" : "failed", error, settled: this.settled ?? 1 };
    }
  }

  /** What the engine made of it, once it has been told. */
  settled: Settled | 1 | undefined;

  /** The status is known. Bodies of errors are not waited for: whether to try again is asked now. */
  #opened(response: Response, total: Waiting | undefined): Response {
    const facts = factsOfValue(response, this.facade.clock) ?? {};
    if (response.body === null || !response.ok) {
      this.#end(undefined, facts);
      return response;
    }
    total?.clear();
    const idle = this.service.info.idle_ms ?? undefined;
    const { timeoutMs, atMs, phase } = this.turn;
    return guardedBody(response, {
      after: (ms, fn) => this.#after(ms, fn),
      idleMs: idle,
      totalMs: timeoutMs === undefined ? undefined : Math.max(0, atMs + timeoutMs - this.facade.clock.now()),
      late: (kind) => new TimeoutError(this.service.info.name, (kind === "idle" ? idle : timeoutMs) ?? 0, kind === "idle" ? "idle" : phase),
      ended: () => this.#end(undefined, facts),
      failed: (error) => this.#end(error, { ...factsOfError(error, this.facade.clock), sent: true, ...(error instanceof TimeoutError ? { timedOut: true } : {}) }),
      cancelled: (reason) => this.#end(reason ?? new DOMException("the body was not wanted", "AbortError"), { cancelled: true }),
      unread: (reason) => this.#end(reason, facts),
      abortedBy: () => (this.signal?.aborted ? this.signal.reason as unknown : undefined),
    });
  }

  #after(ms: number, fn: () => void): Waiting {
    const timer = this.facade.timers.after(ms, fn);
    const entry: Waiting = { clear: () => { timer.clear(); this.#timers.delete(entry); } };
    this.#timers.add(entry);
    return entry;
  }

  /** Exactly once: settles, ends every timer, and aborts the request when there is a reason. */
  #end(abort: unknown, facts: Facts): void {
    if (this.#over) return;
    this.#over = true;
    this.settled = this.facade.settleQuietly(this.turn.permit, facts, this.facade.now(), this.service.info.name, this.idempotent);
    for (const timer of [...this.#timers]) timer.clear();
    this.#unlink?.();
    if (abort !== undefined) this.#controller.abort(abort);
  }
}

/** A refusal as a response: problem details after RFC 9457, 429 for who asked for too much, 503 for a service that is held back. */
export function refusedResponse(service: string, refusal: Refusal): Response {
  const status = refusal.gate === "limit" ? 429 : 503;
  const title = status === 429 ? "Too Many Requests" : "Service Unavailable";
  const headers = new Headers({
    "content-type": "application/problem+json",
    "cache-control": "no-store",
    "x-brownout": `refused; service="${service}"; gate=${refusal.gate}; code=${refusal.code}`,
    // the SDKs of OpenAI and Anthropic retry on their own unless told not to
    "x-should-retry": "false",
  });
  const seconds = retryAfterSeconds(refusal);
  if (seconds !== null) headers.set("retry-after", String(seconds));
  const { code, gate, scope, rule, fallback, retryAtMs } = refusal;
  const problem = { type: "about:blank", title, status, detail: `\`${service}\` is not called: ${code}`, service, code, gate, scope, rule, fallback, retry_at_ms: retryAtMs };
  return new Response(JSON.stringify(problem), { status, statusText: title, headers });
}
