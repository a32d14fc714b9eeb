// node main.mjs [--once] …: the scripted incident, or the demo that runs until it is interrupted.

const once = process.argv.indexOf("--once");
if (once >= 0) process.argv.splice(once, 1);
await import(once >= 0 ? "./once.mjs" : "./live.mjs");
