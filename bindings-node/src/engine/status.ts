// The small wasm build that a page loads: feature states, banner, poll schedule.
//
// A page whose content security policy lacks 'wasm-unsafe-eval' may not compile it: opening throws, and the same rules run in
// JavaScript instead.
import * as glue from "../generated/status_bg.js";
import base64 from "../generated/status_wasm.js";
import { useStatus } from "../status-core.js";

let ready = false;

function instantiate(): void {
  const module = new WebAssembly.Module(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)));
  const { exports } = new WebAssembly.Instance(module, { "./status_bg.js": glue as unknown as WebAssembly.ModuleImports });
  glue.__wbg_set_wasm(exports);
  (exports as unknown as { __wbindgen_start(): void }).__wbindgen_start();
  ready = true;
}

useStatus((seed, atMs) => {
  if (!ready) instantiate();
  return glue.StatusClient.open(seed, atMs);
});
