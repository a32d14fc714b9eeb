// TypeScript types from the schemas: `node types.mjs FOLDER` reads FOLDER/*.schema.json and writes FOLDER/*.gen.ts.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compile } from "json-schema-to-typescript";

const folder = process.argv[2];
const banner = (files) => `// Made from ${files} by \`cargo xtask types\`: change the core, not this file.`;
const read = (name) => JSON.parse(readFileSync(join(folder, `${name}.schema.json`), "utf8"));

/** A reference with words of its own would become a type of its own: the words stay, the type is that of the reference. */
function step(shape) {
  if (Array.isArray(shape)) return shape.map(step);
  if (typeof shape !== "object" || shape === null) return shape;
  const { default: _, examples: __, ...rest } = shape;
  const out = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, step(value)]));
  if (out.$ref === undefined || Object.keys(out).length === 1) return out;
  const { $ref, ...words } = out;
  return { ...words, allOf: [{ $ref }] };
}

/** The types of several schemas in one file: what two of them define under one name is the same, and stands once. */
async function types(file, names) {
  const seen = new Map();
  for (const name of names) {
    const text = await compile(step(read(name)), name, {
      additionalProperties: false, bannerComment: "", ignoreMinAndMaxItems: true, unreachableDefinitions: true, style: { printWidth: 140 },
    });
    for (const [, doc = "", type, body] of text.matchAll(/(\/\*\*\n(?: \*[^\n]*\n)+?)?export (?:type|interface) (\w+)([\s\S]*?)(?=\n(?:\/\*\*|export )|\s*$)/g)) {
      const whole = `${doc}export ${text.includes(`export interface ${type} `) ? "interface" : "type"} ${type}${body}`;
      const other = seen.get(type);
      if (other !== undefined && other !== whole) throw new Error(`${name}: another \`${type}\` than before`);
      seen.set(type, whole);
    }
  }
  const list = names.map((name) => `schema/${name}.schema.json`).join(", ");
  writeFileSync(join(folder, file), `${banner(list)}\n${[...seen.values()].join("\n")}\n`);
}

await types("policy.gen.ts", ["policy"]);
await types("wire.gen.ts", ["input", "output", "names"]);
