// What a page downloads, with brotli at quality 11: the wasm modules, the entries that carry them, and a rival.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { build } from "esbuild";
import { tell } from "./timing.mjs";

const FILES = {
  engine: "../../bindings-node/src/generated/engine_bg.wasm",
  status: "../../bindings-node/src/generated/status_bg.wasm",
  page: "../../bindings-node/dist/status.js",
  inline: "../../bindings-node/dist/inline.js",
  cockatiel: "node_modules/cockatiel/dist/esm/index.js",
};

/** As a page would get it. */
async function bundled(file) {
  const made = await build({ entryPoints: [file], bundle: true, minify: true, format: "esm", target: "es2022", write: false, legalComments: "none" });
  return made.outputFiles[0].contents;
}

for (const [name, path] of Object.entries(FILES)) {
  const file = fileURLToPath(new URL(path, import.meta.url));
  const bytes = file.endsWith(".js") ? await bundled(file) : readFileSync(file);
  const packed = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
  tell(`size.${name}`, "B", [packed.length]);
}
