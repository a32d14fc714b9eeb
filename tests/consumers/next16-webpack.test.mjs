// Next.js 16 with webpack.
import { nextTests } from "./next.mjs";

nextTests("next16", { bundler: "webpack", flags: ["--webpack"], env: { BUILD: ".next-webpack" } });
