// Node: the module travels as text inside the bundle. No file to trace, no request, no await.
import base64 from "../generated/engine_wasm.js";
import type { EngineLoader } from "../raw.js";
import { wasmLoader } from "./wasm.js";

export const loader: EngineLoader = wasmLoader(() => new WebAssembly.Module(Buffer.from(base64, "base64")));
