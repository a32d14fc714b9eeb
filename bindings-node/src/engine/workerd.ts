// Workers (workerd): they hand over a compiled module, and refuse to compile bytes inside a request.
// @ts-expect-error the runtime's bundler resolves it
import module from "../generated/engine_bg.wasm";
import type { EngineLoader } from "../raw.js";
import { wasmLoader } from "./wasm.js";

export const loader: EngineLoader = wasmLoader(() => module as WebAssembly.Module);
