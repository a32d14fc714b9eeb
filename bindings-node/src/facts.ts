// What a host saw of one attempt, as facts for the core to classify. Nothing here decides what counts.
import type { Facts } from "./types.js";

/** How far back to look for the operating system's error. */
const CHAIN = 8;
/** With these, no byte of the request left this process. */
const NEVER_SENT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "UND_ERR_CONNECT_TIMEOUT", "ERR_INVALID_URL"]);
const TIMED_OUT = new Set(["ETIMEDOUT", "ESOCKETTIMEDOUT", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT", "UND_ERR_CONNECT_TIMEOUT"]);
/** The last instant that the wire takes. */
const MAX_MS = 2 ** 43;

interface HeadersLike { get?: (name: string) => unknown; [name: string]: unknown }

/** Says what time it is; asked only where a date has to be made a length of time. */
interface Watch { now(): number }

/** Facts of what an attempt threw. */
export function factsOfError(error: unknown, clock: Watch): Facts {
  if (typeof error !== "object" || error === null) return { exception: typeof error };
  const facts: Facts = { exception: nameOf(error) };
  const response = (error as { response?: unknown }).response;
  const carrier = typeof response === "object" && response !== null ? response : error;
  const status = statusOf(carrier);
  if (status !== undefined) {
    facts.status = status;
    addRetryAfter(facts, (carrier as { headers?: unknown }).headers ?? (error as { headers?: unknown }).headers, clock);
    return facts;
  }
  if (facts.exception === "TimeoutError") facts.timedOut = true;
  let cause: unknown = error;
  for (let i = 0; i < CHAIN && typeof cause === "object" && cause !== null; i += 1) {
    const code = (cause as { code?: unknown }).code;
    if (typeof code === "string" && code !== "") {
      facts.error = code;
      if (NEVER_SENT.has(code)) facts.sent = false;
      if (TIMED_OUT.has(code)) facts.timedOut = true;
      break;
    }
    const several = (cause as { errors?: unknown }).errors; // AggregateError of a dual-stack connect
    cause = (cause as { cause?: unknown }).cause ?? (Array.isArray(several) ? several[0] : undefined);
  }
  return facts;
}

/** Does a value look as if it told something? */
export function mayTell(value: unknown): value is object { return typeof value === "object" && value !== null && "headers" in value; }

/** Facts of what an attempt returned: an HTTP response tells its status, anything else tells nothing. */
export function factsOfValue(value: unknown, clock: Watch): Facts | undefined {
  if (!mayTell(value)) return undefined;
  const status = statusOf(value);
  if (status === undefined) return undefined;
  const facts: Facts = { status };
  addRetryAfter(facts, (value as { headers?: unknown }).headers, clock);
  return facts;
}

/** What an upstream asked for: `retry-after-ms`, or `Retry-After` as seconds or as a date. */
export function retryAfterMs(headers: unknown, clock: Watch): number | undefined {
  const exact = headerOf(headers, "retry-after-ms");
  if (exact !== undefined && /^\d+(\.\d+)?$/.test(exact)) return Math.min(Number(exact), MAX_MS);
  const said = headerOf(headers, "retry-after");
  if (said === undefined || said === "") return undefined;
  if (/^\d+(\.\d+)?$/.test(said)) return Math.min(Number(said) * 1000, MAX_MS);
  const until = Date.parse(said);
  return Number.isNaN(until) ? undefined : Math.min(Math.max(0, until - clock.now()), MAX_MS);
}

function addRetryAfter(facts: Facts, headers: unknown, clock: Watch): void {
  const wait = retryAfterMs(headers, clock);
  if (wait !== undefined) facts.retryAfterMs = wait;
}

function headerOf(headers: unknown, name: string): string | undefined {
  if (typeof headers !== "object" || headers === null) return undefined;
  const h = headers as HeadersLike;
  try {
    const value: unknown = typeof h.get === "function" ? h.get(name) : (h[name] ?? h[name.replace(/(^|-)([a-z])/g, (m) => m.toUpperCase())]);
    return value === null || value === undefined ? undefined : String(value).trim();
  } catch { return undefined; }
}

function statusOf(carrier: object): number | undefined {
  try {
    for (const value of [(carrier as { status?: unknown }).status, (carrier as { statusCode?: unknown }).statusCode]) {
      if (typeof value === "number" && Number.isInteger(value) && value >= 100 && value <= 999) return value;
    }
  } catch { /* a getter of a stranger's class may throw */ }
  return undefined;
}

function nameOf(error: object): string {
  try {
    const own = (error as { name?: unknown }).name;
    const made = (error.constructor as { name?: unknown } | undefined)?.name;
    // a subclass that never set `name` still has its class's name
    if (own === "Error" && typeof made === "string" && made !== "") return made;
    return typeof own === "string" && own !== "" ? own : String(made ?? "Error");
  } catch { return "Error"; }
}
