// The same story in both environments.
const { createBrownout } = require("brownout");

exports.story = async () => {
  const bo = createBrownout({
    policy: { version: 1, services: { afip: { fallback: "queue", breaker: { consecutive_failures: 2, open: { base: "10s", jitter: 0 } } } } },
    seed: 1,
  });
  const seen = [];
  for (let i = 0; i < 3; i += 1) {
    const result = await bo.guard("afip").run(() => { throw new Error("down"); });
    seen.push(result.reason === "refused" ? result.refusal.code : result.reason);
  }
  bo.close();
  return seen;
};
