// Static files below a few URL prefixes; nothing outside their folders.

import { readFile } from "node:fs/promises";
import { extname, join, normalize, sep } from "node:path";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".map": "application/json",
  ".wasm": "application/wasm",
};

export async function serveFile(request, response, statics) {
  const path = decodeURIComponent(new URL(request.url, "http://host").pathname);
  const prefix = Object.keys(statics)
    .filter((p) => path.startsWith(p))
    .sort((a, b) => b.length - a.length)[0];
  const inside = prefix && normalize(path.slice(prefix.length) || "index.html");
  if (!inside || inside.startsWith("..") || inside.includes("\0") || inside.startsWith(sep)) return missing(response, path);
  try {
    const bytes = await readFile(join(statics[prefix], inside));
    response.writeHead(200, {
      "content-type": TYPES[extname(inside)] ?? "application/octet-stream",
      "cache-control": "no-cache",
    });
    response.end(bytes);
  } catch {
    missing(response, path);
  }
}

function missing(response, path) {
  response.writeHead(404, { "content-type": "application/json" });
  response.end(JSON.stringify({ error: `nothing at \`${path.slice(0, 200)}\`` }));
}
