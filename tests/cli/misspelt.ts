import type { Service } from "./names.js";

export const right: Service = "afip";
// @ts-expect-error one letter is missing: without this line the file does not compile
export const wrong: Service = "afp";
