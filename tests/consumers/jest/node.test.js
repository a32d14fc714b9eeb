/** @jest-environment node */
const { story } = require("./engine.js");
const { Brownout } = require("brownout");
const { FakeClock } = require("brownout/testing");

test("the engine answers", async () => {
  expect(await story()).toEqual(["failed", "failed", "circuit_open"]);
});

test("a clock that is moved by hand", async () => {
  const clock = new FakeClock(0);
  const bo = new Brownout({ policy: { version: 1, services: { afip: { breaker: { consecutive_failures: 1, open: { base: "10s", jitter: 0 } } } } }, clock });
  await bo.guard("afip").run(() => Promise.reject(new Error("down")));
  await clock.advance(9_999);
  expect(bo.guard("afip").peek()).toBe(false);
  await clock.advance(1);
  expect(bo.guard("afip").peek()).toBe(true);
});
