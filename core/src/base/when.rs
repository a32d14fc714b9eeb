//! A local date, or a date and a time, as a document writes it: `2026-01-31`, `2026-01-31T09:00`.
use crate::base::calendar::{DAY_MICROS, Date, Weekday};
use crate::base::doc::{Node, clip};
use crate::base::error::Code;

/// The words of the days of a week.
pub const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// A number of so many digits.
fn digits(text: &str, count: usize) -> Option<u32> {
    (text.len() == count && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

/// The three or two numbers that a text joins by a character.
fn date_parts(text: &str) -> Option<(i32, u32, u32)> {
    let (year, rest) = text.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    Some((digits(year, 4)? as i32, digits(month, 2)?, digits(day, 2)?))
}

/// Microseconds since midnight; `Err` for a time that no clock shows.
fn time_of_day(text: &str) -> Option<Result<i64, ()>> {
    let (hour, rest) = text.split_once(':')?;
    let (minute, second) = rest.split_once(':').unwrap_or((rest, "00"));
    let (hour, minute, second) = (digits(hour, 2)?, digits(minute, 2)?, digits(second, 2)?);
    let seconds = i64::from(hour * 3_600 + minute * 60 + second);
    Some(if hour < 24 && minute < 60 && second < 60 { Ok(seconds * 1_000_000) } else { Err(()) })
}

/// Microseconds of local time since a local 1970-01-01T00:00. Faults: `wrong_type` for another form, `number_out_of_range` for a day or
/// a time that there is not, or a year before 1970.
pub fn read_local(node: &Node) -> Option<i64> {
    let text = node.text()?;
    let (date, time) = text.split_once('T').unwrap_or((text, "00:00"));
    let (Some((year, month, day)), Some(time)) = (date_parts(date), time_of_day(time)) else {
        node.fault(
            Code::WrongType,
            format_args!("`{}` is no date such as `2026-01-31` or `2026-01-31T09:00`", clip(text)),
        );
        return None;
    };
    let date = Date::new(year, month as u8, day as u8).filter(|d| d.year >= 1970);
    let (Some(date), Ok(time)) = (date, time) else {
        node.fault(Code::NumberOutOfRange, format_args!("there is no `{text}` in the calendar since 1970"));
        return None;
    };
    Some(date.days() * DAY_MICROS + time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::doc::Faults;
    use crate::base::json::Json;
    use alloc::string::String;

    fn read(text: &str) -> Result<i64, Code> {
        let json = Json::Str(String::from(text));
        let faults = Faults::of(&json);
        let out = read_local(&faults.root());
        out.ok_or_else(|| faults.into_vec()[0].code)
    }
    #[test]
    fn dates_and_times_read_as_written() {
        assert_eq!(read("1970-01-02"), Ok(DAY_MICROS));
        assert_eq!(read("1970-01-01T09:30"), Ok(34_200_000_000));
        assert_eq!(read("2026-02-28T00:00:01"), Ok(20_512 * DAY_MICROS + 1_000_000));
        for bad in ["", "2026", "2026-1-31", "31-01-2026", "2026-01-31 09:00", "2026-01-31T9", "2026-01-31T09:00Z"] {
            assert_eq!(read(bad), Err(Code::WrongType), "{bad}");
        }
        for bad in ["2026-13-01", "2026-02-29", "2026-00-10", "1969-12-31", "2026-01-01T24:00", "2026-01-01T09:60"] {
            assert_eq!(read(bad), Err(Code::NumberOutOfRange), "{bad}");
        }
    }
}
