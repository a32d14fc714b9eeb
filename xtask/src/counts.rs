//! How many tests passed: read from the closing lines of cargo test, vitest, pytest, node's test runner and our own.

/// Tests passed and failed.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Counts {
    pub passed: u64,
    pub failed: u64,
}

impl Counts {
    /// One check that holds or does not.
    pub fn check(ok: bool) -> Self {
        Counts { passed: u64::from(ok), failed: u64::from(!ok) }
    }
    /// Both together.
    pub fn add(&mut self, other: Counts) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
    /// Adds what a closing line says; any other line adds nothing.
    pub fn read(&mut self, line: &str) {
        let line = plain(line);
        let line = line.trim().trim_matches('=').trim();
        let closing = line.starts_with("test result:")
            || line.starts_with("Tests  ")
            || line
                .split_once(" passed, ")
                .is_some_and(|(n, rest)| is_number(n) && rest.trim_end_matches(" failed").parse::<u64>().is_ok())
            || (line.contains(" in ") && line.split(' ').next().is_some_and(is_number));
        for (mark, count) in [("pass ", &mut self.passed), ("fail ", &mut self.failed)] {
            let rest = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ ")).and_then(|l| l.strip_prefix(mark));
            *count += rest.and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
        }
        if closing {
            self.passed += before(line, "passed");
            self.failed += before(line, "failed") + before(line, "error") + before(line, "errors");
        }
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// The number that stands before a word, 0 when there is none.
fn before(line: &str, word: &str) -> u64 {
    let words: Vec<&str> = line.split([' ', ',', ';', '|', '(', ')', '.']).filter(|w| !w.is_empty()).collect();
    words.windows(2).filter(|w| w[1] == word).filter_map(|w| w[0].parse::<u64>().ok()).sum()
}

/// The line without terminal colours.
fn plain(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut inside = false;
    for c in line.chars() {
        match c {
            '\u{1b}' => inside = true,
            'm' if inside => inside = false,
            _ if !inside => out.push(c),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_of_each_runner_are_read() {
        for (line, passed, failed) in [
            (
                "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.02s",
                12,
                3,
            ),
            ("\u{1b}[2m      Tests \u{1b}[22m \u{1b}[1m\u{1b}[31m1 failed\u{1b}[39m | 11 passed (12)", 11, 1),
            (" Test Files  3 passed (3)", 0, 0),
            ("======= 1 failed, 7 passed, 2 errors in 0.12s =======", 7, 3),
            ("7 passed in 0.12s", 7, 0),
            ("41 passed, 0 failed", 41, 0),
            ("# pass 4", 4, 0),
            ("ℹ fail 2", 0, 2),
            ("the 3 passed by", 0, 0),
        ] {
            let mut counts = Counts::default();
            counts.read(line);
            assert_eq!(counts, Counts { passed, failed }, "{line}");
        }
    }
}
