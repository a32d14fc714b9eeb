// What is published: every export leads to a file that is packed, loads both ways, and names no machine.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";

const root = fileURLToPath(new URL("../../", import.meta.url));
const home = new URL("../../bindings-node/", import.meta.url);
const require = createRequire(new URL("package.json", home));
const pkg = JSON.parse(readFileSync(new URL("package.json", home), "utf8"));
const packed = JSON.parse(execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: home, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }))[0]
  .files.map((file) => `./${file.path}`);

const leaves = (node) => (typeof node === "string" ? [node] : Object.values(node).flatMap(leaves));
const subpaths = Object.keys(pkg.exports).filter((key) => !key.endsWith(".json")).map((key) => key.replace(/^\./, "brownout"));

test("every export leads to a packed file", () => {
  const missing = [...leaves(pkg.exports), pkg.main, pkg.types].filter((path) => !packed.includes(path));
  assert.deepEqual(missing, []);
  assert.ok(packed.includes("./dist/engine_bg.wasm"), "edge runtimes load the module as a file");
  assert.ok(packed.includes("./dist/THIRD-PARTY.txt"), "what is compiled in keeps its notices");
});

test("the command is packed, with the build of the core that it asks", () => {
  const command = pkg.bin.brownout;
  assert.deepEqual([command, "./dist/tools_bg.wasm", "./schema.json"].filter((path) => !packed.includes(path)), []);
  assert.equal(execFileSync(process.execPath, [new URL(command, home).pathname, "version"], { encoding: "utf8" }), `${pkg.version}\n`);
});

test("no packed file names the machine that built it", () => {
  const named = packed.filter((path) => /\.(js|cjs|map|ts|wasm)$/.test(path) && readFileSync(new URL(path, home)).includes(root));
  assert.deepEqual(named, []);
});

test("what a page loads for its banner stays under 15 KB", () => {
  const bytes = brotliCompressSync(readFileSync(new URL("src/generated/status_bg.wasm", home))).length;
  assert.ok(bytes <= 15 * 1024, `${bytes} bytes after brotli`);
});

for (const subpath of subpaths) {
  test(`${subpath} can be imported and required, with the same names`, async () => {
    const imported = await import(subpath);
    const names = (module) => Object.keys(module).filter((name) => name !== "default" && name !== "module.exports").sort();
    assert.deepEqual(names(require(subpath)), names(imported));
    assert.ok(names(imported).length > 0);
  });
}

test("imported and required copies share one named engine", async () => {
  const policy = { version: 1, services: { afip: { breaker: { consecutive_failures: 1, open: { base: "10s", jitter: 0 } } } } };
  const { createBrownout } = await import("brownout");
  const made = createBrownout({ policy, name: "package-test", seed: 1 });
  await made.guard("afip").run(() => Promise.reject(new Error("down")));
  const again = require("brownout").createBrownout({ policy, name: "package-test", seed: 1 });
  const result = await again.guard("afip").run(() => "up");
  assert.equal(result.ok, false);
  assert.equal(result.reason, "refused");
});
