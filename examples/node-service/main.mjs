// node main.mjs --simulator URL [--port N] [--policy FILE] [--peer NAME=URL]…
// Prints one line of JSON when it listens: {"url"}.

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createBrownout } from "brownout";
import { policyFile } from "brownout/file";
import { follow } from "../simulator/clock.mjs";
import { createApp } from "./app.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    simulator: { type: "string" },
    policy: { type: "string", default: here("../policies/campotech.toml") },
    peer: { type: "string", multiple: true, default: [] },
  },
});

const clock = follow(await (await fetch(`${values.simulator}/clock`)).json());
const bo = createBrownout({ policy: policyFile(values.policy), clock, seed: 1 });
const peers = values.peer.map((p) => p.split("=")).map(([name, url]) => ({ name, url }));

const server = createApp({
  bo,
  clock,
  simulator: values.simulator,
  about: { simulator: values.simulator, hosts: [{ name: "Node", url: "" }, ...peers] },
  statics: { "/": here("../browser/"), "/vendor/brownout/": here("../../bindings-node/dist/") },
});
server.listen(Number(values.port), "127.0.0.1", () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` }));
});
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    server.closeAllConnections();
    server.close();
    bo.close();
    process.exit(0);
  });
}
