// `brownout/yaml`: a policy written in YAML 1.2, core schema. A subpath of its own, so that nobody pays for a parser that is not used.
import { parseDocument } from "yaml";
import { policyFault, policyJson } from "./index.js";

/** YAML text as the JSON text of a policy. Throws `BrownoutError`: `policy_syntax`, `duplicate_key`, `wrong_type` (a key that is no text), `number_out_of_range`. */
export function yaml(text: string): string {
  const document = parseDocument(text, { version: "1.2", schema: "core", uniqueKeys: true, intAsBigInt: true, merge: false, prettyErrors: true });
  const first = document.errors[0];
  if (first) {
    const said = (first.message.split("\n")[0] ?? "").replace(/:$/, "");
    throw policyFault(first.code === "DUPLICATE_KEY" ? "duplicate_key" : "policy_syntax", "", said.charAt(0).toLowerCase() + said.slice(1), first);
  }
  let value: unknown;
  try {
    value = document.toJS({ mapAsMap: true });
  } catch (error) {
    throw policyFault("too_many", "", "aliases repeat too much of the document", error);
  }
  if (!(value instanceof Map)) throw policyFault("wrong_type", "", "a policy is a table");
  return policyJson(value);
}
