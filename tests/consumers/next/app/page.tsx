// A server component, and below it a client component that is rendered here as well.
import { DegradationBanner } from "brownout/react";
import type { ReactNode } from "react";
import { bo, touch } from "@/lib/brownout";
import { Client } from "./client";

export const dynamic = "force-dynamic";

export default async function Page(): Promise<ReactNode> {
  const rsc = await touch("rsc");
  return (
    <main>
      <DegradationBanner lang="es" initial={bo.health().body} />
      <pre id="rsc">{JSON.stringify(rsc)}</pre>
      <Client />
    </main>
  );
}
