//! What the commands say of themselves.
use alloc::string::{String, ToString};

const PAGES: [(&str, &str); 9] = [
    ("", include_str!("help/main.txt")),
    ("lint", include_str!("help/lint.txt")),
    ("types", include_str!("help/types.txt")),
    ("explain", include_str!("help/explain.txt")),
    ("record", include_str!("help/record.txt")),
    ("replay", include_str!("help/replay.txt")),
    ("test", include_str!("help/test.txt")),
    ("schema", include_str!("help/schema.txt")),
    ("version", include_str!("help/version.txt")),
];

/// The page of a command, that of the whole for any other word.
pub fn help(command: &str) -> String {
    let page = PAGES.iter().find(|(name, _)| *name == command).unwrap_or(&PAGES[0]);
    page.1.to_string()
}
