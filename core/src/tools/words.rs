//! Numbers and times in the words of a person.
use crate::base::time::Span;
use alloc::format;
use alloc::string::{String, ToString};

/// `1 error`, `2 errors`.
pub(super) fn counted(n: u64, word: &str) -> String {
    if n == 1 { format!("1 {word}") } else { format!("{n} {word}s") }
}

/// `250 ms`, `1.5 s`, `2 m 30 s`, `1 h 5 m`, `3 d 2 h`: never finer than a millisecond, at most two units.
pub(super) fn span(s: Span) -> String {
    let ms = s.micros() / 1000;
    let two = |n: i64, big: &str, rest: i64, small: &str| {
        if rest == 0 { format!("{n} {big}") } else { format!("{n} {big} {rest} {small}") }
    };
    match ms {
        ..=999 => format!("{ms} ms"),
        1_000..=59_999 => format!("{}{} s", ms / 1000, thousandths(ms % 1000)),
        60_000..=3_599_999 => two(ms / 60_000, "m", ms % 60_000 / 1000, "s"),
        3_600_000..=86_399_999 => two(ms / 3_600_000, "h", ms % 3_600_000 / 60_000, "m"),
        _ => two(ms / 86_400_000, "d", ms % 86_400_000 / 3_600_000, "h"),
    }
}

fn thousandths(n: i64) -> String {
    let digits = format!(".{n:03}");
    let kept = digits.trim_end_matches('0');
    if kept == "." { String::new() } else { kept.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_reads_in_two_units() {
        let rows = [
            (0, "0 ms"),
            (999, "999 ms"),
            (1_000, "1 s"),
            (1_050, "1.05 s"),
            (59_999, "59.999 s"),
            (60_000, "1 m"),
            (90_500, "1 m 30 s"),
            (3_600_000, "1 h"),
            (9_000_000, "2 h 30 m"),
            (90_000_000, "1 d 1 h"),
        ];
        for (ms, text) in rows {
            assert_eq!(span(Span::from_millis(ms)), text);
        }
        assert_eq!(counted(1, "error") + &counted(0, "warning"), "1 error0 warnings");
    }
}
