// UTF-8 for hosts that have no `TextDecoder` and `TextEncoder`, such as Jest's jsdom. The build puts these in place of the two
// globals wherever the wasm glue asks for them.

type Decoder = new (label?: string, options?: object) => { decode(bytes?: Uint8Array): string };
type Encoder = new () => { encode(text: string): Uint8Array };
const known = globalThis as { TextDecoder?: Decoder; TextEncoder?: Encoder };

/** @internal */
export class PlainDecoder {
  decode(bytes: Uint8Array = new Uint8Array()): string {
    let escaped = "";
    for (const byte of bytes) escaped += `%${byte.toString(16).padStart(2, "0")}`;
    return decodeURIComponent(escaped);
  }
}

/** @internal Half a surrogate pair becomes U+FFFD. */
export class PlainEncoder {
  encode(text: string): Uint8Array {
    const plain = encodeURIComponent(text.replace(/\p{Surrogate}/gu, "\ufffd")).replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    return Uint8Array.from(plain, (char) => char.charCodeAt(0));
  }
}

const pick = <T>(name: "TextDecoder" | "TextEncoder", plain: T): T => (known[name] as T | undefined) ?? plain;
const D = /* @__PURE__ */ pick<Decoder>("TextDecoder", PlainDecoder);
const E = /* @__PURE__ */ pick<Encoder>("TextEncoder", PlainEncoder);
export { D as TextDecoder, E as TextEncoder };
