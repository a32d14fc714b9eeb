// The same package imported and required in one process: two copies of the code, one engine.
import { createRequire } from "node:module";
import * as imported from "brownout";
import { policyFile } from "brownout/file";
import { story, traffic } from "./story.mjs";

const required = createRequire(import.meta.url)("brownout");
const policy = policyFile("policy.toml");
const one = await story(imported.createBrownout, policy, "both");
const other = required.createBrownout({ policy, name: "both" });
const after = await other.guard("afip").run(() => "never");
const kept = await required.withKeys({ tenant: "org_1" }, () => imported.brownout("both").guard("afip").run(() => "never"));
console.log(JSON.stringify({
  copies: imported.createBrownout === required.createBrownout ? 1 : 2,
  same: other === imported.brownout("both") && other === required.brownout("both"),
  one,
  after: after.refusal.code,
  kept: kept.refusal.code,
  counts: traffic(other),
}));
