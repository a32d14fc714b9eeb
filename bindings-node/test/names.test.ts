// A module of `brownout types` in a program: the compiler takes the policy's names and no others.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const tsc = join(createRequire(import.meta.url).resolve("typescript/package.json"), "../bin/tsc");
// inside the package, so that the types of its dependencies are found
const dir = mkdtempSync(at("../.names-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
/** What the compiler says of a program, line by line. */
function compile(program: string, registered: boolean): string[] {
  copyFileSync(at("../../tests/data/names.ts"), join(dir, "names.ts"));
  writeFileSync(join(dir, "program.ts"), program);
  writeFileSync(join(dir, "tsconfig.json"), JSON.stringify({
    extends: "../tsconfig.json",
    compilerOptions: { noEmit: true, noUnusedLocals: false, paths: { brownout: ["../src/node.ts"], "brownout/react": ["../src/react.tsx"] } },
    files: registered ? ["program.ts", "names.ts"] : ["program.ts"],
    include: [],
  }));
  try {
    execFileSync(process.execPath, [tsc, "-p", dir], { encoding: "utf8" });
    return [];
  } catch (error) {
    return (error as { stdout: string }).stdout.trim().split("\n").map((line) => line.replace(/^.*program\.ts/, ""));
  }
}

const program = (service: string, feature: string): string => `
export const guard = bo.guard("${service}");
export const fetch = bo.fetch("${service}");
bo.observe("${service}", { ok: true });
bo.admit("${service}", { weight: 0 });
export const page = (): boolean => useDegradation().available("${feature}");
`;
const PROGRAM = `
import { createBrownout } from "brownout";
import { useDegradation } from "brownout/react";
const bo = createBrownout({ policy: { version: 1 } });
{${program("afip", "invoicing.afip").replaceAll("export ", "")}}
{${program("afpi", "invoicing").replaceAll("export ", "")}}
export {};
`;

test("without the module any text is a name", () => {
  expect(compile(PROGRAM, false)).toEqual([]);
}, 600_000);

test("with it the names of the policy are the only ones", () => {
  const wrong = compile(PROGRAM, true);
  expect(wrong.map((line) => /TS\d+: Argument of type '"(\w+)"'/.exec(line)?.[1])).toEqual(["afpi", "afpi", "afpi", "afpi", "invoicing"]);
}, 600_000);
