import { createBrownout } from "brownout";
import { DegradationBanner } from "brownout/react";
import { toml } from "brownout/toml";
import { createElement } from "react";
import { createRoot } from "react-dom/client";

createRoot(document.querySelector("#root")).render(createElement(DegradationBanner, { url: "/api/health.json", lang: "en" }));

const bo = createBrownout({ policy: toml('version = 1\n[services.afip]\nbreaker = { consecutive_failures = 2, open = { base = "10s", jitter = 0 } }\n'), seed: 1 });
const seen = [];
for (let i = 0; i < 3; i += 1) {
  const result = await bo.guard("afip").run(() => { throw new Error("down"); });
  seen.push(result.reason === "refused" ? result.refusal.code : result.reason);
}
const { granted } = JSON.parse(bo.health({ detail: "detailed" }).body).traffic.afip;
document.querySelector("#engine").textContent = `${granted}: ${seen.join(" ")}`;
