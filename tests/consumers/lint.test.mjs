// The tarball under the two judges of packages.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { install, run } from "./kit.mjs";

let found;
before(() => {
  const folder = install("lint");
  found = JSON.parse(run(folder, process.execPath, ["lint.mjs"]));
});

test("publint has nothing to say", () => assert.deepEqual(found.publint, []));

test("the types of every entry are right for `import`, `require` and bundlers", () => {
  // TypeScript's `node10` resolution knows no `exports`: it finds the main entry alone, for any package with subpaths
  const judged = found.problems.filter((problem) => problem.resolutionKind !== "node10");
  assert.deepEqual(judged, []);
  assert.deepEqual(found.problems.filter((problem) => problem.entrypoint === "."), []);
  assert.ok(found.entrypoints.includes("./react") && found.entrypoints.length >= 8, String(found.entrypoints));
});
