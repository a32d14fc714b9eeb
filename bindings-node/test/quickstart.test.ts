// The lines of docs/quickstart-nextjs.md, taken from the page and run; and the example app is made of the same lines.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import type { ReactNode } from "react";
import { afterAll, beforeAll, expect, test } from "vitest";

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const titled = (markdown: string): { path: string; text: string }[] =>
  [...markdown.matchAll(/^```\w+ title="([^"]+)"\n([\s\S]*?)^```$/gm)].map(([, path, text]) => ({ path: path ?? "", text: text ?? "" }));
const doc = readFileSync(at("../../docs/quickstart-nextjs.md"), "utf8");
const blocks = titled(doc);

/** A block without a file: the inside of some function of the reader's. */
const snippets = [...doc.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, text]) => text ?? "");

interface App {
  POST(request: Request): Promise<Response>;
  GET(request: Request): Response;
  Page(): ReactNode;
  renderToString(node: ReactNode): string;
  bo: { close(): void };
  snippet(organisation: string, soap: object, invoice: object): Promise<{ ok: boolean; value?: unknown }>;
}
let app: App;
let calls = 0;
let healthy = true;
const afip = createServer((_, response) => { calls += 1; response.writeHead(healthy ? 200 : 500, { "content-type": "application/json" }).end('{"cae":"75000000000000"}'); });

const dir = mkdtempSync(join(tmpdir(), "brownout-quickstart-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

beforeAll(async () => {
  for (const { path, text } of blocks) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  writeFileSync(join(dir, "all.ts"), [
    'export { POST } from "./app/api/invoices/route";', 'export { GET } from "./app/api/health/route";',
    'export { default as Page } from "./app/page";', 'export { bo } from "./lib/brownout";',
    'export { renderToString } from "react-dom/server";', 'import { bo } from "./lib/brownout";',
    `export async function snippet(organisation: string, soap: any, invoice: any) { ${snippets.join("\n")} return result; }`,
  ].join("\n"));
  await build({
    entryPoints: [join(dir, "all.ts")], outfile: join(dir, "all.mjs"), bundle: true, format: "esm", platform: "node", jsx: "automatic", logLevel: "error",
    ignoreAnnotations: true, // only `dist` is marked as having side effects
    alias: { brownout: at("../src/node.ts"), "brownout/react": at("../src/react.tsx"), "@": dir },
    nodePaths: [at("../../node_modules"), at("../node_modules")],
    banner: { js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);' },
  });
  await new Promise<void>((done) => afip.listen(0, "127.0.0.1", done));
  process.env["AFIP_URL"] = `http://127.0.0.1:${(afip.address() as AddressInfo).port}/`;
  app = await import(/* @vite-ignore */ pathToFileURL(join(dir, "all.mjs")).href) as App;
}, 120_000);
afterAll(async () => { app?.bo.close(); afip.closeAllConnections(); await new Promise((done) => afip.close(done)); });

const invoice = (): Promise<Response> => app.POST(new Request("http://localhost/api/invoices", { method: "POST", body: "{}" }));
const health = async (query = ""): Promise<Response> => app.GET(new Request(`http://localhost/api/health${query}`));

test("the example app is made of the same lines", () => {
  expect(blocks.map((b) => b.path)).toEqual(["brownout.policy.json", "lib/brownout.ts", "app/api/invoices/route.ts", "app/api/health/route.ts", "app/page.tsx"]);
  for (const { path, text } of blocks) expect(readFileSync(at(`../../examples/nextjs/${path}`), "utf8")).toBe(text);
});

test("the README shows the same lines", () => {
  const shown = titled(readFileSync(at("../../README.md"), "utf8")).filter((b) => !b.path.endsWith(".py") && !b.path.endsWith(".toml"));
  expect(shown.map((b) => b.path)).toEqual(["brownout.policy.json", "lib/brownout.ts", "app/api/invoices/route.ts"]);
  for (const block of shown) expect(blocks).toContainEqual(block);
});

test("protecting the call takes five lines", () => {
  const route = blocks.find((b) => b.path.includes("invoices"))?.text ?? "";
  const inside = route.split("\n").filter((line) => line.trim() !== "" && line !== "}");
  expect(inside.length).toBeLessThanOrEqual(5);
});

test("the guard's lines run", async () => {
  expect(snippets.length).toBe(1);
  const result = await app.snippet("org_1", { issue: async (what: object, { signal }: { signal: AbortSignal }) => [what, signal.aborted] }, { type: "B" });
  expect(result).toMatchObject({ ok: true, value: [{ type: "B" }, false] });
});

test("an invoice is issued, then queued while AFIP is down, without asking AFIP again", async () => {
  const issued = await invoice();
  expect([issued.status, await issued.json(), calls]).toEqual([200, { cae: "75000000000000" }, 1]);
  expect(app.renderToString(app.Page())).toContain('role="status"');
  expect(app.renderToString(app.Page())).not.toContain("limitadas");

  healthy = false;
  for (let i = 0; i < 3; i += 1) expect((await invoice()).status).toBe(202);
  expect(calls).toBe(4);
  for (let i = 0; i < 5; i += 1) expect(await (await invoice()).json()).toEqual({ queued: true });
  expect(calls).toBe(4);

  const body = await (await health()).json() as { status: string; features: Record<string, { status: string }> };
  expect([body.status, body.features["invoicing.afip"]?.status]).toEqual(["degraded", "degraded"]);
  expect((await health("?format=prometheus")).headers.get("content-type")).toContain("text/plain");
  expect(app.renderToString(app.Page())).toContain("Algunas funciones están temporalmente limitadas: Facturación AFIP");
});
