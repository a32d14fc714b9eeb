// All that a world follows from, in the fragment of the address: a link is a repeatable run.

/** `{ policy, seed, moves, until }` as the text behind `#`. */
export function write(state) {
  const bytes = new TextEncoder().encode(JSON.stringify(state));
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Reads it back; `undefined` for what nobody wrote. */
export function read(fragment) {
  try {
    const text = atob(fragment.replace(/^#/, "").replaceAll("-", "+").replaceAll("_", "/"));
    const state = JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (c) => c.charCodeAt(0))));
    const sound = typeof state.policy === "string" && Number.isSafeInteger(state.seed) && Array.isArray(state.moves) && state.until >= 0 && state.until <= 3_600_000;
    return sound ? state : undefined;
  } catch {
    return undefined;
  }
}
