// Inputs in the wire's spelling: JSON text, snake_case, no number that is none.
import { fault } from "./errors.js";
import type { Facts, Outcome } from "./types.js";

/** JSON has no word for numbers that are none: they are refused here, in the core's words, not sent as `null`. */
export function wireText(input: object): string {
  let odd = false;
  const text = JSON.stringify(input, (_key, value: unknown) => {
    if (typeof value === "number" && !Number.isFinite(value)) odd = true;
    return typeof value === "bigint" ? Number(value) : value;
  });
  if (odd) throw fault("number_not_finite", oddPath(input, "") ?? "", "expected a finite number", "send a finite number");
  return text;
}

function oddPath(value: unknown, path: string): string | null {
  if (typeof value === "number") return Number.isFinite(value) ? null : path;
  if (typeof value !== "object" || value === null) return null;
  for (const [key, inner] of Object.entries(value)) {
    const found = oddPath(inner, Array.isArray(value) ? `${path}[${key}]` : path ? `${path}.${key}` : key);
    if (found !== null) return found;
  }
  return null;
}

/** Facts in the wire's spelling. */
export function wireFacts(f: Facts): object {
  const facts: Record<string, unknown> = {};
  if (f.status !== undefined) facts["status"] = f.status;
  if (f.error !== undefined) facts["error"] = f.error;
  if (f.exception !== undefined) facts["exception"] = f.exception;
  if (f.timedOut !== undefined) facts["timed_out"] = f.timedOut;
  if (f.cancelled !== undefined) facts["cancelled"] = f.cancelled;
  if (f.sent !== undefined) facts["sent"] = f.sent;
  return {
    ...(f.outcome === undefined ? { facts } : { outcome: f.outcome satisfies Outcome }),
    ...(f.retryAfterMs === undefined ? {} : { retry_after_ms: f.retryAfterMs }),
    ...(f.amounts === undefined ? {} : { amounts: f.amounts }),
  };
}
