// What can go wrong, as the core says it: a stable code, the path of the fault, a sentence, and what to do about it.

/** One fault: where, what and what to do. */
export interface Fault {
  /** Stable slug such as `unknown_service`. */
  readonly code: string;
  /** Where in the input, such as `services.afip.breaker.window`; empty for the whole input. */
  readonly path: string;
  /** One sentence. */
  readonly message: string;
  /** What to do about it. */
  readonly help: string;
}

/** Input that the engine does not take. `faults` holds every fault that was found, the fields are those of the first. */
export class BrownoutError extends Error {
  override readonly name = "BrownoutError";
  readonly code: string;
  readonly path: string;
  readonly help: string;
  readonly faults: readonly Fault[];
  constructor(faults: readonly Fault[], options?: { cause?: unknown }) {
    const first = faults[0] ?? UNREADABLE;
    const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : "";
    super(`${first.code}: ${first.path ? `${first.path}: ` : ""}${first.message}${more}`, options);
    this.code = first.code;
    this.path = first.path;
    this.help = first.help;
    this.faults = faults;
  }
}

const UNREADABLE: Fault = {
  code: "engine_lost", path: "", message: "the engine gave no readable answer", help: "rebuild the engine from its last snapshot",
};

/** One fault as an error. */
export function fault(code: string, path: string, message: string, help: string, cause?: unknown): BrownoutError {
  return new BrownoutError([{ code, path, message, help }], cause === undefined ? undefined : { cause });
}

/** The faults inside `{"error":{…}}` or `{"errors":[…]}`, or `null` when the value is neither. */
export function faultsOf(output: unknown): readonly Fault[] | null {
  if (typeof output !== "object" || output === null) return null;
  const { error, errors } = output as { error?: Fault; errors?: Fault[] };
  if (Array.isArray(errors)) return errors;
  return error && typeof error === "object" && typeof error.code === "string" ? [error] : null;
}

/** A thrown value that carries the core's faults as JSON text becomes a `BrownoutError`; anything else stays what it is. */
export function readThrown(thrown: unknown): unknown {
  if (thrown instanceof BrownoutError) return thrown;
  const text = typeof thrown === "string" ? thrown : thrown instanceof Error ? thrown.message : "";
  if (text.startsWith("{") || text.startsWith("[")) {
    try {
      const value: unknown = JSON.parse(text);
      const faults = Array.isArray(value) ? (value as Fault[]) : faultsOf(value);
      if (faults && faults.length > 0) return new BrownoutError(faults, { cause: thrown });
    } catch { /* not JSON after all */ }
  }
  return thrown;
}

/** Did the engine's machine code stop, as opposed to the engine refusing an input? */
export function isTrap(thrown: unknown): boolean {
  if (thrown instanceof BrownoutError) return thrown.code === "engine_lost";
  const name = (thrown as { name?: unknown } | null)?.name;
  if (name === "RuntimeError" || name === "LinkError" || name === "CompileError" || name === "RangeError") return true;
  // wasm-bindgen throws plain errors about a borrow that a trap left behind, the addon says it in the core's words
  return /unreachable|recursive use|null pointer|detached|memory access|"code":"engine_lost"/.test(String((thrown as Error | null)?.message ?? thrown));
}

/** The call took longer than it may. */
export class TimeoutError extends Error {
  override readonly name = "TimeoutError";
  /** Read by every classifier of exceptions as a timeout. */
  readonly code = "ETIMEDOUT";
  constructor(readonly service: string, readonly timeoutMs: number, readonly phase: "total" | "first_byte" | "idle" | "deadline" = "total") {
    super(`\`${service}\` took longer than ${timeoutMs} ms (${phase})`);
  }
}
