// BROWNOUT_RECORD names a file: every engine of this process then writes its inputs down, the first into it, the next beside it.
import { openSync, writeSync } from "node:fs";
import type { RecordSink } from "./tape.js";

const MOST_FILES = 1000;

/** A file of its own for one engine, where the environment asks for it. */
export function recordFile(): RecordSink | undefined {
  const path = process.env["BROWNOUT_RECORD"];
  if (!path) return undefined;
  for (let n = 1; n <= MOST_FILES; n += 1) {
    try {
      const file = openSync(n === 1 ? path : `${path}.${n}`, "wx");
      return (line) => { writeSync(file, line); };
    } catch (error) {
      if ((error as { code?: string }).code === "EEXIST") continue;
      console.error(`brownout: nothing is recorded, \`${path}\` cannot be written`, error);
      return undefined;
    }
  }
  return undefined;
}
