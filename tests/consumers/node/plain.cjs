const { createBrownout } = require("brownout");
const { policyFile } = require("brownout/file");

import("./story.mjs").then(async ({ story }) => {
  console.log(JSON.stringify(await story(createBrownout, policyFile(`${__dirname}/policy.toml`), "plain")));
});
