// Are two answers the same? Where not, where is the first difference?

/** The path and both values of the first difference, or undefined. */
export function difference(a, b, path = "") {
  if (Object.is(a, b)) return undefined;
  const bothObjects = typeof a === "object" && typeof b === "object" && a !== null && b !== null;
  if (!bothObjects || Array.isArray(a) !== Array.isArray(b)) return { path: path || "(whole)", a, b };
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  for (const key of keys) {
    const found = difference(a[key], b[key], path ? `${path}.${key}` : key);
    if (found) return found;
  }
  return undefined;
}
