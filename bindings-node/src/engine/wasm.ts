// The engine as wasm. Each copy of this module has an instance of its own: pointers never cross from one to another.
//
// After a trap the whole instance is discarded, with all its engines: their memory can no longer be trusted.
import * as glue from "../generated/engine_bg.js";
import type { EngineLoader, RawEngine } from "../raw.js";

/** What is called without the glue: numbers alone cross here. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  __wbindgen_start(): void;
  engine_admit(engine: number, service: number, k0: number, k1: number, k2: number, k3: number, weight: number, atMs: number): number;
  engine_settle(engine: number, permit: number, outcome: number, durationMs: number, atMs: number): number;
}
/** What the glue's class has beside its declared methods; the pointer is 0 once the engine is gone. */
interface Handle { readonly __wbg_ptr: number; __destroy_into_raw(): number }
type Raw = glue.Engine & Handle;

/** The engines of one instance. The set is strong, so that none is freed twice or into another instance. */
interface Instance { readonly exports: Exports; readonly engines: Set<Raw> }

const GLUE = "./engine_bg.js";

function instantiate(module: WebAssembly.Module): Instance {
  const instance = new WebAssembly.Instance(module, { [GLUE]: glue as unknown as WebAssembly.ModuleImports });
  const exports = instance.exports as unknown as Exports;
  glue.__wbg_set_wasm(instance.exports);
  exports.__wbindgen_start();
  return { exports, engines: new Set() };
}

type Dropped = { home: Instance; raw: Raw };
/** Workers with an old compatibility date have no such registry: there an engine lives as long as its isolate. */
const dropped = typeof FinalizationRegistry === "undefined" ? undefined : new FinalizationRegistry<Dropped>(({ home, raw }) => {
  if (home.engines.delete(raw)) raw.free();
});

class WasmEngine implements RawEngine {
  readonly #raw: Raw;
  readonly #home: Instance;
  readonly #admit: Exports["engine_admit"];
  readonly #settle: Exports["engine_settle"];
  #scratch: Float64Array;

  constructor(engine: glue.Engine, home: Instance) {
    const raw = engine as Raw;
    this.#raw = raw;
    this.#home = home;
    this.#admit = home.exports.engine_admit;
    this.#settle = home.exports.engine_settle;
    this.#scratch = new Float64Array(home.exports.memory.buffer, raw.scratch(), 16);
    home.engines.add(raw);
    dropped?.register(this, { home, raw }, this);
  }
  get scratch(): Float64Array {
    const scratch = this.#scratch;
    // growing the memory detaches every view of it
    return scratch.length === 0 ? this.#view() : scratch;
  }
  #view(): Float64Array { return (this.#scratch = new Float64Array(this.#home.exports.memory.buffer, this.#raw.scratch(), 16)); }
  names(): string { return this.#raw.names(); }
  key(name: string, atMs: number): number { return this.#raw.key(name, atMs); }
  admit(service: number, k0: number, k1: number, k2: number, k3: number, weight: number, atMs: number): number {
    return this.#admit(this.#raw.__wbg_ptr, service, k0, k1, k2, k3, weight, atMs);
  }
  settle(permit: number, outcome: number, durationMs: number, atMs: number): number {
    return this.#settle(this.#raw.__wbg_ptr, permit, outcome, durationMs, atMs);
  }
  advance(atMs: number): number { return this.#raw.advance(atMs); }
  drain(): string { return this.#raw.drain(); }
  handle(inputJson: string, atMs: number): string { return this.#raw.handle(inputJson, atMs); }
  snapshot(): Uint8Array { return this.#raw.snapshot(); }
  part(first: boolean): Uint8Array { return this.#raw.part(first); }
  free(): void {
    dropped?.unregister(this);
    if (this.#home.engines.delete(this.#raw)) this.#raw.free();
  }
}

/** A loader over a way to get at the module; it is compiled at the first use. */
export function wasmLoader(compile: () => WebAssembly.Module): EngineLoader {
  let module: WebAssembly.Module | undefined;
  let instance: Instance | undefined;
  const ready = (): Instance => (instance ??= instantiate((module ??= compile())));
  return {
    kind: "wasm",
    create(policyJson, seed, atMs) {
      const home = ready();
      return new WasmEngine(glue.Engine.open(policyJson, seed, atMs), home);
    },
    restore(policyJson, snapshot, atMs) {
      const home = ready();
      return new WasmEngine(glue.Engine.restore(policyJson, snapshot, atMs), home);
    },
    call(op, payload) {
      ready();
      return glue.call(op, payload);
    },
    discard() {
      if (!instance) return;
      // forgets the pointers without touching the memory that they point into
      for (const raw of instance.engines) raw.__destroy_into_raw();
      instance.engines.clear();
      // growing, even by nothing, detaches the glue's cached views of the old memory: they must not outlive it
      instance.exports.memory.grow(0);
      instance = undefined;
    },
  };
}
