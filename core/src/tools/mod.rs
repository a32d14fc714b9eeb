//! Floor 5: what people ask at a desk or in CI: is this policy sound, what did a recording come to, what would another policy
//! have done? Text in, text out, so that every command line prints the same bytes.
//!
//! A payload is one JSON object; the hosts read the files named on the command line into it. An answer is
//! `{"exit":0,"out":"…"}`: the exit code (0 fine, 1 something was found) and the text to print. What cannot be asked at all
//! is `{"errors":[…]}` (exit code 2). The engine is driven as any host drives it, by [`crate::Engine::handle_json`].
mod ask;
mod compare;
mod explain;
mod help;
mod lint;
mod locate;
pub mod matching;
mod player;
mod replay;
mod tally;
mod test;
mod types;
pub mod vector;
mod words;

pub use explain::explain;
pub use help::help;
pub use lint::lint;
pub use replay::replay;
pub use test::test;
pub use types::types;
