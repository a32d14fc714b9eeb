// Edge runtimes of Next.js.
import { useLoader } from "./brownout.js";
import { loader } from "./engine/edge.js";
import { RequestClock } from "./request-clock.js";

useLoader(loader, () => new RequestClock());

export * from "./index.js";
