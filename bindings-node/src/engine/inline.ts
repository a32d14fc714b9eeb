// Browsers and anything else that may compile bytes: the module travels as text inside the bundle.
import base64 from "../generated/engine_wasm.js";
import type { EngineLoader } from "../raw.js";
import { wasmLoader } from "./wasm.js";

export const loader: EngineLoader = wasmLoader(
  () => new WebAssembly.Module(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))),
);
