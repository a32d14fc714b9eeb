"use strict";
// One addon for each platform: `brownout.node` where it was built, `brownout.PLATFORM-ARCH.node` in a published package.
const { existsSync } = require("node:fs");
const { join } = require("node:path");

const names = ["brownout.node", `brownout.${process.platform}-${process.arch}.node`];
const found = names.map((name) => join(__dirname, name)).find(existsSync);
if (!found) throw new Error(`brownout-native has no addon for ${process.platform}-${process.arch}: use brownout without it, it runs on wasm`);
module.exports = require(found);
