// The status client in plain JavaScript, for pages that may not run wasm, says what the core's own says.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import "../src/engine/status.js";
import { openStatus } from "../src/status-core.js";
import { PlainStatus } from "../src/status-plain.js";

/** What the page in the browser's test is told too. */
const BLOBS = JSON.parse(readFileSync(new URL("blobs.json", import.meta.url), "utf8")) as string[];

test("the same answers to the same story, in every language", () => {
  const at = 1_750_000_000_000;
  const core = openStatus(0, at);
  expect(core).not.toBeInstanceOf(PlainStatus);
  const plain = new PlainStatus(0, at);
  const both = <T>(ask: (s: PlainStatus | typeof core) => T): [unknown, unknown] => [core, plain].map((s) => { try { return ask(s); } catch { return "refused"; } }) as [unknown, unknown];
  const check = (t: number, why: string): void => {
    for (const lang of ["es", "en", "en-GB", "de", "pt-BR", ""]) {
      const [a, b] = both((s) => JSON.parse(s.view(lang, t)) as unknown);
      expect(b, `${why} ${lang}`).toEqual(a);
    }
    for (const [a, b] of [both((s) => s.nextPollMs()), both((s) => s.staleAtMs())]) expect(b, why).toEqual(a);
  };
  check(at, "at first");
  let t = at;
  for (const blob of [...BLOBS, ...BLOBS]) {
    t += 1000;
    const [a, b] = both((s) => s.feed(blob, t));
    expect(b, blob).toEqual(a);
    check(t, blob);
    check(t + 4999, blob);
    check(t + 90_000, blob);
  }
  for (let i = 0; i < 6; i += 1) { t += 1000; both((s) => s.missed(t)); check(t, `missed ${i}`); }
  both((s) => s.hint(45_000, t)); check(t, "hint");
  both((s) => s.feed(BLOBS[0] ?? "", t)); check(t, "hint stays");
  both((s) => s.hint(-1, t)); check(t, "hint ends");
});
