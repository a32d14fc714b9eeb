// Next.js 16 with its own bundler.
import { nextTests } from "./next.mjs";

nextTests("next16", { bundler: "Turbopack", flags: ["--turbopack"] });
