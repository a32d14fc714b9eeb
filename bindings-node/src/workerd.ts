// Workers.
import { useLoader } from "./brownout.js";
import { loader } from "./engine/workerd.js";

useLoader(loader);

export * from "./index.js";
