// The second route reaches the engine by its name, with a policy in another syntax.
import { brownout, createBrownout } from "brownout";
import { policyFile } from "brownout/file";
import { toml } from "brownout/toml";
import { touch } from "@/lib/brownout";

export const dynamic = "force-dynamic";

const other = createBrownout({ name: "other", policy: toml("version = 1\n[services.mail]\nbreaker = { consecutive_failures = 1 }\n"), seed: 1 });

export async function GET(): Promise<Response> {
  await other.guard("mail").run(() => { throw new Error("down"); });
  const file = createBrownout({ name: "file", policy: policyFile(`${process.cwd()}/lib/policy.json`) });
  return Response.json({
    ...(await touch("other")),
    mail: brownout("other")?.guard("mail").peek(),
    services: file.names.services.map((service) => service.name),
  });
}
