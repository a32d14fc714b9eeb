// Edge runtimes of Next.js: they hand over a compiled module, and refuse to compile bytes.
// @ts-expect-error the runtime's bundler resolves it
import module from "../generated/engine_bg.wasm?module";
import type { EngineLoader } from "../raw.js";
import { wasmLoader } from "./wasm.js";

export const loader: EngineLoader = wasmLoader(() => module as WebAssembly.Module);
