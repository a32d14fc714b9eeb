const { Brownout } = require("brownout");
const { FakeClock } = require("brownout/testing");
const { toml } = require("brownout/toml");
const { yaml } = require("brownout/yaml");

const T = toml('version = 1\n[services.afip]\nbreaker = { consecutive_failures = 1, open = { base = "10s", jitter = 0 } }\n');
const Y = yaml("version: 1\nservices:\n  afip:\n    breaker: { consecutive_failures: 1, open: { base: 10s, jitter: 0 } }\n");
(async () => {
  const clock = new FakeClock(1_000);
  const bo = new Brownout({ policy: T, clock, seed: 1 });
  await bo.guard("afip").run(() => { throw new Error("down"); });
  const peeks = [bo.guard("afip").peek()];
  await clock.advance(9_999);
  peeks.push(bo.guard("afip").peek());
  await clock.advance(1);
  peeks.push(bo.guard("afip").peek());
  console.log(JSON.stringify({ peeks, same: T === Y }));
})();
