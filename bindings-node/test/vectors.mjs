// node vectors.mjs --runner wasm|node FILE…: plays unrolled vectors through a binding, its numeric hot path where an input can be
// said in numbers. Prints one line of JSON for each file: `{"name", "outputs"}` or `{"name", "failed"}`.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { build } from "esbuild";

const { values, positionals } = parseArgs({ options: { runner: { type: "string", default: "wasm" } }, allowPositionals: true });
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The loaders and what the host layer makes of their numbers are no public names of the package: they are bundled from their sources. */
async function hostOf(runner) {
  const outfile = here(`../../.cache/vectors/${runner}.mjs`);
  mkdirSync(here("../../.cache/vectors"), { recursive: true });
  const contents = `export * from "./engine/${runner === "node" ? "napi" : "node"}.js";\nexport * from "./read.js";`;
  await build({ stdin: { contents, resolveDir: here("../src"), loader: "ts" }, outfile, bundle: true, format: "esm", platform: "node", logLevel: "error" });
  const module = await import(outfile);
  const loader = runner === "node" ? module.napiLoader(createRequire(import.meta.url)("../native/index.cjs")) : module.loader;
  return { loader, read: module };
}

const EFFECTS = 1;
const DETAILS = 32;
/** A granted peek carries no permit. */
const PEEK = Number.MAX_SAFE_INTEGER;
const only = (input, fields) => Object.keys(input).every((key) => fields.includes(key));
const place = (table, name) => table.findIndex((entry) => (entry.name ?? entry) === name);

/** The key handles of an input in the order of the table, or nothing where the text path must name the fault. */
function handles(engine, names, keys, at) {
  const out = [0, 0, 0, 0];
  for (const [name, value] of Object.entries(keys ?? {})) {
    const index = place(names.keys, name);
    if (index < 0 || typeof value !== "string") return undefined;
    try {
      out[index] = engine.key(value, at);
    } catch {
      return undefined;
    }
  }
  return out;
}

/** The number that the hot path gives, or nothing where the input cannot be said in numbers. */
function number(engine, names, input, at) {
  if (input.verb === "admit" && only(input, ["verb", "service", "keys", "weight"])) {
    const service = names.services.find((entry) => entry.name === input.service)?.handle;
    const keys = typeof (input.keys ?? {}) === "object" && !Array.isArray(input.keys) && service !== undefined ? handles(engine, names, input.keys, at) : undefined;
    if (keys === undefined || typeof (input.weight ?? 1) !== "number") return undefined;
    return engine.admit(service, ...keys, input.weight ?? 1, at);
  }
  if (input.verb === "settle" && only(input, ["verb", "permit", "outcome", "duration_ms"])) {
    const outcome = place(names.outcomes, input.outcome);
    if (typeof input.permit !== "number" || outcome < 0 || typeof (input.duration_ms ?? 0) !== "number") return undefined;
    return engine.settle(input.permit, outcome, input.duration_ms ?? Number.NaN, at);
  }
  return input.verb === "advance" && only(input, ["verb"]) ? engine.advance(at) : undefined;
}

/** Numbers and text must say the same, and the host layer must make the same refusal of both. */
function agree(value, scratch, text, info, names) {
  const { decision, effects, error } = JSON.parse(text);
  if (value < 0 ? error === undefined : decision === undefined) throw new Error(`the hot path says ${value}, the text ${text}`);
  if (value < 0) return;
  const granted = decision.result === "granted" ? (decision.permit ?? PEEK) : decision.result === "settled" ? Number(decision.counted) : Number(decision.result === "done");
  if (granted !== value) throw new Error(`the hot path says ${value}, the text ${text}`);
  if (decision.result === "refused") {
    const { failing: _, ...told } = read.refusalOf(decision).refusal;
    const made = { ...read.refusalOfScratch(scratch, names, info).refusal };
    // with details pending the host layer reads the text anyway
    if ((scratch[0] & DETAILS) === 0 && !isDeepStrictEqual(made, told)) throw new Error(`of numbers ${JSON.stringify(made)}, of text ${JSON.stringify(told)}`);
  }
  if (((scratch[0] & EFFECTS) !== 0) !== effects.length > 0) throw new Error(`flag 1 (effects pending) is wrong: flags ${scratch[0]}, ${text}`);
}

function hot(engine, names, input, at) {
  const value = number(engine, names, input, at);
  if (value === undefined) return undefined;
  const scratch = Float64Array.from(engine.scratch);
  const text = engine.drain();
  agree(value, scratch, text, names.services.find((entry) => entry.name === input.service), names);
  return text;
}

function withPermit(input, permits) {
  if (typeof input?.permit !== "string" || !input.permit.startsWith("$")) return input;
  const permit = permits.get(input.permit.slice(1));
  if (permit === undefined) throw new Error(`no permit was granted as ${input.permit}`);
  return { ...input, permit };
}

/** Plays one vector: the outcome of loading, then one output for each step. */
function play(loader, vector) {
  let engine;
  try {
    engine = loader.create(vector.policy, BigInt(vector.seed), vector.start_ms);
  } catch (error) {
    return [error.message];
  }
  let names = JSON.parse(engine.names());
  let { policy, start_ms: now } = vector;
  let next;
  const permits = new Map();
  const outputs = ['{"loaded":true}'];
  for (const step of vector.steps) {
    const verb = step.do?.verb;
    now = verb === "next" ? next : (step.at_ms ?? now);
    if (now === undefined) throw new Error("there is no next instant to advance to");
    if (verb === "roundtrip") {
      const bytes = engine.snapshot();
      engine = loader.restore(policy, bytes, now);
      if (Buffer.compare(engine.snapshot(), bytes) !== 0) throw new Error("the restored engine writes another snapshot");
      outputs.push('{"roundtrip":true}');
      continue;
    }
    const input = verb === "next" ? { verb: "advance" } : withPermit(step.do, permits);
    const text = step.raw !== undefined ? engine.handle(step.raw, now) : (hot(engine, names, input, now) ?? engine.handle(JSON.stringify(input), now));
    const output = JSON.parse(text);
    if (verb === "reload" && output.decision !== undefined) {
      policy = JSON.stringify(input.policy);
      names = JSON.parse(engine.names());
    }
    if ("next" in output) next = output.next?.at_ms;
    if (step.as !== undefined && output.decision?.permit !== undefined) permits.set(step.as, output.decision.permit);
    outputs.push(text);
  }
  engine.free?.();
  return outputs;
}

const { loader, read } = await hostOf(values.runner);
for (const file of positionals) {
  const vector = JSON.parse(readFileSync(file, "utf8"));
  const { name } = vector;
  let line;
  try {
    line = { name, outputs: play(loader, vector) };
  } catch (error) {
    line = { name, failed: String(error.message) };
    if (error instanceof WebAssembly.RuntimeError) loader.discard();
  }
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
