// Workers.
import { useLoader } from "./brownout.js";
import { loader } from "./engine/workerd.js";
import { RequestClock } from "./request-clock.js";

useLoader(loader, () => new RequestClock());

export * from "./index.js";
