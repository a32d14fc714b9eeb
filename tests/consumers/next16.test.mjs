// Next.js 16 with each of its bundlers.
import { nextTests } from "./next.mjs";

nextTests("next16", { bundler: "Turbopack", flags: ["--turbopack"] });
nextTests("next16", { bundler: "webpack", flags: ["--webpack"], env: { BUILD: ".next-webpack" } });
