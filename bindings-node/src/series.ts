// Under which symbols this package keeps what all its copies in one process share. The copies of one series understand each
// other; another series keeps its own. Written by `cargo xtask version`.

const SERIES = "brownout@0.1";

/** A place on `globalThis`. */
export function shared(what: string): symbol { return Symbol.for(`${SERIES}/${what}`); }
