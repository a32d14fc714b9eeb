// The state that a rebuild starts from, taken now and then: in parts, each in a turn of its own, so that no call waits for the
// state of a hundred thousand keys. An engine with little state is done within the turn in which it began.

/** What a keeper needs. */
export interface KeeperHost {
  /** The next part, empty after the last; null when the engine is away or is another one than that of the first part. */
  part(first: boolean): Uint8Array | null;
  /** Calls back in a later turn. */
  later(run: () => void): void;
  /** All parts one after the other. */
  done(bytes: Uint8Array): void;
}

/** Takes one snapshot at a time. */
export class Keeper {
  #parts: Uint8Array[] = [];
  #busy = false;
  readonly #host: KeeperHost;
  constructor(host: KeeperHost) { this.#host = host; }

  /** Is one under way? */
  get busy(): boolean { return this.#busy; }

  /** Begins, unless one is under way. */
  begin(): void {
    if (this.#busy) return;
    this.#parts = [];
    this.#busy = true;
    if (this.#take(true)) this.step();
  }

  /** Goes on by one part. */
  step(): void {
    if (this.#busy && this.#take(false)) this.#host.later(() => this.step());
  }

  /** True when there is more to take. */
  #take(first: boolean): boolean {
    const part = this.#host.part(first);
    if (part !== null && part.length > 0) {
      this.#parts.push(part);
      return true;
    }
    const parts = this.#parts;
    this.#parts = [];
    this.#busy = false;
    if (part !== null) this.#host.done(joined(parts));
    return false;
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const only = parts[0];
  if (parts.length === 1 && only) return only;
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
