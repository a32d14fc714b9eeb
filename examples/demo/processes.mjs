// Starts the parts of the demo as processes of their own and stops exactly those.

import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const START_MS = 30_000;

export class Processes {
  #children = [];

  /** The simulator's base URL. */
  async simulator(args) {
    return this.#announced("simulator", process.execPath, ["examples/simulator/main.mjs", ...args]);
  }

  /** The Node service's base URL. */
  async node(args) {
    return this.#announced("node service", process.execPath, ["examples/node-service/main.mjs", ...args]);
  }

  /** The FastAPI service's base URL, once it answers. */
  async fastapi({ simulator, policy, port = 0 }) {
    const free = port || (await freePort());
    const python = process.env.PYTHON ?? `${ROOT}.venv/bin/python`;
    const env = { SIMULATOR: simulator, ...(policy && { POLICY: policy }), PYTHONUNBUFFERED: "1" };
    const args = ["-m", "uvicorn", "app:app", "--host", "127.0.0.1", "--port", String(free), "--log-level", "warning"];
    const child = this.#start("fastapi service", python, [...args, "--app-dir", "examples/fastapi-service"], env);
    const url = `http://127.0.0.1:${free}`;
    const began = Date.now();
    for (;;) {
      if (child.exitCode !== null) throw new Error(`the fastapi service ended:\n${child.said}`);
      const up = await fetch(`${url}/api/config`).catch(() => undefined);
      if (up?.ok) return url;
      if (Date.now() - began > START_MS) throw new Error(`the fastapi service does not answer:\n${child.said}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async stop() {
    const left = this.#children.filter((c) => c.exitCode === null && c.signalCode === null);
    await Promise.all(
      left.map((child) => {
        const gone = new Promise((resolve) => child.once("exit", resolve));
        child.kill("SIGTERM");
        const hard = setTimeout(() => child.kill("SIGKILL"), 3000);
        return gone.finally(() => clearTimeout(hard));
      }),
    );
  }

  /** A part that says {"url"} on its first line. */
  #announced(name, command, args) {
    const child = this.#start(name, command, args);
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`the ${name} does not answer:\n${child.said}`)), START_MS);
      child.once("exit", () => reject(new Error(`the ${name} ended:\n${child.said}`)));
      child.stdout.on("data", () => {
        const line = child.said.split("\n").find((l) => l.startsWith('{"url"'));
        if (!line) return;
        clearTimeout(late);
        resolve(JSON.parse(line).url);
      });
    });
  }

  #start(name, command, args, env = {}) {
    const child = spawn(command, args, { cwd: ROOT, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    child.said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        child.said = (child.said + text).slice(-20_000);
      });
    }
    child.once("error", (error) => {
      child.said += `cannot start the ${name}: ${error.message}`;
    });
    this.#children.push(child);
    return child;
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
