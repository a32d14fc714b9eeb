// What one may begin with: three small documents, and the examples of this repository (bundled as text).
import campotech from "../policies/campotech.toml";
import platform from "../policies/platform.toml";
import togetheros from "../policies/togetheros.toml";
import vetmed from "../policies/vetmed.toml";

export const POLICIES = {
  "A breaker": `version = 1

[services.payments]
fallback = "queue"

[services.payments.breaker]
failure_rate = 0.5
window       = "10s"
min_calls    = 20
open         = { base = "10s", max = "60s" }
ramp         = "10s"

[features.checkout]
title    = "Checkout"
needs    = ["payments"]
fallback = "charge_later"
`,
  "A rate limit for each tenant": `version = 1

[services.api]
breaker = "off"

[[services.api.limits]]
name   = "burst"
limit  = 5
period = "1s"
per    = "tenant"

[[services.api.limits]]
name      = "minute"
limit     = 120
period    = "1m"
algorithm = "sliding_window"
per       = "tenant"
`,
  "An AI upstream with a second one": `version = 1

[services.openai]
timeout = "4s"
breaker = { failure_rate = 0.3, window = "20s", min_calls = 10, slow = { over = "2s", rate = 0.5 }, open = { base = "15s" } }

[services.local-model]
timeout = "8s"

[features.summaries]
title    = "Summaries"
needs    = { any_of = ["openai", "local-model"] }
fallback = "shorter_summaries"

[features.chat]
title    = "Chat"
needs    = ["openai"]
fallback = "answer_by_mail"
`,
  "CampoTech": campotech,
  "VetMed": vetmed,
  "Platform": platform,
  "TogetherOS": togetheros,
};
