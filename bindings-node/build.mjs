// Builds the package: type check and declarations by tsc, bundles by esbuild. `src/generated` is written before, by
// `cargo xtask test --only wasm`.
//
// What is built follows from `exports` in package.json: `./dist/NAME.js` comes from `src/NAME.ts` or `.tsx`. The entries of
// "." carry the engine; every subpath imports it back from "brownout", so that one process has one copy of it. The engine's bytes
// are packed three times: as text in a module for `import`, in one for `require`, and as the file that edge runtimes load.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const pkg = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
const src = join(here, "src");

/** All `./dist/NAME.{js,cjs}` that an export leads to. */
function outputs(node) {
  if (typeof node === "string") return /^\.\/dist\/[^/]+\.c?js$/.test(node) ? [node.slice("./dist/".length)] : [];
  return Object.values(node).flatMap(outputs);
}
function source(name) {
  const found = ["ts", "tsx"].map((ext) => join(src, `${name}.${ext}`)).find(existsSync);
  if (!found) throw new Error(`package.json exports dist/${name}, but there is no src/${name}.ts`);
  return found;
}

// An entry's own copy of the engine, or the one of "brownout": a subpath never bundles a second one.
const share = {
  name: "share",
  setup(b) {
    b.onResolve({ filter: /(^|\/)index\.js$/ }, ({ path, resolveDir }) =>
      join(resolveDir, path) === join(src, "index.js") ? { path: "brownout", external: true } : undefined);
  },
};
// Edge runtimes get their module as a file beside the entry: they may not compile bytes.
const beside = {
  name: "beside",
  setup(b) {
    b.onResolve({ filter: /\.wasm(\?module)?$/ }, ({ path }) => ({ path: `./${path.split("/").pop()}`, external: true }));
  },
};
// The engine's bytes as text: one file for the entries of Node and of browsers.
const inlined = (extension) => ({
  name: "inlined",
  setup(b) {
    b.onResolve({ filter: /generated\/engine_wasm\.js$/ }, () => ({ path: `./engine_wasm${extension}`, external: true }));
  },
});

const common = { absWorkingDir: here, bundle: true, target: "es2022", sourcemap: true, legalComments: "none", logLevel: "warning", logOverride: { "empty-import-meta": "silent" }, packages: "external", jsx: "automatic", outdir: "dist" };
// A page may lack what the wasm glue takes for granted.
const page = { ...common, inject: [join(src, "engine/text.ts")] };
const name = (file) => file.replace(/\.c?js$/, "");
const isMain = (file) => ["node", "inline", "edge", "workerd"].includes(name(file));
const platform = (file) => (name(file) === "node" ? "node" : "neutral");

const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
rmSync(join(here, "dist"), { recursive: true, force: true });
execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { cwd: here, stdio: "inherit" });
// What `require` gives is declared by `.d.cts` files: without them TypeScript takes the package for ESM alone.
const types = join(here, "dist/types");
for (const file of readdirSync(types, { recursive: true }).filter((f) => f.endsWith(".d.ts"))) {
  const text = readFileSync(join(types, file), "utf8").replace(/(["'])(\.{1,2}\/[^"'\n]+)\.js\1/g, "$1$2.cjs$1");
  writeFileSync(join(types, file.replace(/\.d\.ts$/, ".d.cts")), text);
}

const files = [...new Set(outputs(pkg.exports))];
const entries = (list) => Object.fromEntries(list.map((file) => [name(file), source(name(file))]));
// Subpaths share what they have in common, so that two of them in one page carry the status client once.
const shared = files.filter((file) => !isMain(file) && file.endsWith(".js"));
if (shared.length > 0) {
  await build({ ...page, entryPoints: entries(shared), format: "esm", platform: "neutral", splitting: true, chunkNames: "shared-[hash]", plugins: [share] });
}
for (const file of files.filter((f) => !shared.includes(f))) {
  const esm = file.endsWith(".js");
  await build({
    ...(["node", "edge", "workerd"].includes(name(file)) ? common : page),
    entryPoints: entries([file]),
    format: esm ? "esm" : "cjs",
    outExtension: { ".js": esm ? ".js" : ".cjs" },
    platform: platform(file),
    plugins: isMain(file) ? [beside, inlined(esm ? ".js" : ".cjs")] : [share],
  });
}
// The command line carries a build of the core of its own, which no application loads.
await build({ ...common, entryPoints: entries(["cli.js"]), format: "esm", platform: "node", banner: { js: "#!/usr/bin/env node" } });
cpSync(join(src, "generated/tools_bg.wasm"), join(here, "dist/tools_bg.wasm"));
const text = readFileSync(join(src, "generated/engine_wasm.js"), "utf8");
writeFileSync(join(here, "dist/engine_wasm.js"), text);
writeFileSync(join(here, "dist/engine_wasm.cjs"), text.replace("export default", "module.exports ="));
cpSync(join(src, "generated/engine_bg.wasm"), join(here, "dist/engine_bg.wasm"));
console.log(`built ${files.join(" ")}`);
