// Plain Node: `import`, `require`, and both at once.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { bin, install, run } from "./kit.mjs";

let folder;
before(() => { folder = install("node"); });
const node = (file) => JSON.parse(run(folder, process.execPath, [file]));

const STORY = {
  seen: ["failed", "failed", "failed", ["breaker", "circuit_open", "queue"]],
  calls: 3,
  granted: 3,
  outcomes: { failure: 3 },
  refusals: { circuit_open: 1 },
  breaker: "open",
  remaining: 97,
};

test("imported", () => assert.deepEqual(node("esm.mjs"), STORY));
test("required", () => assert.deepEqual(node("plain.cjs"), STORY));
test("imported and required together: one engine by its name", () => {
  const { seen, calls, ...counts } = STORY;
  assert.deepEqual(node("both.mjs"), {
    copies: 2, same: true, one: STORY, after: "circuit_open", kept: "circuit_open",
    counts: { ...counts, refusals: { circuit_open: 3 } },
  });
});
test("subpaths are required too: TOML, YAML and a clock that is moved by hand", () =>
  assert.deepEqual(node("clock.cjs"), { peeks: [false, false, true], same: true }));

test("the command of the package checks a policy, and turns its names into types", () => {
  const brownout = (...args) => run(folder, bin(folder, "brownout"), args);
  assert.equal(brownout("lint", "policy.toml"), "policy.toml: fine\n");
  assert.throws(() => brownout("lint", "misspelt.toml"), /misspelt\.toml:3:1: error unknown_field: services\.afip\.falback/);
  assert.match(brownout("types", "policy.toml", "--language", "ts"), /"afip"/);
});
