// One page, nothing beside it: script, style, engine and example policies are inside, so that it opens from a file or any static host.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, "dist");
const bundle = await build({
  entryPoints: [join(here, "main.js")],
  bundle: true, minify: true, write: false, format: "iife", platform: "browser", conditions: ["browser"], target: "es2022", charset: "utf8", legalComments: "none",
  loader: { ".toml": "text" },
});
const inside = (name) => readFileSync(join(here, name), "utf8");
const script = bundle.outputFiles[0].text.replaceAll("</script", "<\\/script");
const page = inside("index.html")
  .replace("/* style.css */", () => inside("style.css"))
  .replace("/* bundle.js */", () => script);
mkdirSync(out, { recursive: true });
writeFileSync(join(out, "index.html"), page);
console.log(join(out, "index.html"));
