// Node: imported and required alike.
import { useLoader } from "./brownout.js";
import { loader } from "./engine/node.js";

useLoader(loader);

export * from "./index.js";
