import { DegradationBanner } from "brownout/react";
import { bo } from "@/lib/brownout";

export const dynamic = "force-dynamic";

export default function Page() {
  return (
    <main>
      <DegradationBanner lang="es" initial={bo.health().body} />
      <h1>Facturas</h1>
    </main>
  );
}
