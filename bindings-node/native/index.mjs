export { Engine, call, callAsync, version } from "./index.cjs";
