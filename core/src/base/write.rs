//! The writer of canonical JSON: no white space, commas in the right places, keys in the order written.
//!
//! It stands apart from the reader so that the small `status` build can write without being able to read.
use crate::base::error::Fault;
use crate::base::num::Decimal;
use alloc::string::String;
use core::fmt::{self, Write};

/// Integers up to here print without a point.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Writes JSON without white space, commas in the right places.
#[derive(Default, Clone, Debug)]
pub struct Writer {
    out: String,
    comma: bool,
}

impl Writer {
    fn item(&mut self) {
        if self.comma {
            self.out.push(',');
        }
        self.comma = true;
    }
    /// Opens a table.
    pub fn begin(&mut self) {
        self.item();
        self.out.push('{');
        self.comma = false;
    }
    /// Closes a table.
    pub fn end(&mut self) {
        self.out.push('}');
        self.comma = true;
    }
    /// Opens a list.
    pub fn begin_list(&mut self) {
        self.item();
        self.out.push('[');
        self.comma = false;
    }
    /// Closes a list.
    pub fn end_list(&mut self) {
        self.out.push(']');
        self.comma = true;
    }
    /// The key of the next value of a table.
    pub fn key(&mut self, key: &str) {
        self.item();
        escape(key, &mut self.out);
        self.out.push(':');
        self.comma = false;
    }
    /// Text.
    pub fn str(&mut self, s: &str) {
        self.item();
        escape(s, &mut self.out);
    }
    /// A boolean.
    pub fn bool(&mut self, b: bool) {
        self.item();
        self.out.push_str(if b { "true" } else { "false" });
    }
    /// `null`.
    pub fn null(&mut self) {
        self.item();
        self.out.push_str("null");
    }
    /// Anything that prints as a JSON number: integers, [`crate::base::time::Instant`], [`crate::base::num::Ratio`].
    pub fn num(&mut self, n: impl fmt::Display) {
        self.item();
        let _ = write!(self.out, "{n}");
    }
    /// A double: integers without a point, others as the shortest text that reads back the same; never NaN or infinite.
    pub fn f64(&mut self, n: f64) {
        if !n.is_finite() {
            self.null();
        } else if n == libm::trunc(n) && n.abs() <= EXACT {
            self.num(n as i64);
        } else {
            self.num(Decimal(n));
        }
    }
    /// Ready-made JSON text.
    pub fn raw(&mut self, json: &str) {
        self.item();
        self.out.push_str(json);
    }
    /// `key` and text.
    pub fn field_str(&mut self, key: &str, s: &str) {
        self.key(key);
        self.str(s);
    }
    /// `key` and a number.
    pub fn field_num(&mut self, key: &str, n: impl fmt::Display) {
        self.key(key);
        self.num(n);
    }
    /// `key` and a boolean.
    pub fn field_bool(&mut self, key: &str, b: bool) {
        self.key(key);
        self.bool(b);
    }
    /// `key` and text, left out when there is none.
    pub fn opt_str(&mut self, key: &str, s: Option<&str>) {
        if let Some(s) = s {
            self.field_str(key, s);
        }
    }
    /// `key` and a number, left out when there is none.
    pub fn opt_num(&mut self, key: &str, n: Option<impl fmt::Display>) {
        if let Some(n) = n {
            self.field_num(key, n);
        }
    }
    /// The text written.
    pub fn finish(self) -> String {
        self.out
    }
}

fn escape(s: &str, out: &mut String) {
    out.push('"');
    for c in s.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if (c as u32) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// A fault as a table: `code`, `path`, `message`, `help`.
pub fn write_fault(w: &mut Writer, fault: &Fault) {
    w.begin();
    w.field_str("code", fault.code.slug());
    w.field_str("path", &fault.path);
    w.field_str("message", &fault.message);
    w.field_str("help", fault.help());
    w.end();
}

/// `key`, and a list of faults under it.
pub fn write_faults(w: &mut Writer, key: &str, faults: &[Fault]) {
    w.key(key);
    w.begin_list();
    faults.iter().for_each(|f| write_fault(w, f));
    w.end_list();
}

/// Texts one after the other with something between them.
pub fn join<T: AsRef<str>>(texts: &[T], between: &str) -> String {
    let mut out = String::new();
    for (i, text) in texts.iter().enumerate() {
        if i > 0 {
            out.push_str(between);
        }
        out.push_str(text.as_ref());
    }
    out
}
