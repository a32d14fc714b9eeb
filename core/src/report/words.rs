//! How dialects say things: status words, instants, durations.
use super::Profile;
use crate::base::num::write_decimal;
use crate::base::time::{Instant, Span};
use crate::base::write::Writer;
use crate::base::write::join;
use crate::status::Status;
use crate::status::banner::Titles;
use crate::status::cause::Condition;
use crate::status::view::CauseView;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

impl Profile {
    /// A status in this dialect. Dialects without a word for unknown call it degraded: nobody may rely on it.
    pub(super) const fn word(self, status: Status) -> &'static str {
        match (self, status) {
            (Profile::Native, s) => s.slug(),
            (Profile::Togetheros, Status::Healthy) => "ok",
            (Profile::Ietf, Status::Healthy) => "pass",
            (_, Status::Healthy) => "healthy",
            (Profile::Ietf, Status::Degraded | Status::Unknown) => "warn",
            (_, Status::Degraded | Status::Unknown) => "degraded",
            (Profile::Ietf, Status::Offline) => "fail",
            (Profile::Campotech, Status::Offline) => "offline",
            (_, Status::Offline) => "unhealthy",
        }
    }
    /// The HTTP status: 503 when the whole is offline, else 200; the vetmed dialect says 206 while degraded.
    pub(super) const fn http(self, status: Status) -> u16 {
        match (self, status) {
            (_, Status::Offline) => 503,
            (Profile::Vetmed, Status::Degraded | Status::Unknown) => 206,
            _ => 200,
        }
    }
}

/// An instant as UTC with milliseconds: `2026-02-06T16:04:59.000Z`. The civil date after Hinnant's days algorithm.
pub fn iso(at: Instant) -> String {
    let ms = at.micros().div_euclid(1000);
    let (days, in_day) = (ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000));
    let z = days + 719_468;
    let (era, of_era) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (h, m, s, milli) = (in_day / 3_600_000, in_day / 60_000 % 60, in_day / 1000 % 60, in_day % 1000);
    format!("{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}.{milli:03}Z")
}

/// A fixed number of decimals' worth of units as a decimal, trailing zeros trimmed: `(2411, 2)` is `24.11`.
pub(super) fn decimal(n: u64, digits: usize) -> String {
    let one = 10u64.pow(digits as u32);
    let mut out = String::new();
    let _ = write_decimal(n / one, n % one, digits, &mut out);
    out
}

/// Seconds with up to six decimals.
pub(super) fn seconds(span: Span) -> String {
    decimal(span.micros() as u64, 6)
}

/// A duration for people: `2d 3h`, `1h 2m`, `4m 5s`, `6s`.
pub(super) fn for_people(span: Span) -> String {
    let s = span.micros() / 1_000_000;
    match (s / 86_400, s / 3600 % 24, s / 60 % 60, s % 60) {
        (0, 0, 0, s) => format!("{s}s"),
        (0, 0, m, s) => format!("{m}m {s}s"),
        (0, h, m, _) => format!("{h}h {m}m"),
        (d, h, ..) => format!("{d}d {h}h"),
    }
}

/// The word of a breaker: idle half-open is half-open, ramping is closed.
pub(super) const fn breaker_word(c: Condition) -> &'static str {
    match c {
        Condition::Open | Condition::ForcedOpen => "open",
        Condition::HalfOpen | Condition::HalfOpenIdle => "half_open",
        Condition::Closed | Condition::Ramping | Condition::Disabled => "closed",
    }
}

/// `afip: open, openai: throttled`.
pub(super) fn reasons(causes: &[CauseView]) -> String {
    let list: Vec<String> = causes.iter().map(|c| format!("{}: {}", c.name, c.kind.slug())).collect();
    join(&list, ", ")
}

/// A title as the policy gave it: text, or a table of languages; its key when it has none.
pub(super) fn write_title(w: &mut Writer, titles: &Titles, key: &str) {
    w.key("title");
    let mut list = titles.iter();
    match (list.next(), titles.len()) {
        (None, _) => w.str(key),
        (Some(("", text)), 1) => w.str(text),
        _ => {
            w.begin();
            for (lang, text) in titles.iter() {
                w.field_str(lang, text);
            }
            w.end();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // covers: R-0040
    #[test]
    fn instants_are_utc_with_milliseconds() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_770_393_899_000, "2026-02-06T16:04:59.000Z"),
            (951_782_400_123, "2000-02-29T00:00:00.123Z"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
            (1_735_689_599_999, "2024-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(iso(Instant::from_millis(ms)), text);
        }
    }
    // covers: R-0035, R-0038, R-1119, R-3002, R-3035, R-3036, R-3037, R-4009, R-4010, R-4011, E-36, E-44
    #[test]
    fn every_dialect_has_its_words_and_codes() {
        use Profile::*;
        let all = [Status::Healthy, Status::Degraded, Status::Offline, Status::Unknown];
        let rows = [
            (Native, ["healthy", "degraded", "offline", "unknown"], [200, 200, 503, 200]),
            (Campotech, ["healthy", "degraded", "offline", "degraded"], [200, 200, 503, 200]),
            (Vetmed, ["healthy", "degraded", "unhealthy", "degraded"], [200, 206, 503, 206]),
            (Togetheros, ["ok", "degraded", "unhealthy", "degraded"], [200, 200, 503, 200]),
            (Ietf, ["pass", "warn", "fail", "warn"], [200, 200, 503, 200]),
        ];
        for (profile, words, codes) in rows {
            assert_eq!(all.map(|s| profile.word(s)), words);
            assert_eq!(all.map(|s| profile.http(s)), codes);
        }
    }
}
