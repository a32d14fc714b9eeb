// The optional package `brownout-native`: looked for once, when somebody asks. Where it is not installed, nothing happens.
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Native } from "./napi.js";

declare const __filename: string | undefined;

// In two pieces, so that no bundler takes it for something to bundle.
const NAME = ["brownout", "native"].join("-");
let found: Native | null | undefined;

/** The addon, or `null`. It is looked for beside this package, then beside the application. */
export function addon(): Native | null {
  if (found !== undefined) return found;
  found = null;
  for (const from of [typeof __filename === "string" ? __filename : import.meta.url, join(process.cwd(), "package.json")]) {
    try {
      found = createRequire(from)(NAME) as Native;
      break;
    } catch { /* not there, or not for this platform */ }
  }
  return found;
}
