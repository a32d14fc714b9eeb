// Any way of writing a policy down, turned into the one JSON text that the core reads and judges.
//
// Here only what JSON cannot say is judged: dates, keys that are no text, integers that lose digits, numbers without a value.
import { BrownoutError, fault, type Fault } from "./errors.js";
import type { Policy } from "./policy.gen.js";

/** A policy as an object, which editors complete (`satisfies Policy` checks it), or as JSON text. TOML and YAML come through `brownout/toml`, `brownout/yaml` and `brownout/file`. */
export type PolicyInput = string | Policy | object;

const HELP = {
  policy_syntax: "the text is not one document of its syntax: see the place in the message",
  policy_unreadable: "pass a `.toml`, `.json`, `.yaml` or `.yml` file that this process can read",
  duplicate_key: "a table holds each key once: remove one of the two",
  wrong_type: "write the value in the form the message names",
  number_not_finite: "send a finite number",
  number_out_of_range: "send a number inside the range the message names",
  json_too_deep: "nest fewer than 128 levels",
  too_many: "keep within the bound the message names",
} as const;

/** The codes that reading a document can end with before the core sees it. */
export type PolicyFault = keyof typeof HELP;

/** A fault with its help. */
export function policyFault(code: PolicyFault, path: string, message: string, cause?: unknown): BrownoutError {
  return fault(code, path, message, HELP[code], cause);
}

/** Where the core's own reader stops. */
const MAX_DEPTH = 128;
/** Aliases in YAML can multiply a small text without end. */
const MAX_VALUES = 1_000_000;

/** The policy as JSON text. Throws `BrownoutError` with every fault found. */
export function policyJson(policy: PolicyInput): string {
  if (typeof policy !== "string") return new JsonText().document(policy);
  if (!/^\s*\{/.test(policy)) {
    throw policyFault("policy_syntax", "", "a policy given as text is JSON: read TOML with `toml()` of `brownout/toml`, YAML with `yaml()` of `brownout/yaml`");
  }
  return policy; // the core's reader names duplicate keys, depth and numbers itself
}

class JsonText {
  readonly #faults: Fault[] = [];
  readonly #parts: string[] = [];
  #left = MAX_VALUES;

  document(value: unknown): string {
    this.#value(value, "", 0);
    if (this.#faults.length > 0) throw new BrownoutError(this.#faults);
    return this.#parts.join("");
  }

  #fault(code: PolicyFault, path: string, message: string): void {
    this.#faults.push({ code, path, message, help: HELP[code] });
  }

  #value(value: unknown, path: string, depth: number): void {
    if (this.#left-- <= 0) { if (this.#left === -1) this.#fault("too_many", path, `the document has more than ${MAX_VALUES} values`); return; }
    if (depth >= MAX_DEPTH) { if (!this.#faults.some((f) => f.code === "json_too_deep")) this.#fault("json_too_deep", "", "the document nests too deep"); return; }
    switch (typeof value) {
      case "string": case "boolean": this.#parts.push(JSON.stringify(value)); return;
      case "number": this.#number(value, path); return;
      case "bigint":
        if (value > MAX_SAFE || value < -MAX_SAFE) this.#fault("number_out_of_range", path, `\`${value}\` is beyond 2^53`);
        else this.#parts.push(value.toString());
        return;
      case "object":
        if (value === null) this.#parts.push("null");
        else if (Array.isArray(value)) this.#list(value, path, depth);
        else if (value instanceof Map) this.#table([...value.entries()], path, depth);
        else if (isTable(value)) this.#table(Object.entries(value), path, depth);
        else this.#fault("wrong_type", path, `expected text, a number, a boolean, a list or a table, not ${kind(value)}`);
        return;
      default: this.#fault("wrong_type", path, `expected text, a number, a boolean, a list or a table, not a ${typeof value}`);
    }
  }

  #number(value: number, path: string): void {
    if (!Number.isFinite(value)) this.#fault("number_not_finite", path, `\`${value}\` is not a finite number`);
    else if (Number.isInteger(value) && !Number.isSafeInteger(value)) this.#fault("number_out_of_range", path, `\`${value}\` is beyond 2^53`);
    else this.#parts.push(JSON.stringify(value));
  }

  #list(values: readonly unknown[], path: string, depth: number): void {
    this.#parts.push("[");
    values.forEach((v, i) => { if (i > 0) this.#parts.push(","); this.#value(v, `${path}[${i}]`, depth + 1); });
    this.#parts.push("]");
  }

  #table(entries: readonly (readonly [unknown, unknown])[], path: string, depth: number): void {
    this.#parts.push("{");
    let first = true;
    for (const [key, value] of entries) {
      if (typeof key !== "string") { this.#fault("wrong_type", path, `a key is text, not ${kind(key)} \`${String(key)}\``); continue; }
      if (value === undefined) continue;
      this.#parts.push(first ? "" : ",", JSON.stringify(key), ":");
      first = false;
      this.#value(value, joinPath(path, key), depth + 1);
    }
    this.#parts.push("}");
  }
}

/** Keys with a dot of their own are quoted, as the core does. */
function joinPath(path: string, key: string): string {
  const step = key !== "" && !key.includes(".") ? key : `"${key}"`;
  return path ? `${path}.${step}` : step;
}

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

function isTable(value: object): boolean {
  const proto: unknown = Object.getPrototypeOf(value);
  // objects of another realm (a Next.js sandbox, a vm) have another `Object.prototype`
  return proto === null || Object.getPrototypeOf(proto) === null;
}

function kind(value: unknown): string {
  if (value instanceof Date || /^(Temporal\.|Date$)/.test(Object.prototype.toString.call(value).slice(8, -1))) return "a date: put it in quotes";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "bigint") return "a number";
  if (typeof value === "object") return "an object of a class";
  return `a ${typeof value}`;
}
