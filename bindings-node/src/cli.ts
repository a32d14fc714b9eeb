// `brownout COMMAND …`: reads arguments and files, asks the core, prints its answer. What is printed is the core's own text.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { extname, join } from "node:path";
import { parseArgs, type ParseArgsConfig } from "node:util";
import * as glue from "./generated/tools_bg.js";
import { BrownoutError, faultsOf, type Fault } from "./errors.js";
import { policyFile } from "./file.js";

/** What could not be asked: exit code 2. */
class Unusable extends Error {}

let ready = false;

/** One operation of the core's command line build. */
function call(op: string, payload: string): unknown {
  if (!ready) {
    const module = new WebAssembly.Module(readFileSync(new URL("./tools_bg.wasm", import.meta.url)));
    const { exports } = new WebAssembly.Instance(module, { "./tools_bg.js": glue as unknown as WebAssembly.ModuleImports });
    glue.__wbg_set_wasm(exports);
    (exports as unknown as { __wbindgen_start(): void }).__wbindgen_start();
    ready = true;
  }
  return JSON.parse(glue.ask(op, payload));
}

interface Answer { exit: number; out: string }

/** An operation that answers with an exit code and a text. Throws every fault that kept it from being asked. */
function ask(op: string, payload: object): Answer {
  const answer = call(op, JSON.stringify(payload));
  const faults = faultsOf(answer);
  if (faults) throw new BrownoutError(faults);
  return answer as Answer;
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Unusable(`\`${path}\` cannot be read: ${(error as { code?: string }).code ?? "unknown"}`);
  }
}
const text = (path: string): string => read(path).toString("utf8");

function write(path: string, out: string): void {
  if (existsSync(path) && readFileSync(path, "utf8") === out) return;
  try {
    writeFileSync(path, out);
  } catch (error) {
    throw new Unusable(`\`${path}\` cannot be written: ${(error as { code?: string }).code ?? "unknown"}`);
  }
}

/** All cases under files and folders, in the order of their paths. */
function cases(paths: readonly string[]): { file: string; text: string }[] {
  const files: string[] = [];
  const walk = (path: string): void => {
    if (!existsSync(path)) throw new Unusable(`\`${path}\` cannot be read: ENOENT`);
    if (!statSync(path).isDirectory()) { files.push(path); return; }
    for (const entry of readdirSync(path).sort()) {
      const inner = join(path, entry);
      if (statSync(inner).isDirectory() || (extname(entry) === ".json" && entry !== "schema.json")) walk(inner);
    }
  };
  paths.forEach(walk);
  return files.map((file) => ({ file, text: text(file) }));
}

/** `tenant=org_1` pairs as a table. */
function pairs(list: readonly string[] | undefined, option: string): Record<string, string> {
  return Object.fromEntries((list ?? []).map((pair) => {
    const at = pair.indexOf("=");
    if (at < 1) throw new Unusable(`--${option} wants NAME=VALUE, not \`${pair}\``);
    return [pair.slice(0, at), pair.slice(at + 1)];
  }));
}
function whole(value: string, option: string): number {
  if (!/^\d{1,15}$/.test(value)) throw new Unusable(`--${option} wants a whole number, not \`${value}\``);
  return Number(value);
}

const SYNTAX: Record<string, string> = { ".toml": "toml", ".yaml": "yaml", ".yml": "yaml", ".json": "json" };

/** One policy file for `lint`: its JSON, or what was wrong with the way it is written. */
function linted(file: string): object {
  const source = text(file);
  const syntax = SYNTAX[extname(file).toLowerCase()];
  if (syntax === undefined) throw new Unusable(`\`${file}\` has an ending that names no syntax`);
  try {
    return { file, source, syntax, policy: policyFile(file) };
  } catch (error) {
    if (error instanceof BrownoutError) return { file, source, syntax, faults: error.faults };
    throw error;
  }
}

const STRING = { type: "string" } as const;
const FLAG = { type: "boolean" } as const;
const MANY = { type: "string", multiple: true } as const;
type Options = NonNullable<ParseArgsConfig["options"]>;
const OPTIONS: Record<string, Options> = {
  lint: { strict: FLAG, json: FLAG },
  types: { language: STRING, output: { type: "string", short: "o" } },
  explain: { service: STRING, key: MANY, weight: STRING, amount: MANY, state: STRING, from: STRING, until: STRING, at: STRING, json: FLAG },
  record: { policy: STRING, output: { type: "string", short: "o" } },
  replay: { policy: STRING, json: FLAG },
  test: { json: FLAG },
  schema: { output: { type: "string", short: "o" } },
  version: {},
};

interface Given {
  readonly paths: string[];
  /** What stands behind `--`. */
  readonly command: string[];
  flag(name: string): boolean;
  one(name: string): string | undefined;
  many(name: string): string[] | undefined;
}

function given(command: string, args: string[]): Given {
  const end = command === "record" ? args.indexOf("--") : -1;
  let parsed;
  try {
    parsed = parseArgs({ args: end < 0 ? args : args.slice(0, end), options: OPTIONS[command] ?? {}, allowPositionals: true, strict: true });
  } catch (error) {
    throw new Unusable((error as Error).message.split(". ")[0] ?? "wrong arguments");
  }
  const values = parsed.values as Record<string, string | boolean | string[] | undefined>;
  return {
    paths: parsed.positionals,
    command: end < 0 ? [] : args.slice(end + 1),
    flag: (name) => values[name] === true,
    one: (name) => values[name] as string | undefined,
    many: (name) => values[name] as string[] | undefined,
  };
}
function exactly(g: Given, names: string): string[] {
  const wanted = names.split(" ");
  if (g.paths.length !== wanted.length) throw new Unusable(`wanted: ${names}`);
  return g.paths;
}

const LANGUAGES: Record<string, string> = { ts: "typescript", typescript: "typescript", python: "python", py: "python" };

async function run(command: string, args: string[]): Promise<Answer> {
  const g = given(command, args);
  switch (command) {
    case "lint":
      if (g.paths.length === 0) throw new Unusable("wanted: POLICY…");
      return ask("lint", { files: g.paths.map(linted), strict: g.flag("strict"), json: g.flag("json") });
    case "types": {
      const [policy = ""] = exactly(g, "POLICY");
      const language = LANGUAGES[g.one("language") ?? ""];
      if (language === undefined) throw new Unusable("--language wants `ts` or `python`");
      return into(g.one("output"), ask("types", { policy: policyFile(policy), language }));
    }
    case "explain": {
      const [policy = ""] = exactly(g, "POLICY");
      const [state, from, weight] = [g.one("state"), g.one("from"), g.one("weight")];
      if (g.one("service") === undefined) throw new Unusable("wanted: --service S");
      if (state !== undefined && from !== undefined) throw new Unusable("either --state or --from");
      const amounts = Object.fromEntries(Object.entries(pairs(g.many("amount"), "amount")).map(([unit, n]) => [unit, whole(n, "amount")]));
      return ask("explain", {
        policy: policyFile(policy), service: g.one("service"), keys: pairs(g.many("key"), "key"), json: g.flag("json"),
        ...(Object.keys(amounts).length > 0 ? { amounts } : {}),
        ...(weight === undefined ? {} : { weight: whole(weight, "weight") }),
        ...(state === undefined ? {} : { state: read(state).toString("base64") }),
        ...(from === undefined ? {} : { recording: text(from) }),
        ...(g.one("until") === undefined ? {} : { until: g.one("until") }),
        ...(g.one("at") === undefined ? {} : { at: g.one("at") }),
      });
    }
    case "record": return record(g);
    case "replay": {
      const [policy = "", recording = ""] = exactly(g, "POLICY RECORDING");
      const other = g.one("policy");
      return ask("replay", {
        policy: policyFile(policy), recording: text(recording), json: g.flag("json"),
        ...(other === undefined ? {} : { other: policyFile(other), other_name: other }),
      });
    }
    case "test": {
      const [policy = "", ...paths] = g.paths;
      if (paths.length === 0) throw new Unusable("wanted: POLICY CASES…");
      return ask("test", { policy: policyFile(policy), cases: cases(paths), json: g.flag("json") });
    }
    case "schema":
      return into(g.one("output"), { exit: 0, out: text(new URL("../schema.json", import.meta.url).pathname) });
    default:
      return { exit: 0, out: `${String(call("version", ""))}\n` };
  }
}

function into(path: string | undefined, answer: Answer): Answer {
  if (path === undefined || answer.exit !== 0) return answer;
  write(path, answer.out);
  return { exit: answer.exit, out: "" };
}

/** Runs a command whose engines record themselves. */
async function record(g: Given): Promise<Answer> {
  const file = g.one("output");
  const [program, ...rest] = g.command;
  if (file === undefined || program === undefined || g.paths.length > 0) throw new Unusable("wanted: -o FILE -- COMMAND…");
  const policy = g.one("policy") === undefined ? undefined : policyFile(g.one("policy") ?? "");
  const files = (n: number): string => (n === 1 ? file : `${file}.${n}`);
  for (let n = 1; existsSync(files(n)); n += 1) rmSync(files(n));
  const code = await new Promise<number>((done, failed) => {
    const child = spawn(program, rest, { stdio: "inherit", env: { ...process.env, BROWNOUT_RECORD: file } });
    child.on("error", (error) => failed(new Unusable(`\`${program}\` cannot be run: ${(error as { code?: string }).code ?? "unknown"}`)));
    child.on("exit", (exit, signal) => done(exit ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
  let n = 0;
  while (existsSync(files(n + 1))) {
    n += 1;
    const said = policy === undefined ? "" : `: ${ask("replay", { policy, recording: text(files(n)) }).out.split("\n")[0] ?? ""}`;
    process.stderr.write(`brownout: recorded ${files(n)}${said}\n`);
  }
  if (n === 0) process.stderr.write("brownout: nothing was recorded: the command made no engine\n");
  return { exit: code === 0 && n === 0 ? 1 : code, out: "" };
}

function say(command: string, faults: readonly Fault[]): void {
  for (const f of faults) process.stderr.write(`brownout ${command}: ${f.code}: ${f.path ? `${f.path}: ` : ""}${f.message}\n    help: ${f.help}\n`);
}

async function main(): Promise<number> {
  const [command = "", ...args] = process.argv.slice(2);
  const own = command === "record" && args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
  if (own.includes("--help") || own.includes("-h") || ["help", "--help", "-h"].includes(command)) {
    process.stdout.write(String(call("help", command in OPTIONS ? command : (args[0] ?? ""))));
    return 0;
  }
  return obey(command === "--version" ? "version" : command, args);
}

async function obey(command: string, args: string[]): Promise<number> {
  if (!(command in OPTIONS)) {
    process.stderr.write(String(call("help", "")));
    return 2;
  }
  try {
    const answer = await run(command, args);
    process.stdout.write(answer.out);
    return answer.exit;
  } catch (error) {
    if (error instanceof BrownoutError) say(command, error.faults);
    else process.stderr.write(`brownout ${command}: ${error instanceof Unusable ? error.message : `it stopped: ${String((error as Error)?.message ?? error)}`}\n`);
    return 2;
  }
}

process.exitCode = await main();
