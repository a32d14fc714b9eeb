// The blocks of docs/typescript.md, in order, as one program.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { expect, onTestFinished, test } from "vitest";

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

test("every block runs", async () => {
  const doc = readFileSync(at("../../docs/typescript.md"), "utf8");
  const blocks = [...doc.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, text]) => text ?? "");
  expect(blocks.length).toBe(10);
  const lines = blocks.join("\n").split("\n");
  const isImport = (line: string): boolean => line.startsWith("import ");
  const program = [
    'import assert from "node:assert/strict";',
    ...new Set(lines.filter(isImport)),
    "export async function main() {", ...lines.filter((line) => !isImport(line)), "bo.close(); own.close(); return true; }",
  ].join("\n");
  const dir = mkdtempSync(join(tmpdir(), "brownout-guide-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  writeFileSync(join(dir, "guide.ts"), program);
  const src = (name: string): string => at(`../src/${name}.ts`);
  await build({
    entryPoints: [join(dir, "guide.ts")], outfile: join(dir, "guide.mjs"), bundle: true, format: "esm", platform: "node", logLevel: "error",
    alias: { brownout: src("node"), "brownout/toml": src("toml"), "brownout/testing": src("testing") },
    nodePaths: [at("../../node_modules"), at("../node_modules")],
  });
  const { main } = await import(/* @vite-ignore */ pathToFileURL(join(dir, "guide.mjs")).href) as { main(): Promise<boolean> };
  expect(await main()).toBe(true);
}, 120_000);
