// The status client in plain JavaScript, for pages that may not run wasm, says what the core's own says.
import { expect, test } from "vitest";
import "../src/engine/status.js";
import { openStatus } from "../src/status-core.js";
import { PlainStatus } from "../src/status-plain.js";

const BLOBS = [
  "1;1000,30000,90000,h,en;ai,h,1000,manual,,es:IA,en:AI",
  "1;1000,30000,90000,d,es;ai,o,1000,manual,open,es:IA de WhatsApp,en:WhatsApp AI;pay,h,1000,,;map,u,1000,,stale",
  "1;5,1,5000,o,pt-BR;a%2Cb%3Bc,d,0,,throttled,:Todos;x,o,2,queue,open,fr:Été,de:Sommer",
  "1;1000,30000,90000,h,",
  "1;1000,30000,90000,h,en;ai,h,1000",
  "1;1000,30000,90000,x,en",
  "1;-1,30000,90000,h,en",
  "2;1000,30000,90000,h,en",
  "",
  "<html>",
  "1;1000,30000,90000,h,en;,h,1000,,",
  "1;1000,30000,90000,h,en;ai,h,1000,%,%zz",
  "1;1000,30000,90000,h,en;ai,h,1000,,,es",
];

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
