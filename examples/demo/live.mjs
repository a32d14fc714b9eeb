// node live.mjs [--speed N] [--port N]: the demo with traffic, until it is interrupted.

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { follow } from "../simulator/clock.mjs";
import { Processes } from "./processes.mjs";
import { drive } from "./traffic.mjs";

const { values } = parseArgs({
  options: {
    speed: { type: "string", default: "20" },
    port: { type: "string", default: "0" },
    policy: { type: "string", default: fileURLToPath(new URL("../policies/campotech.toml", import.meta.url)) },
    quiet: { type: "boolean", default: false },
  },
});

const processes = new Processes();
let stopDriving = () => {};
const end = async (code) => {
  stopDriving();
  await processes.stop();
  process.exit(code);
};
process.once("SIGINT", () => end(0));
process.once("SIGTERM", () => end(0));

try {
  const simulator = await processes.simulator(["--speed", values.speed]);
  const fastapi = await processes.fastapi({ simulator, policy: values.policy });
  const node = await processes.node(
    ["--simulator", simulator, "--policy", values.policy, "--port", values.port].concat(["--peer", `FastAPI=${fastapi}`]),
  );
  const clock = follow(await (await fetch(`${simulator}/clock`)).json());
  stopDriving = drive(clock, [
    { url: node, query: "" },
    { url: node, query: "&guard=off" },
    { url: fastapi, query: "" },
    { url: fastapi, query: "&guard=off" },
  ]);
  console.log(JSON.stringify({ url: node, fastapi, simulator }));
  if (!values.quiet) {
    console.log(`
  page        ${node}/
  simulator   ${simulator}/          break and restore the upstreams here too
  health      ${node}/api/health     (Node)
              ${fastapi}/api/health     (FastAPI)

  ${values.speed} simulated seconds a second. Ctrl-C ends it.`);
  }
} catch (error) {
  console.error(`error: ${error.message}`);
  await end(1);
}
