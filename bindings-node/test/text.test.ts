// The stand-ins for `TextDecoder` and `TextEncoder` say what the real ones say.
import { expect, test } from "vitest";
import { PlainDecoder, PlainEncoder } from "../src/engine/text.js";

test("text to bytes and back, half pairs included", () => {
  for (const text of ["", "afip", "Facturación", "€ 100 %41", "👩‍🚀", "a\ud800b\udc00", "\u0000\uffff", "x".repeat(10_000)]) {
    const bytes = new PlainEncoder().encode(text);
    expect([...bytes]).toEqual([...new TextEncoder().encode(text)]);
    expect(new PlainDecoder().decode(bytes)).toBe(new TextDecoder().decode(bytes));
  }
});
