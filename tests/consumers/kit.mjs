// How a consumer is set up: its folder is copied out of the repository, the packed tarball is installed into it, and what it starts
// ends with the test.
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const here = fileURLToPath(new URL(".", import.meta.url));
const sha = (...parts) => createHash("sha256").update(parts.join("\0")).digest("hex");

/** What `npm pack` made of the package; `cargo xtask test --only consumers` sets it. */
export const tarball = process.env.BROWNOUT_TARBALL ?? pack();
function pack() {
  const into = join(home(), "pack");
  mkdirSync(into, { recursive: true });
  const [{ filename }] = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--loglevel=error", "--pack-destination", into], { cwd: join(here, "../../bindings-node"), encoding: "utf8" }),
  );
  return join(into, filename);
}

/** Outside the repository, so that nothing of it is found by walking up; kept, so that a second run installs nothing. */
function home() {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  return process.env.BROWNOUT_CONSUMERS ?? join(cache, "brownout-consumers", sha(here).slice(0, 8));
}

/** What is kept from run to run: the installed packages and the builders' own caches. */
const KEPT = new Set(["node_modules", ".next", ".next-webpack", "installed"]);

/**
 * A clean folder with the sources of these folders (the first has the manifest) and with the package installed from its tarball.
 * `npm install` runs when a version has changed; else only the package itself is put in anew.
 */
export function install(name, ...more) {
  const folder = join(home(), name);
  mkdirSync(folder, { recursive: true });
  for (const old of readdirSync(folder)) if (!KEPT.has(old)) rmSync(join(folder, old), { recursive: true });
  for (const source of [...more, name]) cpSync(join(here, source), folder, { recursive: true });
  cpSync(tarball, join(folder, "brownout.tgz"));

  const own = JSON.parse(execFileSync("tar", ["-xzOf", tarball, "package/package.json"], { encoding: "utf8" }));
  const key = sha(readFileSync(join(folder, "package.json")), process.version, JSON.stringify([own.dependencies, own.peerDependencies, own.bin]));
  const stamp = join(folder, "installed");
  const modules = join(folder, "node_modules");
  if (existsSync(modules) && existsSync(stamp) && readFileSync(stamp, "utf8") === key) {
    const target = join(modules, "brownout");
    rmSync(target, { recursive: true, force: true });
    mkdirSync(target);
    execFileSync("tar", ["-xzf", tarball, "--strip-components=1", "-C", target]);
    for (const program of Object.values(own.bin ?? {})) chmodSync(join(target, program), 0o755);
    return folder;
  }
  for (const old of KEPT) rmSync(join(folder, old), { recursive: true, force: true });
  run(folder, "npm", ["install", "--prefer-offline", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
  writeFileSync(stamp, key);
  return folder;
}

const QUIET = { NEXT_TELEMETRY_DISABLED: "1", WRANGLER_SEND_METRICS: "false", CI: "1", NO_COLOR: "1", NODE_TEST_CONTEXT: undefined, NODE_OPTIONS: undefined };
const environment = (more) => Object.fromEntries(Object.entries({ ...process.env, ...QUIET, ...more }).filter(([, value]) => value !== undefined));

/** A program of the consumer, run to its end; gives what it printed. What it said is in the error when it fails. */
export function run(folder, program, args, env = {}) {
  try {
    return execFileSync(program, args, { cwd: folder, env: environment(env), encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: 900_000, maxBuffer: 2 ** 26 });
  } catch (error) {
    throw new Error(`${program} ${args.join(" ")}\n${error.stdout ?? ""}${error.stderr ?? error}`);
  }
}

/** A program under `node_modules/.bin`. */
export const bin = (folder, name) => join(folder, "node_modules/.bin", name);

const groups = new Set();
const end = (pid) => {
  groups.delete(pid);
  try { process.kill(-pid, "SIGKILL"); } catch { /* it has ended */ }
};
process.on("exit", () => { for (const pid of groups) end(pid); });

/** Starts a server and waits until its output matches `ready`. `output()` is all it has said. */
export async function serve(folder, program, args, { ready, env = {} }) {
  const child = spawn(program, args, { cwd: folder, env: environment(env), detached: true, stdio: ["ignore", "pipe", "pipe"] });
  groups.add(child.pid);
  let said = "";
  try {
    await new Promise((resolve, reject) => {
      const deadline = setTimeout(() => reject(new Error(`not ready after five minutes\n${said}`)), 300_000);
      const done = (then, value) => { clearTimeout(deadline); then(value); };
      const hear = (text) => { said += text; if (ready.test(said)) done(resolve); };
      for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", hear);
      child.on("error", (error) => done(reject, error));
      child.on("exit", (code) => done(reject, new Error(`${program} ended with ${code}\n${said}`)));
    });
  } catch (error) {
    end(child.pid);
    throw error;
  }
  return { output: () => said, stop: () => end(child.pid) };
}

/** A port that was free a moment ago. */
export async function freePort() {
  const probe = createServer();
  await new Promise((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** Chromium, which asks nobody for anything. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

/** A page that notes every complaint of the browser. */
export async function open(browser, url) {
  const page = await browser.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => { if (message.type() === "error") complaints.push(message.text()); });
  await page.goto(url);
  return { page, complaints };
}
