// Headless Chromium through playwright-core, quiet on a machine without a network.

import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const PLACES = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The path of an installed Chromium, or undefined. */
export const chromiumPath = () => PLACES.find((p) => p && existsSync(p));

export function launch() {
  const executablePath = chromiumPath();
  if (!executablePath) throw new Error("no Chromium found; install Debian's `chromium` or set CHROMIUM");
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
