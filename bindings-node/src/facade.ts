// One engine behind names instead of handles: decisions as numbers or small frozen objects, effects to listeners, one
// timer for the next instant, a snapshot now and then, and a rebuild when the engine's machine code stops.
import { Alarm } from "./alarm.js";
import { away, forgiven, lost, UNGOVERNED, UNSETTLED } from "./away.js";
import { BehindWatch, type Clock } from "./clock.js";
import { Listeners } from "./effects.js";
import { BrownoutError, faultsOf, isTrap, readThrown } from "./errors.js";
import { Keeper } from "./keeper.js";
import { Judged } from "./judged.js";
import { KeyCache } from "./keys.js";
import { KEY_CACHE, PART_EVERY_MS, SNAPSHOT_EVERY_MS, type FacadeOptions } from "./making.js";
import { FLAG, SLOT, type RawEngine } from "./raw.js";
import { grantOf, grantOfScratch, needsDrain, plainly, refusalOf, refusalOfScratch, settledOf, settledOfScratch, type Refused, type WireDecision, type WireOutput } from "./read.js";
import { tally } from "./registry.js";
import { Revival } from "./revival.js";
import { Taped, type RecordSink } from "./tape.js";
import { TimerQueue } from "./timers.js";
import type { AdmitInput, Facts, Grant, Names, Service, ServiceInfo, Settled } from "./types.js";
import { wireFacts, wireText } from "./wire.js";

export type { FacadeOptions } from "./making.js";
export type { AdmitInput, Service } from "./types.js";

/** A permit number for a plain yes, a `Grant` when there is more to say, or why not. */
export type Admitted = number | Grant | Refused;

export class Facade {
  readonly clock: Clock;
  readonly timers: TimerQueue;
  readonly listeners = new Listeners();
  /** @internal */
  specimen: unknown = undefined;
  /** Counts: times the engine stopped, and was dropped or rebuilt; calls let through meanwhile. */
  readonly stats = { traps: 0, rebuilds: 0, ungoverned: 0, snapshots: 0, lastTrap: undefined as string | undefined };
  readonly #o: FacadeOptions;
  readonly #keys: KeyCache;
  readonly #judged = new Judged();
  readonly #behind = new BehindWatch();
  readonly #revival: Revival;
  #raw: RawEngine | null = null;
  #tape: RecordSink | undefined;
  #names!: Names;
  #services = new Map<string, Service>();
  #epoch = 0;
  readonly #alarm: Alarm;
  #steps: number | undefined;
  #dirty = false;
  #begunAt = 0;
  #snappedAt = 0;
  #lastSnapshot: Uint8Array | undefined;
  #partsOf: RawEngine | null = null;
  readonly #keeper = new Keeper({
    part: (first) => this.#part(first),
    // where nothing runs between calls, the next call takes the next part
    later: (run) => { if (!this.clock.perCall) this.timers.after(PART_EVERY_MS, run, false); },
    done: (bytes) => this.#kept(bytes),
  });
  /** How many traps the state of that snapshot has been told of. */
  #trapsInSnapshot = 0;
  #policyJson: string;
  #closed = false;

  constructor(options: FacadeOptions) {
    this.#o = options;
    this.clock = options.clock;
    this.timers = new TimerQueue(options.clock);
    this.#alarm = new Alarm(options.clock, () => this.#wake());
    this.#keys = new KeyCache(options.keyCache ?? KEY_CACHE);
    this.#policyJson = options.policyJson;
    this.#tape = options.record;
    this.#lastSnapshot = options.snapshot;
    this.#steps = options.clock.steps;
    this.#revival = new Revival(this, options.loader);
    const at = this.clock.now();
    try { this.#begin(at); } catch (error) { throw readThrown(error); }
    this.#handle({ verb: "advance" }, at);
    this.#revival.enlist();
    tally().engines += 1;
    // a rebuild never starts from nothing: permits of the engine that was stay unknown to the one that is
    if (this.#lastSnapshot === undefined) this.#keep();
  }

  /** The name tables of the current policy. */
  get names(): Names { return this.#names; }
  /** Grows with every reload and every rebuild; a `Service` of another epoch is stale. */
  get epoch(): number { return this.#epoch; }
  get policyJson(): string { return this.#policyJson; }

  /** The service, or the core's own error about its name. */
  service(name: string): Service {
    const found = this.#services.get(name);
    if (found) return found;
    this.#handle({ verb: "admit", service: name, weight: 0 }, this.now());
    throw readThrown(JSON.stringify({ error: { code: "unknown_service", path: "service", message: `\`${name.slice(0, 80)}\` is no service of this policy`, help: "use a service that the policy declares" } }));
  }

  /** The instant to feed; orders a re-base when the clock was taken back for good. */
  now(): number {
    const { clock } = this;
    const at = clock.now();
    const watch = this.#behind;
    if (watch.calm && at >= watch.last && clock.steps === this.#steps) watch.last = at;
    else if (watch.feed(at) || clock.steps !== this.#steps) this.#rebase(at);
    return at;
  }

  #rebase(at: number): void {
    this.#steps = this.clock.steps;
    const by = at - this.#behind.last;
    if (by >= 0) {
      if (this.#begunAt <= 0) this.#begin(at); // made where the host shows no time
      return;
    }
    this.#behind.rebased(at);
    this.timers.shift(by);
    try { this.#handle({ verb: "command", order: "rebase", to_ms: at }, at); } catch (error) { console.error("brownout: re-base refused", error); }
  }

  /**
   * The hot path: numbers in, a number out. `keys` holds up to four names in the order of `names.keys`.
   * Throws `BrownoutError` for input that the core does not take.
   */
  admit(service: Service, keys: readonly (string | undefined)[], weight: number, at: number): Admitted {
    const answer = this.#admit(service, keys, weight, at);
    return typeof answer !== "number" && answer instanceof BrownoutError ? this.#admitAgain(answer, service, keys, weight, at) : answer;
  }

  #admitAgain(error: BrownoutError, service: Service, keys: readonly (string | undefined)[], weight: number, at: number): Admitted {
    if (error.code !== "stale_handle") throw error;
    this.#forget(keys);
    // another thread that shares this engine has given it another policy
    if (error.path === "service") this.#contained((raw) => this.#read(raw));
    const answer = this.#admit(this.service(service.info.name), keys, weight, at);
    if (answer instanceof BrownoutError) throw answer;
    return answer;
  }

  /** Asks once; an error of the core is returned. */
  #admit(service: Service, keys: readonly (string | undefined)[], weight: number, at: number): Admitted | BrownoutError {
    const raw = this.#raw ?? this.#alive(at);
    if (raw === null) return this.#away(service.info);
    try {
      const name = keys[0];
      const k0 = name === undefined ? 0 : this.#keys.get(name) || this.#key(name, at);
      const permit = keys.length > 1
        ? raw.admit(service.handle, k0, this.#key(keys[1], at), this.#key(keys[2], at), this.#key(keys[3], at), weight, at)
        : raw.admit(service.handle, k0, 0, 0, 0, weight, at);
      return permit > 0 && this.#dirty && raw.scratch[FLAGS] === 0 ? permit : this.#answer(raw, permit, service.info, keys, at);
    } catch (thrown) {
      this.#trapped(thrown);
      return this.#away(service.info);
    }
  }

  #answer(raw: RawEngine, permit: number, service: ServiceInfo, keys: readonly (string | undefined)[], at: number): Admitted | BrownoutError {
    if (!this.#dirty) this.#touch();
    if (permit < 0) return this.#error(raw);
    const n = raw.scratch;
    const flags = n[SLOT.flags] ?? 0;
    if (permit > 0 && flags === 0) return permit;
    if (flags & FLAG.rearm) this.#alarm.set(n[SLOT.nextMs] ?? -1, at);
    let answer: Grant | Refused = permit > 0 ? grantOfScratch(n, permit) : refusalOfScratch(n, this.#names, service);
    if (needsDrain(flags)) {
      const out = this.#drain(raw);
      const d = out.decision;
      if (d?.result === "granted") answer = grantOf({ ...d, permit });
      else if (d?.result === "refused") answer = refusalOf(d);
      this.#deliver(out, at);
    }
    // the handle stands for a key that found no room: next time it may
    if ("refusal" in answer && answer.refusal.code === "keys_exhausted") this.#forget(keys);
    return answer;
  }

  /** The same question with more to say: amounts, a later attempt, keys that only the core knows. */
  ask(input: AdmitInput, at: number): Grant | Refused {
    const d = this.#decide({ verb: "admit", ...input }, at);
    if (d === null) return this.#away(this.#services.get(input.service)?.info);
    return d.result === "granted" ? grantOf(d) : refusalOf(d);
  }

  /** Settles by the number of an outcome. Throws `unknown_permit` and the like. */
  settle(permit: number, outcome: number, durationMs: number, at: number): Settled | 1 {
    const raw = this.#raw ?? this.#alive(at);
    if (raw === null || permit === 0) return UNSETTLED;
    try {
      const counted = raw.settle(permit, outcome, durationMs, at);
      return counted === 1 && this.#dirty && raw.scratch[FLAGS] === 0 ? 1 : this.#settled(raw, counted, outcome, at);
    } catch (error) {
      this.#trapped(error);
      return UNSETTLED;
    }
  }

  #settled(raw: RawEngine, counted: number, outcome: number, at: number): Settled | 1 {
    if (!this.#dirty) this.#touch();
    if (counted < 0) throw this.#error(raw);
    const n = raw.scratch;
    const flags = n[SLOT.flags] ?? 0;
    if (counted === 1 && flags === 0) return 1;
    if (flags & FLAG.rearm) this.#alarm.set(n[SLOT.nextMs] ?? -1, at);
    let settled = settledOfScratch(n, counted === 1, outcome, this.#names);
    if (needsDrain(flags)) {
      const out = this.#drain(raw);
      if (out.decision) settled = settledOf(out.decision);
      this.#deliver(out, at);
    }
    return settled;
  }

  /** Settles by facts, which the core classifies. */
  settleFacts(permit: number, facts: Facts, at: number, more?: { idempotent?: boolean; durationMs?: number }): Settled {
    if (permit === 0) return UNSETTLED;
    const d = this.#decide({ verb: "settle", permit, ...wireFacts(facts), ...(more?.idempotent === undefined ? {} : { idempotent: more.idempotent }), ...(more?.durationMs === undefined ? {} : { duration_ms: more.durationMs }) }, at);
    return d === null ? UNSETTLED : settledOf(d);
  }

  /** The same for guards: a permit that the engine no longer knows is no error of the person who called. */
  settleQuietly(permit: number, facts: Facts | number, at: number, service: string, idempotent?: boolean): Settled | 1 {
    try {
      return typeof facts === "number" ? this.settle(permit, facts, Number.NaN, at) : this.#settleKind(permit, facts, at, service, idempotent);
    } catch (error) { return forgiven(error); }
  }

  #settleKind(permit: number, facts: Facts, at: number, service: string, idempotent: boolean | undefined): Settled {
    // numbers do not say whether a call may be made twice
    const once = this.#services.get(service)?.info.retries === false;
    const known = once ? this.#judged.outcome(service, facts) : -1;
    if (known >= 0) return plainly(this.settle(permit, known, Number.NaN, at), this.#names.outcomes[known]);
    const settled = this.settleFacts(permit, facts, at, idempotent === undefined ? undefined : { idempotent });
    if (once) this.#judged.learn(service, facts, this.#names.outcomes.indexOf(settled.outcome), settled.because);
    return settled;
  }

  /** Any verb; the decision. Throws `engine_lost` while the engine is away. */
  handle(input: object, at = this.now()): WireDecision { return this.output(input, at).decision ?? DONE; }

  /** Any verb; the whole output. Throws `engine_lost` while the engine is away. */
  output(input: object, at = this.now()): WireOutput {
    const out = this.#handle(input, at);
    if (out === null) throw lost();
    return out;
  }

  /** Another policy: equal rules keep their history. */
  reload(policyJson: string): void {
    const at = this.now();
    if (this.#text(`{"verb":"reload","policy":${policyJson}}`, at) === null) throw lost();
    this.#policyJson = policyJson;
    if (this.#raw) this.#contained((raw) => this.#read(raw));
    this.#lastSnapshot = undefined;
    this.#snap();
  }

  /** Canonical bytes of all state; they are also what a rebuild starts from. */
  snapshot(): Uint8Array {
    const bytes = this.#snap();
    if (bytes) return bytes;
    if (this.#lastSnapshot) return this.#lastSnapshot;
    throw lost();
  }

  /** Writes every input down from here on; returns what ends it. One recording at a time: another takes its place. */
  record(sink: RecordSink): () => void {
    const at = this.now();
    this.#untape();
    this.#tape = sink;
    this.#keys.clear(); // the tape learns the names of keys as they are asked for
    this.#contained((raw) => { this.#raw = new Taped(raw, sink, at); });
    return () => { if (this.#tape === sink) this.#untape(); };
  }

  #untape(): void {
    this.#tape = undefined;
    if (this.#raw instanceof Taped) this.#raw = this.#raw.inner;
  }

  /** Ends timers and the engine. Calls afterwards go ungoverned. */
  close(): void {
    if (!this.#closed) tally().engines -= 1;
    this.#closed = true;
    this.#revival.leave();
    this.#alarm.close();
    const raw = this.#raw;
    this.#raw = null;
    try { raw?.free?.(); } catch { /* the instance is already gone */ }
  }

  // ---- inside ----

  #forget(keys: readonly (string | undefined)[]): void {
    for (const name of keys) if (name !== undefined) this.#keys.delete(name);
  }

  #key(name: string | undefined, at: number): number {
    if (name === undefined) return 0;
    const known = this.#keys.get(name);
    if (known !== 0) return known;
    const raw = this.#raw;
    if (!raw) return 0;
    const handle = raw.key(name, at);
    if (handle <= 0) throw this.#error(raw);
    this.#keys.set(name, handle);
    return handle;
  }

  #alive(at: number): RawEngine | null {
    if (this.#raw !== null) return this.#raw;
    if (this.#closed || !this.#revival.due(at)) return null;
    for (const bytes of this.#lastSnapshot ? [this.#lastSnapshot, undefined] : [undefined]) {
      if (this.#rebuild(bytes, at)) return this.#raw;
    }
    return null;
  }

  /** A new engine from the state of a snapshot, or from none, told how often it was lost; false when that fails too. */
  #rebuild(bytes: Uint8Array | undefined, at: number): boolean {
    const { loader, seed } = this.#o;
    const { traps, lastTrap } = this.stats;
    try {
      // another seed than that of the engine that was: it may have given out permits that are still in use
      const fresh = BigInt.asUintN(64, seed + BigInt(traps));
      if (bytes) this.#take(loader.restore(this.#policyJson, bytes, at), at);
      else this.#take(loader.create(this.#policyJson, fresh, at), at, fresh);
    } catch (error) {
      this.#raw = null;
      if (isTrap(error)) this.#trapped(error);
      else console.error("brownout: the engine cannot be rebuilt", readThrown(error));
      return false;
    }
    const losses = traps - (bytes ? this.#trapsInSnapshot : 0);
    const told = this.#raw?.joined !== true && losses > 0;
    if (this.#handle(told ? { verb: "command", order: "rebuilt", losses, cause: lastTrap } : { verb: "advance" }, at) === null) return false;
    this.stats.rebuilds += 1;
    tally().rebuilds += 1;
    return this.#raw !== null;
  }

  #begin(at: number): void {
    const { loader, snapshot, seed } = this.#o;
    this.#begunAt = this.#snappedAt = at;
    const old = this.#raw;
    if (snapshot) this.#take(loader.restore(this.#policyJson, snapshot, at), at);
    else this.#take(loader.create(this.#policyJson, seed, at), at, seed);
    old?.free?.();
  }

  /** `seed` where the engine is a fresh one. */
  #take(raw: RawEngine, at: number, seed?: bigint): void {
    this.#raw = this.#tape === undefined ? raw : new Taped(raw, this.#tape, at, raw.joined === true ? undefined : seed);
    this.#read(raw);
  }

  #read(raw: RawEngine): void {
    const names = JSON.parse(raw.names()) as Names;
    this.#names = names;
    this.#epoch += 1;
    this.#keys.clear();
    this.#judged.clear();
    const epoch = this.#epoch;
    this.#services = new Map(names.services.map((info) => [info.name, { handle: info.handle, epoch, info }]));
  }

  /** The engine is away: the policy says whether the call goes through ungoverned or is refused. */
  #away(service: ServiceInfo | undefined): Grant | Refused {
    const answer = away(service);
    if (answer === UNGOVERNED) this.stats.ungoverned += 1;
    return answer;
  }

  /** Rethrows what is no trap; after a trap the engine is gone. */
  #trapped(error: unknown): void {
    if (!isTrap(error)) throw readThrown(error);
    this.#revival.trapped(this.clock.now(), String((error as Error).message));
  }

  /** Runs something of the engine that is no call of a user's. */
  #contained(run: (raw: RawEngine) => void): void {
    if (!this.#raw) return;
    try { run(this.#raw); } catch (error) { this.#trapped(error); }
  }

  /** @internal The wasm instance is gone, with every engine inside it. */
  drop(cause: string): void {
    this.#raw = null;
    this.stats.lastTrap = cause;
    this.stats.traps += 1;
    this.listeners.emit([{ effect: "engine_lost", cause, losses: this.stats.traps, at_ms: this.clock.now() }]);
    this.#alarm.clear();
    // the engine's own deadlines still need somebody to come by
    this.#alarm.set(this.clock.now() + this.#revival.waitMs, this.clock.now());
  }

  #decide(input: object, at: number): WireDecision | null {
    const out = this.#handle(input, at);
    return out === null ? null : (out.decision ?? { result: "done" });
  }

  #handle(input: object, at: number): WireOutput | null { return this.#text(wireText(input), at); }

  #text(input: string, at: number): WireOutput | null {
    const raw = this.#alive(at);
    if (!raw) return null;
    let out: WireOutput;
    try {
      out = JSON.parse(raw.handle(input, at)) as WireOutput;
    } catch (error) {
      this.#trapped(error);
      return null;
    }
    const faults = faultsOf(out);
    if (faults) throw new BrownoutError(faults);
    if (!this.#dirty) this.#touch();
    this.#deliver(out, at);
    return out;
  }

  #drain(raw: RawEngine): WireOutput { return JSON.parse(raw.drain()) as WireOutput; }

  #error(raw: RawEngine): BrownoutError { return new BrownoutError(faultsOf(this.#drain(raw)) ?? []); }

  #deliver(out: WireOutput, at: number): void {
    if (out.next !== undefined) this.#alarm.set(out.next === null ? -1 : out.next.at_ms, at);
    const effects = out.effects;
    if (!effects || effects.length === 0) return;
    for (const effect of effects) {
      if (effect.effect === "clock_behind" && typeof effect["by_ms"] === "number") this.#behind.engineAt(at + effect["by_ms"]);
    }
    this.listeners.emit(effects);
  }

  #wake(): void {
    const at = this.now();
    const raw = this.#alive(at);
    if (!raw) { this.#alarm.set(at + this.#revival.waitMs, at); return; }
    this.#contained(() => {
      raw.advance(at);
      const n = raw.scratch;
      const next = n[SLOT.nextMs] ?? -1;
      if (needsDrain(n[SLOT.flags] ?? 0)) this.#deliver(this.#drain(raw), at);
      this.#alarm.set(next, at);
      if (!this.#dirty) this.#touch();
    });
  }

  #touch(): void {
    const every = this.#o.snapshotEveryMs ?? SNAPSHOT_EVERY_MS;
    if (this.clock.perCall) {
      if (this.#keeper.busy) return this.#keeper.step();
      const at = this.clock.now();
      if (at - this.#snappedAt < every) return;
      this.#snappedAt = at;
      this.#keeper.begin();
      return;
    }
    this.#dirty = true;
    this.timers.after(every, () => {
      this.#dirty = false;
      this.#keeper.begin();
    }, false);
  }

  /** Takes a whole snapshot at once. */
  #snap(): Uint8Array | null {
    const bytes = this.#keep();
    if (bytes !== null) this.#kept(bytes);
    return bytes;
  }

  #kept(bytes: Uint8Array): void {
    this.#lastSnapshot = bytes;
    this.#trapsInSnapshot = this.stats.traps;
    this.stats.snapshots += 1;
    try { this.#o.onSnapshot?.(bytes); } catch (error) { console.error("brownout: `onSnapshot` threw", error); }
  }

  /** A snapshot to rebuild from. */
  #keep(): Uint8Array | null {
    let bytes: Uint8Array | null = null;
    this.#contained((raw) => {
      bytes = this.#lastSnapshot = raw.snapshot();
      this.#trapsInSnapshot = this.stats.traps;
    });
    return bytes;
  }

  /** The next part of a snapshot, as long as the engine is that of the first one. */
  #part(first: boolean): Uint8Array | null {
    let part: Uint8Array | null = null;
    this.#contained((raw) => {
      if (first) this.#partsOf = raw;
      if (raw === this.#partsOf) part = raw.part(first);
    });
    return part;
  }
}

const FLAGS = SLOT.flags;
const DONE: WireDecision = Object.freeze({ result: "done" });
