//! The table: every line with its number, its bar and the verdict, for the terminal and for the pages.
use super::Part;
use super::figures::Figures;
use super::lines::{Bar, LINES, Line, Show};
use std::fmt::Write;

/// One line, worked out.
pub struct Row {
    pub what: &'static str,
    pub figure: String,
    pub bar: String,
    /// Has it a bar?
    pub judged: bool,
    /// `None`: not measured, or not judged.
    pub verdict: Option<bool>,
    pub note: &'static str,
}

impl Row {
    fn of(line: &Line, figures: &Figures) -> Self {
        let value = (line.of)(figures).filter(|v| v.is_finite());
        let (bar, verdict) = match line.bar {
            Bar::AtMost(most) => (format!("≤ {}", line.show.write(most)), value.map(|v| v <= most)),
            Bar::AtLeast(least) => (format!("≥ {}", line.show.write(least)), value.map(|v| v >= least)),
            Bar::None => (String::new(), None),
        };
        Row {
            what: line.what,
            figure: value.map_or_else(|| "not measured".into(), |v| line.show.write(v)),
            bar,
            judged: line.bar != Bar::None,
            verdict,
            note: line.note,
        }
    }

    pub fn word(&self) -> &'static str {
        match self.verdict {
            Some(true) => "pass",
            Some(false) => "falls short",
            None => "",
        }
    }
}

impl Show {
    pub fn write(self, value: f64) -> String {
        match self {
            Show::Ns if value >= 10_000.0 => format!("{} µs", digits(value / 1e3)),
            Show::Ns => format!("{} ns", digits(value)),
            Show::Us => format!("{} µs", digits(value / 1e3)),
            Show::Ms => format!("{} ms", digits(value)),
            Show::Bytes => format!("{} B", digits(value)),
            Show::Times => format!("{} ×", digits(value)),
            Show::Part if value > 0.0 && value < 1.0 => format!("1/{}", digits(1.0 / value)),
            Show::Part => format!("{} ×", digits(value)),
            Show::Percent => format!("{} %", digits(value)),
            Show::Kilobytes => format!("{} KB", digits(value / 1e3)),
            Show::Count => digits(value),
        }
    }
}

/// Three significant digits, without zeros that say nothing.
pub fn digits(value: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    let places = (2 - value.abs().log10().floor() as i32).clamp(0, 5) as usize;
    let text = format!("{value:.places$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
}

/// The lines of these parts.
pub fn rows(parts: &[Part], figures: &Figures) -> Vec<Row> {
    LINES.iter().filter(|line| parts.contains(&line.part)).map(|line| Row::of(line, figures)).collect()
}

/// For the terminal.
pub fn text(rows: &[Row]) -> String {
    let width = |cell: fn(&Row) -> usize| rows.iter().map(cell).max().unwrap_or(0);
    let (what, figure, bar) =
        (width(|r| r.what.chars().count()), width(|r| r.figure.chars().count()), width(|r| r.bar.chars().count()));
    let mut out = String::new();
    for row in rows {
        let (figure_cell, bar_cell) = (&row.figure, &row.bar);
        let line = format!(
            "{:what$} | {figure_cell:>figure$} | {bar_cell:>bar$} | {:11} | {}",
            row.what,
            row.word(),
            row.note
        );
        let _ = writeln!(out, "{}", line.trim_end().trim_end_matches(" |").trim_end());
    }
    out
}

/// For a page: what differs stands below, each remark once, under its number.
pub fn markdown(rows: &[Row]) -> String {
    let mut out = String::from("| what | figure | bar | | see |\n|---|---|---|---|---|\n");
    let mut notes: Vec<&str> = Vec::new();
    for row in rows {
        let see = match (row.note, notes.iter().position(|note| *note == row.note)) {
            ("", _) => String::new(),
            (_, Some(at)) => format!("{}", at + 1),
            (note, None) => {
                notes.push(note);
                format!("{}", notes.len())
            }
        };
        let _ = writeln!(out, "| {} | {} | {} | {} | {see} |", row.what, row.figure, row.bar, row.word());
    }
    out.push('\n');
    for (at, note) in notes.iter().enumerate() {
        let _ = writeln!(out, "{}. {note}", at + 1);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_three_digits() {
        for (value, text) in [
            (0.0, "0"),
            (119.6, "120"),
            (2.0, "2"),
            (2.346, "2.35"),
            (12.34, "12.3"),
            (0.01, "0.01"),
            (0.000_1, "0.0001"),
            (4_321.0, "4321"),
        ] {
            assert_eq!(digits(value), text);
        }
        assert_eq!([0.025, 1.5].map(|v| Show::Part.write(v)), ["1/40", "1.5 ×"]);
        assert_eq!(Show::Ns.write(21_900.0), "21.9 µs");
    }

    #[test]
    fn a_line_passes_falls_short_or_is_not_measured() {
        let line = |bar| Line { part: Part::Rust, what: "x", of: |f| f.median("x"), show: Show::Ns, bar, note: "" };
        let mut f = Figures::default();
        assert_eq!(Row::of(&line(Bar::AtMost(5.0)), &f).figure, "not measured");
        assert_eq!(Row::of(&line(Bar::AtMost(5.0)), &f).verdict, None);
        f.read(r#"{"figure":"x","unit":"ns","samples":[5]}"#);
        assert_eq!(Row::of(&line(Bar::AtMost(5.0)), &f).word(), "pass");
        assert_eq!(Row::of(&line(Bar::AtMost(4.9)), &f).word(), "falls short");
        assert_eq!(Row::of(&line(Bar::AtLeast(5.1)), &f).word(), "falls short");
        assert_eq!(Row::of(&line(Bar::None), &f).word(), "");
    }
}
