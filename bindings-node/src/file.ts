// `brownout/file`: a policy from a file, by its ending. For servers; it needs a file system.
import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { policyFault, policyJson } from "./index.js";
import { toml } from "./toml.js";
import { yaml } from "./yaml.js";

/** The JSON text of the policy in `path` (`.toml`, `.json`, `.yaml`, `.yml`). Throws `BrownoutError`. */
export function policyFile(path: string | URL): string {
  const name = typeof path === "string" ? path : path.pathname;
  const read = { ".toml": toml, ".yaml": yaml, ".yml": yaml, ".json": policyJson }[extname(name).toLowerCase()];
  if (!read) throw policyFault("policy_unreadable", "", `\`${name}\` has an ending that names no syntax`);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw policyFault("policy_unreadable", "", `\`${name}\` cannot be read: ${(error as { code?: string }).code ?? "unknown"}`, error);
  }
  return read(text);
}
