//! The reader of JSON: one pass over the text, at most 127 levels deep, every double exactly the nearest one.
//!
//! It says what serde_json says, letter by letter and column by column; a test holds the two together. It is a third of its size, because it
//! knows one kind of value and one kind of source.
use crate::base::error::{Code, Fault};
use crate::base::json::Json;
use alloc::string::String;
use alloc::vec::Vec;

/// Levels of lists and tables: at most one less.
const DEPTH: u8 = 128;
/// Integers up to here are doubles.
const EXACT: u64 = 1 << 53;

const EOF_VALUE: &str = "EOF while parsing a value";
const EOF_STRING: &str = "EOF while parsing a string";
const BAD_NUMBER: &str = "invalid number";
const OUT_OF_RANGE: &str = "number out of range";
const TOO_DEEP: &str = "recursion limit exceeded";

/// Reads one value and nothing after it. Errors: `json_syntax`, `json_too_deep`, with line and column (in bytes) in the message.
pub fn parse(text: &str) -> Result<Json, Fault> {
    let mut reader = Reader { text, at: 0, depth: DEPTH };
    let value = reader.value()?;
    match reader.after_space() {
        None => Ok(value),
        Some(_) => Err(reader.at_next("trailing characters")),
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: u8,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
    fn bump(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }
    fn after_space(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.peek() {
            self.at += 1;
        }
        self.peek()
    }
    fn slice(&self, from: usize) -> &str {
        self.text.get(from..self.at).unwrap_or_default()
    }
    /// The fault just after what was taken.
    #[cold]
    #[inline(never)]
    fn here(&self, message: &str) -> Fault {
        let before = self.text.as_bytes().get(..self.at).unwrap_or_default();
        let line = 1 + before.iter().filter(|b| **b == b'\n').count();
        let column = before.iter().rev().take_while(|b| **b != b'\n').count();
        let code = if message == TOO_DEEP { Code::JsonTooDeep } else { Code::JsonSyntax };
        Fault::at(code, "", format_args!("{message} at line {line} column {column}"))
    }
    /// The fault at what comes next.
    #[cold]
    #[inline(never)]
    fn at_next(&mut self, message: &str) -> Fault {
        self.at = self.text.len().min(self.at + 1);
        self.here(message)
    }

    fn value(&mut self) -> Result<Json, Fault> {
        match self.after_space() {
            None => Err(self.at_next(EOF_VALUE)),
            Some(b'n') => self.word("null", Json::Null),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'-') => {
                self.at += 1;
                self.number(true)
            }
            Some(b'0'..=b'9') => self.number(false),
            Some(b'"') => {
                self.at += 1;
                self.string().map(Json::Str)
            }
            Some(open @ (b'[' | b'{')) => {
                self.depth -= 1;
                if self.depth == 0 {
                    return Err(self.at_next(TOO_DEEP));
                }
                self.at += 1;
                let value = if open == b'[' { self.list() } else { self.table() };
                self.depth += 1;
                value
            }
            Some(_) => Err(self.at_next("expected value")),
        }
    }
    fn word(&mut self, word: &str, value: Json) -> Result<Json, Fault> {
        self.at += 1;
        for expected in word.bytes().skip(1) {
            match self.bump() {
                None => return Err(self.here(EOF_VALUE)),
                Some(found) if found != expected => return Err(self.here("expected ident")),
                Some(_) => {}
            }
        }
        Ok(value)
    }
    fn list(&mut self) -> Result<Json, Fault> {
        let mut items = Vec::new();
        while self.another(b']', items.is_empty(), "EOF while parsing a list", "expected `,` or `]`")? {
            items.push(self.value()?);
        }
        Ok(Json::Arr(items))
    }
    fn table(&mut self) -> Result<Json, Fault> {
        let mut entries = Vec::new();
        while self.another(b'}', entries.is_empty(), "EOF while parsing an object", "expected `,` or `}`")? {
            if self.peek() != Some(b'"') {
                return Err(self.at_next("key must be a string"));
            }
            self.at += 1;
            let key = self.string()?;
            match self.after_space() {
                None => return Err(self.at_next("EOF while parsing an object")),
                Some(b':') => self.at += 1,
                Some(_) => return Err(self.at_next("expected `:`")),
            }
            entries.push((key, self.value()?));
        }
        Ok(Json::Obj(entries))
    }
    /// Is there another entry? Takes the comma before it, or what closes the list.
    fn another(&mut self, close: u8, first: bool, eof: &str, expected: &str) -> Result<bool, Fault> {
        match self.after_space() {
            None => Err(self.at_next(eof)),
            Some(found) if found == close => {
                self.at += 1;
                Ok(false)
            }
            Some(_) if first => Ok(true),
            Some(b',') => {
                self.at += 1;
                match self.after_space() {
                    None => Err(self.at_next(EOF_VALUE)),
                    Some(found) if found == close => Err(self.at_next("trailing comma")),
                    Some(_) => Ok(true),
                }
            }
            Some(_) => Err(self.at_next(expected)),
        }
    }

    fn digits(&mut self) -> usize {
        let from = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        from
    }
    fn number(&mut self, negative: bool) -> Result<Json, Fault> {
        let from = self.at;
        match self.bump() {
            None => return Err(self.here(EOF_VALUE)),
            Some(b'0') if matches!(self.peek(), Some(b'0'..=b'9')) => return Err(self.at_next(BAD_NUMBER)),
            Some(b'0'..=b'9') => {}
            Some(_) => return Err(self.here(BAD_NUMBER)),
        }
        self.digits();
        let (whole, mut fraction) = (from..self.at, 0..0);
        if self.peek() == Some(b'.') {
            self.at += 1;
            let from = self.digits();
            if from == self.at {
                let message = if self.peek().is_none() { EOF_VALUE } else { BAD_NUMBER };
                return Err(self.at_next(message));
            }
            fraction = from..self.at;
        }
        let scientific = matches!(self.peek(), Some(b'e' | b'E'));
        let text = self.text;
        let whole = text.get(whole).unwrap_or_default().trim_start_matches('0');
        let integer = fraction.is_empty() && !scientific;
        let fraction = text.get(fraction).unwrap_or_default().trim_end_matches('0');
        if integer
            && let Some(n) =
                whole.bytes().try_fold(0u64, |n, digit| n.checked_mul(10)?.checked_add(u64::from(digit - b'0')))
        {
            return Ok(self::integer(negative, n));
        }
        let zero = whole.is_empty() && fraction.is_empty();
        let exponent = if scientific { self.exponent(zero)? } else { Some(0) };
        let size = match exponent {
            Some(exponent) if !zero => {
                minimal_lexical::parse_float::<f64, _, _>(whole.as_bytes().iter(), fraction.as_bytes().iter(), exponent)
            }
            _ => 0.0,
        };
        if size.is_infinite() {
            return Err(self.here(OUT_OF_RANGE));
        }
        Ok(Json::Num(if negative { -size } else { size }))
    }
    /// The power of ten; `None` for one that leaves nothing but zero.
    fn exponent(&mut self, zero: bool) -> Result<Option<i32>, Fault> {
        self.at += 1;
        let negative = self.peek() == Some(b'-');
        if let Some(b'+' | b'-') = self.peek() {
            self.at += 1;
        }
        let mut exponent = match self.bump() {
            None => return Err(self.here(EOF_VALUE)),
            Some(digit @ b'0'..=b'9') => i32::from(digit - b'0'),
            Some(_) => return Err(self.here(BAD_NUMBER)),
        };
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            self.at += 1;
            match exponent.checked_mul(10).and_then(|n| n.checked_add(i32::from(digit - b'0'))) {
                Some(more) => exponent = more,
                None if zero || negative => {
                    self.digits();
                    return Ok(None);
                }
                None => return Err(self.here(OUT_OF_RANGE)),
            }
        }
        Ok(Some(if negative { -exponent } else { exponent }))
    }

    fn string(&mut self) -> Result<String, Fault> {
        let mut out = String::new();
        let mut from = self.at;
        loop {
            match self.peek() {
                None => return Err(self.here(EOF_STRING)),
                Some(b'"') => {
                    out.push_str(self.slice(from));
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    out.push_str(self.slice(from));
                    self.at += 1;
                    out.push(self.escape()?);
                    from = self.at;
                }
                Some(0..0x20) => {
                    self.at += 1;
                    return Err(self.here("control character (\\u0000-\\u001F) found while parsing a string"));
                }
                Some(_) => self.at += 1,
            }
        }
    }
    fn escape(&mut self) -> Result<char, Fault> {
        Ok(match self.bump() {
            None => return Err(self.here(EOF_STRING)),
            Some(c @ (b'"' | b'\\' | b'/')) => char::from(c),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            Some(_) => return Err(self.here("invalid escape")),
        })
    }
    fn unicode(&mut self) -> Result<char, Fault> {
        const LONE: &str = "lone leading surrogate in hex escape";
        let first = self.hex()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first).ok_or_else(|| self.here(LONE));
        }
        for expected in *b"\\u" {
            match self.bump() {
                None => return Err(self.here(EOF_STRING)),
                Some(found) if found != expected => return Err(self.here("unexpected end of hex escape")),
                Some(_) => {}
            }
        }
        let second = self.hex()?;
        if !(0xdc00..0xe000).contains(&second) {
            return Err(self.here(LONE));
        }
        char::from_u32(0x1_0000 + ((first - 0xd800) << 10 | (second - 0xdc00))).ok_or_else(|| self.here(LONE))
    }
    fn hex(&mut self) -> Result<u32, Fault> {
        let Some(digits) = self.text.as_bytes().get(self.at..self.at + 4) else {
            self.at = self.text.len();
            return Err(self.here(EOF_STRING));
        };
        self.at += 4;
        let number = digits.iter().try_fold(0, |n, digit| Some(n << 4 | char::from(*digit).to_digit(16)?));
        number.ok_or_else(|| self.here("invalid escape"))
    }
}

/// A negative zero, and what lies below all 64-bit integers, are doubles.
fn integer(negative: bool, n: u64) -> Json {
    match (negative, n) {
        (_, 1..=EXACT) | (false, 0) => Json::Num(if negative { -(n as f64) } else { n as f64 }),
        (true, n) if n == 0 || n > 1 << 63 => Json::Num(-(n as f64)),
        _ => Json::BigInt,
    }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
