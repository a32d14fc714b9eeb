// The package as its users load it, plus its own loader, bundled from the sources: no build has to come first.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));

/** The exports of `brownout` for Node, and `loader`. */
export async function load() {
  const folder = mkdtempSync(join(tmpdir(), "brownout-bench-"));
  const outfile = join(folder, "brownout.mjs");
  try {
    await build({
      stdin: { contents: 'export * from "./src/node.js"; export { loader } from "./src/engine/node.js";', resolveDir: join(here, "..") },
      bundle: true, format: "esm", platform: "node", target: "es2022", packages: "external", outfile, logLevel: "warning",
    });
    return await import(pathToFileURL(outfile).href);
  } finally { rmSync(folder, { recursive: true, force: true }); }
}
