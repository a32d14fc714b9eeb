// Node: imported and required alike.
import { useAddon, useLoader, useRecorder } from "./brownout.js";
import { addon } from "./engine/addon.js";
import { loader } from "./engine/node.js";
import { recordFile } from "./record-file.js";

useLoader(loader);
useAddon(addon);
useRecorder(recordFile);

export * from "./index.js";
