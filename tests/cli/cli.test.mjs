// Both command lines, the same words: exit codes and bytes are those of `golden/`, in Node and in Python.
//
// `BROWNOUT_GOLDEN=write` writes the files anew, from Node's answers. PYTHON names the interpreter that has the package.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "../..");
const python = process.env.PYTHON ?? join(root, ".venv/bin/python");
const scratch = mkdtempSync(join(tmpdir(), "brownout-cli-"));
after(() => rmSync(scratch, { recursive: true }));

const CLIS = { node: [process.execPath, join(root, "bindings-node/dist/cli.js")], python: [python, "-m", "brownout"] };

function run(cli, args) {
  const [program, ...before] = CLIS[cli];
  const { status, stdout, stderr } = spawnSync(program, [...before, ...args], { cwd: here, encoding: "utf8" });
  return { status, stdout, stderr };
}

const RUNS = {
  "lint-fine": ["lint", "policy.toml"],
  "lint-faults": ["lint", "broken.toml", "broken.yaml", "warned.json", "policy.toml"],
  "lint-json": ["lint", "broken.toml", "--json"],
  "lint-strict": ["lint", "--strict", "warned.json"],
  "explain-fresh": ["explain", "policy.toml", "--service", "sms", "--key", "tenant=a"],
  "explain-past": ["explain", "policy.toml", "--service", "afip", "--from", "incident.jsonl", "--until", "10s"],
  "explain-tenant": ["explain", "policy.toml", "--service", "sms", "--key", "tenant=a", "--from", "incident.jsonl"],
  "explain-json": ["explain", "policy.toml", "--service", "afip", "--from", "incident.jsonl", "--at", "40s", "--json"],
  replay: ["replay", "policy.toml", "incident.jsonl"],
  "replay-json": ["replay", "policy.toml", "incident.jsonl", "--json"],
  "replay-other": ["replay", "policy.toml", "incident.jsonl", "--policy", "other.toml"],
  "replay-other-json": ["replay", "policy.toml", "incident.jsonl", "--policy", "other.toml", "--json"],
  "replay-same": ["replay", "policy.toml", "incident.jsonl", "--policy", "policy.toml"],
  test: ["test", "policy.toml", "cases"],
  "test-fails": ["test", "policy.toml", "cases", "failing.json"],
  "test-json": ["test", "policy.toml", "failing.json", "--json"],
  "types-ts": ["types", "policy.toml", "--language", "ts"],
  "types-python": ["types", "policy.toml", "--language", "python"],
  version: ["version"],
  help: ["--help"],
  "help-replay": ["replay", "--help"],
};

for (const [name, args] of Object.entries(RUNS)) {
  const golden = join(here, "golden", `${name}.out`);
  test(`brownout ${args.join(" ")}`, () => {
    const told = ({ status, stdout }) => `exit ${status}\n${stdout}`;
    const node = run("node", args);
    if (process.env.BROWNOUT_GOLDEN === "write") writeFileSync(golden, told(node));
    assert.equal(told(node), readFileSync(golden, "utf8"), `node: ${node.stderr}`);
    const py = run("python", args);
    assert.equal(told(py), readFileSync(golden, "utf8"), `python: ${py.stderr}`);
    assert.deepEqual([node.stderr, py.stderr], ["", ""]);
  });
}

const WRONG = [
  [["explain", "policy.toml"], "wanted: --service S"],
  [["explain", "policy.toml", "--service", "afp"], "unknown_service: service: there is no service `afp`"],
  [["replay", "broken.toml", "incident.jsonl"], "bad_duration: services.afip.timeout: `fast` is not a duration"],
  [["replay", "other.toml", "incident.jsonl"], "recording_policy: line 1: the recording belongs to policy "],
  [["replay", "policy.toml", "policy.toml"], "recording_syntax: line 1: "],
  [["lint", "nowhere.toml"], "`nowhere.toml` cannot be read: ENOENT"],
  [["test", "policy.toml", "nowhere"], "`nowhere` cannot be read: ENOENT"],
  [["types", "policy.toml", "--language", "cobol"], "--language wants `ts` or `python`"],
  [["record", "--", "true"], "wanted: -o FILE -- COMMAND…"],
  [["lint", "policy.toml", "--frobnicate"], ""],
];
for (const [args, said] of WRONG) {
  test(`brownout ${args.join(" ")}: exit code 2, one line of why, no stack trace`, () => {
    for (const cli of ["node", "python"]) {
      const { status, stdout, stderr } = run(cli, args);
      assert.equal(status, 2, `${cli}: ${stdout}${stderr}`);
      assert.equal(stdout, "");
      assert.ok(stderr.startsWith(`brownout ${args[0]}: ${said}`), `${cli}: ${stderr}`);
      assert.doesNotMatch(stderr, /Traceback|\n\s+at /, cli);
    }
  });
}

test("a text that is not its syntax is a finding with its place", () => {
  for (const cli of ["node", "python"]) {
    const { status, stdout } = run(cli, ["lint", "syntax.toml"]);
    assert.equal(status, 1, cli);
    assert.match(stdout, /^syntax\.toml: error policy_syntax: .*line 2.*\n {4}help: .*\nsyntax\.toml: 1 error\n$/, cli);
  }
});

test("unknown words get the list of commands", () => {
  for (const cli of ["node", "python"]) {
    const { status, stderr } = run(cli, ["lnt"]);
    assert.equal(status, 2);
    assert.ok(stderr.includes("usage: brownout COMMAND"), cli);
  }
});

/** What both command lines say of a recording, once. */
function replayed(file) {
  const [node, py] = ["node", "python"].map((cli) => run(cli, ["replay", "policy.toml", file]));
  assert.deepEqual([node.status, node.stdout], [py.status, py.stdout]);
  assert.equal(node.status, 0, node.stdout + node.stderr);
  return node.stdout;
}

for (const [name, recorder, app] of [
  ["node", "node", [process.execPath, join(here, "app.mjs")]],
  ["python", "python", [python, join(here, "app.py")]],
  ["node under Python's command line", "python", [process.execPath, join(here, "app.mjs")]],
]) {
  test(`what an application of ${name} recorded replays with the same digest in both`, () => {
    const file = join(scratch, `${name.replaceAll(" ", "-")}.jsonl`);
    const said = run(recorder, ["record", "-o", file, "--policy", "policy.toml", "--", ...app]);
    assert.equal(said.status, 0, said.stderr);
    assert.match(said.stderr, /^brownout: recorded .*\.jsonl: replayed \d+ inputs over 47 s, as recorded\n$/);
    const lines = readFileSync(file, "utf8").trim().split("\n").map((line) => JSON.parse(line));
    assert.equal(lines[0].brownout, 1);
    // seven calls of afip of which two are refused, six of sms of which one is, one more of afip
    assert.equal(lines.filter((l) => l.verb === "admit").length, 14);
    assert.equal(lines.filter((l) => l.got !== undefined).length, 11);
    assert.deepEqual(lines.filter((l) => l.service === "sms" && l.verb === "admit").map((l) => l.keys.tenant).join(""), "aabaaa");
    assert.match(replayed(file), /^replayed \d+ inputs over 47 s, as recorded\ndigest [0-9a-f]{16}\n$/);
  });
}

test("a command that makes no engine records nothing, and says so", () => {
  for (const cli of ["node", "python"]) {
    const { status, stderr } = run(cli, ["record", "-o", join(scratch, "none.jsonl"), "--", process.execPath, "-e", "0"]);
    assert.equal(status, 1, cli);
    assert.match(stderr, /nothing was recorded/, cli);
    const failed = run(cli, ["record", "-o", join(scratch, "none.jsonl"), "--", process.execPath, "-e", "process.exit(7)"]);
    assert.equal(failed.status, 7, cli);
  }
});

test("a misspelt service does not compile", () => {
  mkdirSync(join(root, ".cache"), { recursive: true });
  const folder = mkdtempSync(join(root, ".cache/cli-")); // beside the package, so that `brownout` is found
  try {
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    assert.equal(run("node", ["types", "policy.toml", "--language", "ts", "-o", join(folder, "names.ts")]).status, 0);
    const tsc = join(dirname(createRequire(join(root, "bindings-node/")).resolve("typescript/package.json")), "bin/tsc");
    const compile = (service) => {
      const use = `import { createBrownout } from "brownout";\nimport "./names.js";\ncreateBrownout({ policy: {} }).guard("${service}");\n`;
      writeFileSync(join(folder, "use.ts"), use);
      const options = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "nodenext"];
      return spawnSync(process.execPath, [tsc, ...options, "use.ts"], { cwd: folder, encoding: "utf8" });
    };
    const fine = compile("afip");
    assert.equal(fine.status, 0, fine.stdout);
    const caught = compile("afp");
    assert.notEqual(caught.status, 0);
    assert.match(caught.stdout, /^use\.ts\(3,\d+\): error TS\d+: .*"afp"/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a file that is up to date is not touched", () => {
  const file = join(scratch, "schema.json");
  assert.equal(run("python", ["schema", "-o", file]).status, 0);
  const before = execFileSync("stat", ["-c", "%y", file], { encoding: "utf8" });
  assert.equal(run("node", ["schema", "-o", file]).status, 0);
  assert.equal(execFileSync("stat", ["-c", "%y", file], { encoding: "utf8" }), before);
  assert.ok(existsSync(file));
});

test("the page shows what is printed", () => {
  const page = readFileSync(join(root, "docs/cli.md"), "utf8");
  const blocks = [...page.matchAll(/^```console\n\$ brownout ([^\n]+)\n([^]*?)^```$/gm)];
  assert.ok(blocks.length >= 5);
  for (const [, args, shown] of blocks) assert.equal(run("node", args.split(" ")).stdout, shown, args);
});
