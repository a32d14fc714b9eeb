// node main.mjs [--port N] [--speed N] [--scenario FILE] [--stepped START_MS]
// Prints one line of JSON when it listens: {"url", "speed"}.

import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { RunningClock, SteppedClock } from "./clock.mjs";
import { createSimulator } from "./server.mjs";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    speed: { type: "string", default: "1" },
    scenario: { type: "string" },
    stepped: { type: "string" },
  },
});

const speed = Number(values.speed);
const clock =
  values.stepped === undefined
    ? new RunningClock({ speed })
    : new SteppedClock({ startMs: Number(values.stepped), speed });
const scenario = values.scenario ? JSON.parse(await readFile(values.scenario, "utf8")) : {};
const server = createSimulator({ scenario, clock });
server.listen(Number(values.port), "127.0.0.1", () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}`, speed: clock.speed }));
});
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    server.closeAllConnections();
    server.close(() => process.exit(0));
  });
}
