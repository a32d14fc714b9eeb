// Next.js 15, which builds with webpack and has a middleware instead of a proxy.
import { nextTests } from "./next.mjs";

nextTests("next15", { bundler: "webpack" });
