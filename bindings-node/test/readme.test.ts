// The README's lines for Next.js are those of docs/quickstart-nextjs.md, which quickstart.test.ts runs; and they protect a call on their own.
import { createServer } from "node:http";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { expect, onTestFinished, test } from "vitest";

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const titled = (path: string): Map<string, string> =>
  new Map([...readFileSync(at(path), "utf8").matchAll(/^```\w+ title="([^"]+)"\n([\s\S]*?)^```$/gm)].map(([, file, text]) => [file ?? "", text ?? ""]));
const shown = titled("../../README.md");

test("the README shows the lines of the guide", () => {
  const guide = titled("../../docs/quickstart-nextjs.md");
  expect([...shown.keys()]).toEqual(["brownout.policy.json", "lib/brownout.ts", "app/api/invoices/route.ts"]);
  for (const [file, text] of shown) expect(guide.get(file)).toBe(text);
});

test("the README's lines queue an invoice while AFIP is down, and leave AFIP alone", async () => {
  const dir = mkdtempSync(join(tmpdir(), "brownout-readme-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  for (const [file, text] of shown) {
    mkdirSync(dirname(join(dir, file)), { recursive: true });
    writeFileSync(join(dir, file), text);
  }
  writeFileSync(join(dir, "all.ts"), 'export { POST } from "./app/api/invoices/route"; export { bo } from "./lib/brownout";');
  await build({
    entryPoints: [join(dir, "all.ts")], outfile: join(dir, "all.mjs"), bundle: true, format: "esm", platform: "node", logLevel: "error",
    ignoreAnnotations: true, // only `dist` is marked as having side effects
    alias: { brownout: at("../src/node.ts"), "@": dir }, nodePaths: [at("../../node_modules"), at("../node_modules")],
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
  let calls = 0;
  const afip = createServer((_, response) => { calls += 1; response.writeHead(500).end(); });
  await new Promise<void>((done) => afip.listen(0, "127.0.0.1", done));
  const before = process.env["AFIP_URL"];
  process.env["AFIP_URL"] = `http://127.0.0.1:${(afip.address() as AddressInfo).port}/`;
  const app = await import(/* @vite-ignore */ pathToFileURL(join(dir, "all.mjs")).href) as { POST(request: Request): Promise<Response>; bo: { close(): void } };
  try {
    for (let i = 0; i < 5; i += 1) {
      const answer = await app.POST(new Request("http://localhost/api/invoices", { method: "POST", body: "{}" }));
      expect([answer.status, await answer.json()]).toEqual([202, { queued: true }]);
    }
    expect(calls).toBe(3);
  } finally {
    app.bo.close();
    if (before === undefined) delete process.env["AFIP_URL"]; else process.env["AFIP_URL"] = before;
    afip.closeAllConnections();
    await new Promise((done) => afip.close(done));
  }
});
