// Edge runtimes of Next.js.
import { useLoader } from "./brownout.js";
import { loader } from "./engine/edge.js";

useLoader(loader);

export * from "./index.js";
