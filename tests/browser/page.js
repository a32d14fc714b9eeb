// What the test looks at: the banner over the small build, and, when asked, the whole engine in the page.
import { mountBanner } from "/dist/banner.js";

window.left = mountBanner({ url: "/api/health" });
if (new URL(location.href).searchParams.has("engine")) {
  const { createBrownout } = await import("/dist/inline.js");
  const bo = createBrownout({
    policy: { version: 1, services: { afip: { breaker: { consecutive_failures: 2, open: { base: "10s", jitter: 0 } } } } },
    seed: 1,
  });
  const seen = [];
  for (let i = 0; i < 3; i++) {
    const result = await bo.guard("afip").run(() => Promise.reject(new Error("down")));
    seen.push(result.ok ? "ok" : result.reason === "refused" ? result.refusal.code : result.reason);
  }
  document.querySelector("#out").textContent = seen.join(" ");
}
