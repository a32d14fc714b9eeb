// An application of no account: afip fails, sms is called for two tenants. Time stands still unless the script moves it.
import { createBrownout } from "brownout";
import { policyFile } from "brownout/file";
import { FakeClock } from "brownout/testing";

const clock = new FakeClock(1_000_000);
const bo = createBrownout({ policy: policyFile(new URL("policy.toml", import.meta.url)), seed: 7, clock });
const down = () => Promise.reject(Object.assign(new Error("down"), { code: "ECONNREFUSED" }));
for (let i = 0; i < 7; i += 1) {
  await bo.guard("afip").run(down);
  await clock.advance(1000);
}
for (const tenant of ["a", "a", "b", "a", "a", "a"]) await bo.guard("sms", { keys: { tenant } }).run(() => "sent");
await clock.advance(40_000);
await bo.guard("afip").run(() => "filed");
bo.observe("sms", { ok: true, latencyMs: 12.5 });
bo.close();
