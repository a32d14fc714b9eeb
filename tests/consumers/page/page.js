// Tells one status client every answer that a server could give, and writes down all that it says: the view in six languages and
// when it asks again.
let compiled = 0;
const Module = WebAssembly.Module;
WebAssembly.Module = function (bytes) {
  const module = new Module(bytes);
  compiled += 1;
  return module;
};
const { StatusClient } = await import("/brownout/status.js");
const { mountBanner } = await import("/brownout/banner.js");

const answers = await (await fetch("/answers.json")).json();
const told = [];
let now = 1_750_000_000_000;
let answer, wait;
const client = new StatusClient({
  seed: 0,
  now: () => now,
  setTimer: (_, delay) => { wait = delay; return 1; },
  clearTimer: () => {},
  fetch: () => answer === null
    ? Promise.reject(new TypeError("away"))
    : Promise.resolve({ headers: { get: () => answer.retryAfter ?? null }, text: () => Promise.resolve(JSON.stringify({ blob: answer.blob })) }),
});
const leave = mountBanner({ client });
for (answer of [...answers, null, null, null, ...answers]) {
  await client.refresh();
  for (const later of [0, 4_999, 90_000]) {
    now += later;
    for (const lang of ["es", "en", "en-GB", "de", "pt-BR", ""]) {
      client.lang = lang;
      told.push({ view: client.getSnapshot(), banner: document.querySelector("[role=status]").textContent, wait });
    }
  }
}
leave();
window.told = told;
document.querySelector("#told").textContent = `${compiled} compiled`;
