// `brownout/toml`: a policy written in TOML. A subpath of its own, so that nobody pays for a parser that is not used.
import { parse, TomlError } from "smol-toml";
import { policyFault, policyJson } from "./index.js";

/** TOML text as the JSON text of a policy. Throws `BrownoutError`: `policy_syntax`, `duplicate_key`, `wrong_type` (a native date), `number_out_of_range`. */
export function toml(text: string): string {
  let document: object;
  try {
    document = parse(text, { integersAsBigInt: "asNeeded", maxDepth: 128 });
  } catch (error) {
    if (!(error instanceof TomlError)) throw policyFault("policy_syntax", "", "the text is not TOML", error);
    const said = (error.message.split("\n")[0] ?? "").replace(/^Invalid TOML document: /, "");
    const code = /redefine|already defined|duplicate/i.test(said) ? "duplicate_key" : /depth|nest/i.test(said) ? "json_too_deep" : "policy_syntax";
    throw policyFault(code, "", `${said} (line ${error.line}, column ${error.column})`, error);
  }
  return policyJson(document);
}
