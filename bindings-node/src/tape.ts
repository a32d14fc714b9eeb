// Inputs written down as they go into an engine: one JSON object a line, for `brownout replay` and `brownout explain`.
//
// The tape stands between the facade and the engine only while somebody records; otherwise there is nothing in the way.
import type { RawEngine } from "./raw.js";
import type { Names } from "./types.js";

/** Takes each line, its line end included: a function, or anything with a `write` such as a file stream. */
export type RecordSink = ((line: string) => void) | { write(line: string): unknown };

/** The first line: how the engine began, or all of its state where it had begun before. */
function head(raw: RawEngine, atMs: number, seed: bigint | undefined): object {
  const policy = (JSON.parse(raw.names()) as { policy_hash?: string }).policy_hash;
  return { brownout: 1, at_ms: atMs, policy, ...(seed === undefined ? { snapshot: base64(raw.snapshot()) } : { seed: seed.toString() }) };
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
}

/** An engine whose inputs are written down. */
export class Taped implements RawEngine {
  readonly #write: (line: string) => void;
  readonly #handles = new Map<number, string>();
  #names: Names;

  /** `seed` of an engine that has just been made; without it the recording begins with the state of now. */
  constructor(readonly inner: RawEngine, sink: RecordSink, atMs: number, seed?: bigint) {
    const write = typeof sink === "function" ? sink : (line: string) => { sink.write(line); };
    let broken = false;
    this.#write = (line) => {
      if (broken) return;
      try { write(`${line}\n`); } catch (error) {
        broken = true;
        console.error("brownout: the recording ends, its sink threw", error);
      }
    };
    this.#names = JSON.parse(inner.names()) as Names;
    this.#write(JSON.stringify(head(inner, atMs, seed)));
  }

  get scratch(): Float64Array { return this.inner.scratch; }
  get joined(): boolean { return this.inner.joined === true; }
  names(): string { return this.inner.names(); }
  drain(): string { return this.inner.drain(); }
  snapshot(): Uint8Array { return this.inner.snapshot(); }
  part(first: boolean): Uint8Array { return this.inner.part(first); }
  free(): void { this.inner.free?.(); }

  key(name: string, atMs: number): number {
    const handle = this.inner.key(name, atMs);
    if (handle > 0) this.#handles.set(handle, name);
    return handle;
  }
  admit(service: number, k0: number, k1: number, k2: number, k3: number, weight: number, atMs: number): number {
    const permit = this.inner.admit(service, k0, k1, k2, k3, weight, atMs);
    if (permit < 0) return permit;
    const keys: Record<string, string> = {};
    [k0, k1, k2, k3].forEach((handle, i) => {
      const [key, name] = [this.#names.keys[i], this.#handles.get(handle)];
      if (handle > 0 && key !== undefined && name !== undefined) keys[key] = name;
    });
    const known = this.#names.services.find((s) => s.handle === service)?.name;
    this.#write(JSON.stringify({
      at_ms: atMs, verb: "admit", service: known,
      ...(Object.keys(keys).length > 0 ? { keys } : {}), ...(weight === 1 ? {} : { weight }), ...(permit > 0 && weight > 0 ? { got: permit } : {}),
    }));
    return permit;
  }
  settle(permit: number, outcome: number, durationMs: number, atMs: number): number {
    const counted = this.inner.settle(permit, outcome, durationMs, atMs);
    if (counted >= 0) {
      this.#write(JSON.stringify({ at_ms: atMs, verb: "settle", permit, outcome: this.#names.outcomes[outcome], ...(Number.isNaN(durationMs) ? {} : { duration_ms: durationMs }) }));
    }
    return counted;
  }
  advance(atMs: number): number {
    const done = this.inner.advance(atMs);
    if (done >= 0) this.#write(JSON.stringify({ at_ms: atMs, verb: "advance" }));
    return done;
  }
  handle(inputJson: string, atMs: number): string {
    const out = this.inner.handle(inputJson, atMs);
    const input = JSON.parse(inputJson) as { verb?: string };
    const got = input.verb === "admit" ? (JSON.parse(out) as { decision?: { permit?: number } }).decision?.permit : undefined;
    this.#write(JSON.stringify({ at_ms: atMs, ...input, ...(got === undefined ? {} : { got }) }));
    if (input.verb === "reload") this.#names = JSON.parse(this.inner.names()) as Names;
    return out;
  }
}
