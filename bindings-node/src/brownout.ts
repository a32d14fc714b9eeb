// `createBrownout({ policy })`: what an application holds.
import { WallClock, type Clock } from "./clock.js";
import { withKeys, type KeyValues } from "./context.js";
import type { Listener } from "./effects.js";
import { fault, readThrown } from "./errors.js";
import { napiLoader, type Native } from "./engine/napi.js";
import { Facade, type AdmitInput } from "./facade.js";
import { guardedFetch, type FetchOptions } from "./fetch.js";
import { Guard, type GuardOptions } from "./guard.js";
import { report, type HealthAnswer, type HealthOptions } from "./health.js";
import type { ServiceName } from "./names.js";
import { policyJson, type PolicyInput } from "./policy.js";
import type { EngineLoader } from "./raw.js";
import type { RecordSink } from "./tape.js";
import type { Refused } from "./read.js";
import { named, tally } from "./registry.js";
import type { Effect, Facts, Grant, Names, Settled } from "./types.js";

/** How an engine is made. */
export interface BrownoutOptions {
  /** An object, JSON text, or what `toml()`, `yaml()` and `policyFile()` give. */
  policy: PolicyInput;
  /** One engine per name and process; another policy under the same name is a reload. */
  name?: string;
  /** Repeats every draw. Random when left out. */
  seed?: number | bigint;
  clock?: Clock;
  /** Bytes of an earlier `snapshot()` under the same policy. */
  snapshot?: Uint8Array;
  /** Gets the bytes of each periodic snapshot. */
  onSnapshot?: (bytes: Uint8Array) => void;
  /** How often a changed engine is snapshotted in memory. */
  snapshotEveryMs?: number;
  /** How many key handles are kept at hand. */
  keyCache?: number;
  /** Gets every input from the first on, one JSON line each; see `record()`. */
  record?: RecordSink;
  /**
   * `native` runs it on the optional package `brownout-native`, where one engine of a name serves all worker threads of the
   * process; where that is not installed, on wasm, one engine for each thread.
   */
  engine?: "wasm" | "native";
  /** Runs the engine elsewhere. */
  loader?: EngineLoader;
}

/** A dependency's own health, as a probe found it. */
export interface Probe {
  ok: boolean;
  latencyMs?: number;
  memory?: { used_bytes: number; total_bytes: number };
  message?: string;
}

const DEFAULT_NAME = "default";
let builtIn: EngineLoader | undefined;
let ownClock = (): Clock => new WallClock();

/** @internal The entry's own engine, and its clock where that is not the process's. */
export function useLoader(loader: EngineLoader, clock?: () => Clock): void {
  builtIn = loader;
  if (clock) ownClock = clock;
}

let findAddon: () => Native | null = () => null;

/** @internal How the entry finds the optional addon. */
export function useAddon(find: () => Native | null): void { findAddon = find; }

function nativeLoader(name: string): EngineLoader | undefined {
  const native = findAddon();
  return native === null ? undefined : napiLoader(native, name);
}

let recordTo: () => RecordSink | undefined = () => undefined;

/** @internal Where the entry's engines write their inputs, if anywhere. */
export function useRecorder(find: () => RecordSink | undefined): void { recordTo = find; }

/** @internal The entry's own engine, for pure functions. */
export function entryLoader(): EngineLoader {
  if (!builtIn) throw fault("engine_lost", "", "this entry carries no engine", "import `brownout`, not one of its files");
  return builtIn;
}

/**
 * The engine of this name, made on the first call. Later calls with the same policy give the same engine (their other
 * options are ignored); with another policy they reload it. Throws `BrownoutError` with every fault of the policy.
 */
export function createBrownout(options: BrownoutOptions): Brownout {
  const all = named<Brownout>();
  const name = options.name ?? DEFAULT_NAME;
  const there = all.get(name);
  if (there) {
    there.reload(options.policy);
    return there;
  }
  const made = new Brownout(options);
  all.set(name, made);
  return made;
}

/** The engine of this name, if one was made. */
export function brownout(name = DEFAULT_NAME): Brownout | undefined { return named<Brownout>().get(name); }

/** A policy at work. Made by `createBrownout`; `new` makes one outside the registry. */
export class Brownout {
  readonly name: string;
  /** What runs the engine. */
  readonly kind: EngineInfo["kind"];
  /** @internal */
  readonly facade: Facade;

  constructor(options: BrownoutOptions) {
    this.name = options.name ?? DEFAULT_NAME;
    const loader = options.loader ?? (options.engine === "native" ? nativeLoader(this.name) : undefined) ?? entryLoader();
    this.kind = kindOf(loader);
    const record = options.record ?? recordTo();
    this.facade = new Facade({
      loader,
      policyJson: policyJson(options.policy),
      seed: seedOf(options.seed),
      clock: options.clock ?? ownClock(),
      ...(options.snapshot === undefined ? {} : { snapshot: options.snapshot }),
      ...(options.onSnapshot === undefined ? {} : { onSnapshot: options.onSnapshot }),
      ...(options.snapshotEveryMs === undefined ? {} : { snapshotEveryMs: options.snapshotEveryMs }),
      ...(options.keyCache === undefined ? {} : { keyCache: options.keyCache }),
      ...(record === undefined ? {} : { record }),
    });
  }

  /** A service with the options of its calls. Throws `unknown_service`. */
  guard<D = unknown>(service: ServiceName, options?: GuardOptions<D>): Guard<D> { return new Guard<D>(this.facade, service, options); }

  /** A `fetch` whose calls go through the service. Throws `unknown_service`. */
  fetch(service: ServiceName, options?: FetchOptions): typeof globalThis.fetch { return guardedFetch(this.facade, service, options); }

  /** Calls made inside `fn` carry these keys. */
  with<R>(keys: KeyValues, fn: () => R): R { return withKeys(keys, fn); }

  /** The tables of names of the current policy. */
  get names(): Names { return this.facade.names; }

  /** Asks by hand. Settle the permit of a grant exactly once. */
  admit(service: ServiceName, more: Omit<AdmitInput, "service"> = {}): Grant | Refused {
    return this.facade.ask({ service, ...more }, this.facade.now());
  }

  /** Settles by hand. Throws `unknown_permit` when it was settled before, or granted elsewhere. */
  settle(permit: number, facts: Facts, more?: { idempotent?: boolean; durationMs?: number }): Settled {
    return this.facade.settleFacts(permit, facts, this.facade.now(), more);
  }

  /** The result of a probe of a service. */
  observe(service: ServiceName, probe: Probe): void {
    const { latencyMs, ...rest } = probe;
    this.facade.handle({ verb: "observe", service, ...rest, ...(latencyMs === undefined ? {} : { latency_ms: latencyMs }) });
  }

  /** A number that rules may look at. */
  gauge(name: string, value: number): void { this.facade.handle({ verb: "observe", gauge: name, value }); }

  /** An order: `force_open`, `force_close`, `disable`, `reset`, `mode`, `maintenance`, `clear_maintenance`, `refund`; fields as on the wire. */
  command(order: string, fields: Readonly<Record<string, unknown>> = {}): void { this.facade.handle({ verb: "command", order, ...fields }); }

  /** What a health endpoint answers. */
  health(options?: HealthOptions): HealthAnswer { return report(this.facade, options); }

  /** Runs every deadline that is due, as the timer would. */
  advance(): void { this.facade.handle({ verb: "advance" }); }

  /** Any verb of the wire, and the whole output. */
  handle(input: object): unknown { return this.facade.output(input); }

  /** Another policy: equal rules keep their history. Nothing happens when it is the same. Throws `BrownoutError`, and the old one stays. */
  reload(policy: PolicyInput): void {
    const json = policyJson(policy);
    if (json !== this.facade.policyJson) this.facade.reload(json);
  }

  /** What a call would be told, and what every gate looks at: the decision of the verb `explain`. Takes and counts nothing. */
  explain(service: string, keys: Readonly<Record<string, string>> = {}, more: { weight?: number; amounts?: Readonly<Record<string, number>> } = {}): unknown {
    return this.facade.handle({ verb: "explain", service, keys, ...more });
  }

  /** Writes every input down, one JSON line each, for `brownout replay`. Returns what ends it. */
  record(sink: RecordSink): () => void { return this.facade.record(sink); }

  /** Canonical bytes of all state. */
  snapshot(): Uint8Array { return this.facade.snapshot(); }

  /** Listens to one kind of effect, or to all with `*`. Returns what ends it. */
  on<K extends Effect["effect"]>(kind: K, listener: (effect: Extract<Effect, { effect: K }>) => void): () => void;
  on(kind: string, listener: (effect: Effect) => void): () => void;
  on(kind: string, listener: (effect: never) => void): () => void { return this.facade.listeners.on(kind, listener as Listener); }

  /** Traps, calls let through while the engine was away, snapshots. */
  get stats(): Readonly<Facade["stats"]> { return this.facade.stats; }

  /** Ends timers and engine and frees the name. */
  close(): void {
    this.facade.close();
    const all = named<Brownout>();
    if (all.get(this.name) === this) all.delete(this.name);
  }
}

function seedOf(seed: number | bigint | undefined): bigint {
  if (typeof seed === "bigint") return BigInt.asUintN(64, seed);
  if (seed === undefined) {
    let draw = [0, 1].map(() => Math.floor(Math.random() * 2 ** 32));
    try { draw = [...crypto.getRandomValues(new Uint32Array(2))]; } catch { /* Workers give none while modules are loaded */ }
    return (BigInt(draw[0] ?? 0) << 32n) | BigInt(draw[1] ?? 0);
  }
  if (!Number.isSafeInteger(seed) || seed < 0) throw fault("number_out_of_range", "seed", "a seed is an integer from 0 to 2^53", "send a number inside the range the message names");
  return BigInt(seed);
}

/** A pure function of the core: `version`, `canonical`, `policy_check`, `digest`, …: text in, text out. */
export function call(op: string, payload = ""): string { return entryLoader().call(op, payload); }

/**
 * The same off the main thread, for work that takes long, such as a replay: on a thread of Node's pool where `brownout-native` is
 * installed, else right here.
 */
export async function callAsync(op: string, payload = ""): Promise<string> {
  const native = findAddon();
  if (native === null) return call(op, payload);
  try { return await native.callAsync(op, payload); } catch (error) { throw readThrown(error); }
}

/** What there is of engines in this process, or rather in this thread of it. */
export interface EngineInfo {
  /** What runs engines here, or the engine of the name that was asked for. */
  readonly kind: "wasm" | "native";
  /** The core's version. */
  readonly version: string;
  /** The version of `brownout-native`, where it is installed. */
  readonly native: string | null;
  /** How many engines are open. */
  readonly engines: number;
  /** How often one of them was rebuilt after it had stopped inside a call. */
  readonly rebuilds: number;
}

/** What runs here; with a name, what runs the engine of that name. Looks for `brownout-native` if nobody has before. */
export function engineInfo(name?: string): EngineInfo {
  const engine = name === undefined ? undefined : brownout(name);
  return {
    kind: engine?.kind ?? kindOf(entryLoader()),
    version: JSON.parse(call("version")) as string,
    native: findAddon()?.version() ?? null,
    ...tally(),
  };
}

function kindOf(loader: EngineLoader): EngineInfo["kind"] { return loader.kind === "napi" ? "native" : "wasm"; }
