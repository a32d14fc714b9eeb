// Browsers, and everything that has no condition of its own.
import { useLoader } from "./brownout.js";
import { loader } from "./engine/inline.js";

useLoader(loader);

export * from "./index.js";
