// Jest, which resolves packages and runs modules in its own way: `node` and `jsdom`, both with `require`.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { bin, install, run } from "./kit.mjs";

let results;
before(() => {
  const folder = install("jest");
  results = JSON.parse(run(folder, bin(folder, "jest"), ["--json", "--runInBand"]));
});
const titles = (file) => results.testResults.filter((r) => r.name.endsWith(file)).flatMap((r) => r.assertionResults).map((a) => `${a.status}: ${a.title}`);

test("environment node", () => assert.deepEqual(titles("node.test.js"), ["passed: the engine answers", "passed: a clock that is moved by hand"]));
test("environment jsdom", () =>
  assert.deepEqual(titles("page.test.js"), ["passed: the engine answers", "passed: the banner says what the server knows", "passed: so does the component"]));
