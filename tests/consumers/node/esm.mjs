import { createBrownout } from "brownout";
import { policyFile } from "brownout/file";
import { story } from "./story.mjs";

console.log(JSON.stringify(await story(createBrownout, policyFile(new URL("policy.toml", import.meta.url)), "esm")));
