"use client";
import { useDegradation } from "brownout/react";
import { useEffect, useState, type ReactNode } from "react";
import { bo, granted, touch } from "@/lib/brownout";

/** Asks the engine by hand, in the render on the server; the page's own engine is asked when it has been mounted. */
function ask(): string {
  const answer = bo.admit("afip");
  if ("refusal" in answer) return answer.refusal.code;
  bo.settle(answer.permit, { outcome: "success" });
  return String(granted());
}

export function Client(): ReactNode {
  const [own, setOwn] = useState<string>("");
  const state = useDegradation({ lang: "es" });
  useEffect(() => {
    void (async () => {
      const seen: string[] = [];
      for (let i = 0; i < 4; i += 1) { const { granted: n, code } = await touch("page", true); seen.push(`${n}${code ? ` ${code}` : ""}`); }
      setOwn(seen.join(", "));
    })();
  }, []);
  return (
    <section>
      <pre id="ssr" suppressHydrationWarning>{typeof window === "undefined" ? ask() : ""}</pre>
      <pre id="page">{own}</pre>
      <pre id="feature">{state.feature("invoicing.afip")?.status ?? ""}</pre>
    </section>
  );
}
