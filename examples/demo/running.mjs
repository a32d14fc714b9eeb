// A demo of one's own for a test or a picture: starts live.mjs and stops it.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const LIVE = fileURLToPath(new URL("./live.mjs", import.meta.url));

/** { url, fastapi, simulator, stop() } */
export function startDemo(args = []) {
  const child = spawn(process.execPath, [LIVE, "--quiet", ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const gone = new Promise((resolve) => child.once("exit", resolve));
  const stop = () => {
    child.kill("SIGTERM");
    return gone;
  };
  return new Promise((resolve, reject) => {
    gone.then((code) => reject(new Error(`the demo ended with ${code}`)));
    child.stdout.once("data", (line) => resolve({ ...JSON.parse(String(line).split("\n")[0]), stop }));
  });
}
