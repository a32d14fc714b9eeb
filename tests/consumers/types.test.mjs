// `tsc --strict`, with the library's declarations checked too, under each way in which TypeScript finds a package.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { bin, install, run } from "./kit.mjs";

let folder;
before(() => { folder = install("types"); });

/** Compiles `src` as a project of its own, in `kind`, and gives what was emitted and which files of the package were read. */
function compile(kind, type, options) {
  const project = join(folder, kind);
  mkdirSync(project);
  cpSync(join(folder, "src"), join(project, "src"), { recursive: true });
  writeFileSync(join(project, "package.json"), JSON.stringify({ type }));
  const compilerOptions = {
    strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, skipLibCheck: false, skipDefaultLibCheck: true, target: "es2022", jsx: "react-jsx",
    lib: ["es2023", "dom", "dom.iterable"], types: ["node"], outDir: "out", declaration: true, ...options,
  };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["src"] }));
  return run(project, bin(folder, "tsc"), ["-p", ".", "--listFiles"]).split("\n").filter((file) => file.includes("/brownout/dist/types/"));
}
const kinds = (files) => [...new Set(files.map((file) => file.replace(/^.*(\.d\.c?ts)$/, "$1")))];

test("node16, an ES module", () => assert.deepEqual(kinds(compile("esm", "module", { module: "node16", moduleResolution: "node16" })), [".d.ts"]));
test("node16, CommonJS", () => assert.deepEqual(kinds(compile("cjs", "commonjs", { module: "node16", moduleResolution: "node16" })), [".d.cts"]));
test("bundler", () => assert.deepEqual(kinds(compile("bundler", "module", { module: "esnext", moduleResolution: "bundler", noEmit: true, declaration: false })), [".d.ts"]));
