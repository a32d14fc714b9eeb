// `npm run bench -w brownout [NAME…]`: what a call costs in Node, over what it costs without. REPS and TARGET_MS make it longer.
import { CASES } from "./cases.mjs";
import { compare } from "./harness.mjs";
import { load } from "./load.mjs";

const wanted = process.argv.slice(2);
const brownout = await load();
const cases = [];
for (const [name, make] of Object.entries(CASES)) if (wanted.length === 0 || wanted.includes(name)) cases.push(await make(brownout));
const rows = await compare(cases, { reps: Number(process.env["REPS"] ?? 7), targetMs: Number(process.env["TARGET_MS"] ?? 150) });
const ns = (number) => number.toFixed(0).padStart(8);
console.log(`${"ns of CPU per call, medians".padEnd(56)}${"call".padStart(8)}${"floor".padStart(8)}${"over".padStart(8)}     least   most`);
for (const row of rows) console.log(`${row.name.padEnd(56)}${ns(row.ns)}${ns(row.floorNs)}${ns(row.overNs)}  ${ns(row.min)}${ns(row.max)}`);
