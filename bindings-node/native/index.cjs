"use strict";
// The addon: `brownout.node` where it was built on this machine, else the one of this platform, beside this file or as a
// package of its own (`brownout-native-linux-x64-gnu` and the like).
const { existsSync } = require("node:fs");
const { join } = require("node:path");

function libc() {
  if (process.platform !== "linux") return "";
  return process.report?.getReport?.().header?.glibcVersionRuntime ? "-gnu" : "-musl";
}

function load() {
  const own = join(__dirname, "brownout.node");
  if (existsSync(own)) return require(own);
  const platform = `${process.platform}-${process.arch}${libc()}`;
  const beside = join(__dirname, `brownout.${platform}.node`);
  if (existsSync(beside)) return require(beside);
  try {
    return require(`brownout-native-${platform}`);
  } catch (cause) {
    throw new Error(`brownout-native has no addon for ${platform}: use brownout without it, it runs on wasm`, { cause });
  }
}

const native = load();
exports.Engine = native.Engine;
exports.call = native.call;
exports.callAsync = native.callAsync;
exports.version = native.version;
