// Prints for each file: its bytes, with gzip -9, and with brotli -q 11. A script is bundled and minified first, as a page would get it.
import { readFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

async function bundled(file) {
  const { build } = await import("esbuild");
  const made = await build({ entryPoints: [file], bundle: true, minify: true, format: "esm", target: "es2022", write: false, legalComments: "none" });
  return made.outputFiles[0].contents;
}

for (const file of process.argv.slice(2)) {
  const bytes = file.endsWith(".js") ? await bundled(file) : readFileSync(file);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  console.log(bytes.length, gzipSync(bytes, { level: 9 }).length, brotliCompressSync(bytes, { params }).length);
}
