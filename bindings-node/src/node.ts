// Node: imported and required alike.
import { useAddon, useLoader } from "./brownout.js";
import { addon } from "./engine/addon.js";
import { loader } from "./engine/node.js";

useLoader(loader);
useAddon(addon);

export * from "./index.js";
