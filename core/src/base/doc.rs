//! A cursor over one document that collects every fault instead of stopping at the first.
//!
//! A room reads its part of the policy through [`Table`]: each accessor marks its key as known, checks type and range,
//! records a fault with the full path when the value is wrong, and goes on with `None`. [`Table::finish`] reports what is left over.
use crate::base::error::{Code, Fault};
use crate::base::json::{Json, join_path};
use crate::base::num::{Decimal, Ratio};
use crate::base::order::repeated;
use crate::base::time::{Span, parse_span};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::cell::RefCell;

/// Tells the schema tests what is asked; nothing in any other build.
macro_rules! ask {
    ($self:ident, $path:expr, $form:ident $(($($arg:expr),*))?) => {
        #[cfg(feature = "schema")]
        $self.faults.asked.note($path, crate::base::asked::Form::$form $(($($arg),*))?);
    };
}

/// How many faults are kept; a document with more reports the first ones.
const MAX_FAULTS: usize = 256;

/// The faults found so far.
#[derive(Default, Debug)]
pub struct Faults {
    list: RefCell<Vec<Fault>>,
    /// What was asked on the way.
    #[cfg(feature = "schema")]
    pub asked: crate::base::asked::Log,
}

impl Faults {
    /// Adds a fault.
    pub fn push(&self, code: Code, path: &str, message: impl Into<String>) {
        let mut list = self.list.borrow_mut();
        if list.len() < MAX_FAULTS {
            list.push(Fault::new(code, path, message));
        }
    }
    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.list.borrow().is_empty()
    }
    /// All faults, in the order found.
    pub fn into_vec(self) -> Vec<Fault> {
        self.list.into_inner()
    }
    /// All faults so far, in the order found; there are none afterwards.
    pub fn take(&self) -> Vec<Fault> {
        self.list.take()
    }
    /// Takes in what was found apart.
    pub fn join(&self, apart: Faults) {
        let mut list = self.list.borrow_mut();
        list.append(&mut apart.list.into_inner());
        list.truncate(MAX_FAULTS);
        #[cfg(feature = "schema")]
        self.asked.join(apart.asked);
    }
}

/// One value of the document, with its path.
#[derive(Clone, Debug)]
pub struct Node<'a> {
    /// The value.
    pub json: &'a Json,
    /// Where it stands.
    pub path: String,
    faults: &'a Faults,
}

/// One table of the document; remembers which keys were asked for.
#[derive(Debug)]
pub struct Table<'a> {
    entries: &'a [(String, Json)],
    used: RefCell<Vec<bool>>,
    /// Where it stands.
    pub path: String,
    faults: &'a Faults,
}

impl<'a> Node<'a> {
    /// The root of a document.
    pub fn root(json: &'a Json, faults: &'a Faults) -> Self {
        Node { json, path: String::new(), faults }
    }
    /// Records a fault at this value.
    pub fn fault(&self, code: Code, message: impl Into<String>) {
        self.faults.push(code, &self.path, message);
    }
    /// Records that the value has another type than `wanted`.
    pub fn wrong(&self, wanted: &str) {
        if *self.json == Json::BigInt {
            self.fault(Code::NumberOutOfRange, "integers beyond 2^53 are not exact");
        } else {
            self.fault(Code::WrongType, format!("expected {wanted}, found {}", self.json.kind()));
        }
    }
    /// As a table. Faults: `wrong_type`, `duplicate_key`.
    pub fn table(&self) -> Option<Table<'a>> {
        ask!(self, self.path.clone(), Table);
        let Json::Obj(entries) = self.json else {
            self.wrong("a table");
            return None;
        };
        for ((k, _), again) in entries.iter().zip(repeated(entries.len(), |at| &entries[at].0)) {
            if again {
                self.faults.push(Code::DuplicateKey, &join_path(&self.path, k), format!("`{k}` stands twice"));
            }
        }
        Some(Table {
            entries,
            used: RefCell::new(vec![false; entries.len()]),
            path: self.path.clone(),
            faults: self.faults,
        })
    }
    /// As a list.
    pub fn list(&self) -> Option<Vec<Node<'a>>> {
        ask!(self, self.path.clone(), List);
        let Json::Arr(items) = self.json else {
            self.wrong("a list");
            return None;
        };
        Some(
            items
                .iter()
                .enumerate()
                .map(|(i, json)| Node { json, path: format!("{}[{i}]", self.path), faults: self.faults })
                .collect(),
        )
    }
    /// A list's values, or the one value itself.
    pub fn list_or_one(&self) -> Option<Vec<Node<'a>>> {
        if matches!(self.json, Json::Arr(_)) { self.list() } else { Some(vec![self.clone()]) }
    }
    /// As text.
    pub fn text(&self) -> Option<&'a str> {
        ask!(self, self.path.clone(), Text);
        match self.json {
            Json::Str(s) => Some(s),
            _ => {
                self.wrong("text");
                None
            }
        }
    }
    /// As a boolean.
    pub fn boolean(&self) -> Option<bool> {
        ask!(self, self.path.clone(), Boolean);
        match self.json {
            Json::Bool(b) => Some(*b),
            _ => {
                self.wrong("a boolean");
                None
            }
        }
    }
    /// As a whole number within `min..=max`.
    pub fn integer(&self, min: u64, max: u64) -> Option<u64> {
        ask!(self, self.path.clone(), Integer(min, max));
        let Json::Num(n) = self.json else {
            self.wrong("a whole number");
            return None;
        };
        if *n != libm::trunc(*n) {
            self.fault(Code::WrongType, format!("expected a whole number, found {}", Decimal(*n)));
            return None;
        }
        if *n < min as f64 || *n > max as f64 {
            self.fault(Code::NumberOutOfRange, format!("expected {min} to {max}, found {}", Decimal(*n)));
            return None;
        }
        Some(*n as u64)
    }
    /// As a ratio in billionths within `min..=max` (inclusive).
    pub fn ratio(&self, min: Ratio, max: Ratio) -> Option<Ratio> {
        ask!(self, self.path.clone(), Ratio(min, max));
        let Json::Num(n) = self.json else {
            self.wrong("a number");
            return None;
        };
        match Ratio::from_f64(*n) {
            Some(r) if r >= min && r <= max => Some(r),
            _ => {
                self.fault(Code::NumberOutOfRange, format!("expected {min} to {max}, found {}", Decimal(*n)));
                None
            }
        }
    }
    /// As a share within (0, 1].
    pub fn share(&self) -> Option<Ratio> {
        ask!(self, self.path.clone(), Share);
        let Json::Num(n) = self.json else {
            self.wrong("a number");
            return None;
        };
        match Ratio::from_f64(*n) {
            Some(r) if r.is_share() => Some(r),
            _ => {
                self.fault(
                    Code::NumberOutOfRange,
                    format!("expected a share above 0 and up to 1, found {}", Decimal(*n)),
                );
                None
            }
        }
    }
    /// As a duration longer than zero.
    pub fn span(&self) -> Option<Span> {
        ask!(self, self.path.clone(), Span);
        let text = self.text()?;
        match parse_span(text) {
            Some(s) if !s.is_zero() => Some(s),
            Some(_) => {
                self.fault(Code::NumberOutOfRange, "expected a duration longer than zero");
                None
            }
            None => {
                self.fault(Code::BadDuration, format!("`{text}` is not a duration"));
                None
            }
        }
    }
    /// As one of the words of `table`.
    pub fn word<T: Copy>(&self, table: &[(&str, T)]) -> Option<T> {
        ask!(self, self.path.clone(), Word(table.iter().map(|(word, _)| word.to_string()).collect()));
        let text = self.text()?;
        if let Some((_, v)) = table.iter().find(|(name, _)| *name == text) {
            return Some(*v);
        }
        let names: Vec<&str> = table.iter().map(|(name, _)| *name).collect();
        self.fault(Code::WrongType, format!("expected one of {}, found `{text}`", names.join(", ")));
        None
    }
    /// As a name: 1 to 64 letters, digits, dots, dashes, underscores, colons.
    pub fn name(&self) -> Option<&'a str> {
        ask!(self, self.path.clone(), Name);
        let text = self.text()?;
        if is_name(text) {
            return Some(text);
        }
        self.fault(Code::BadName, format!("`{}` is not a name", clip(text)));
        None
    }
    /// As one text or a list of texts.
    pub fn texts(&self) -> Vec<(&'a str, String)> {
        ask!(self, self.path.clone(), Texts);
        match self.json {
            Json::Str(s) => vec![(s.as_str(), self.path.clone())],
            Json::Arr(_) => {
                self.list().unwrap_or_default().iter().filter_map(|n| n.text().map(|t| (t, n.path.clone()))).collect()
            }
            _ => {
                self.wrong("text or a list of texts");
                Vec::new()
            }
        }
    }
}

impl<'a> Table<'a> {
    /// The value under `key`; marks the key as known.
    pub fn node(&self, key: &str) -> Option<Node<'a>> {
        ask!(self, join_path(&self.path, key), Any);
        let at = self.entries.iter().position(|(k, _)| k == key)?;
        self.mark(key);
        let json = &self.entries[at].1;
        Some(Node { json, path: join_path(&self.path, key), faults: self.faults })
    }
    fn mark(&self, key: &str) {
        let mut used = self.used.borrow_mut();
        for (i, (k, _)) in self.entries.iter().enumerate() {
            if k == key {
                used[i] = true;
            }
        }
    }
    /// Is the key there?
    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(k, _)| k == key)
    }
    /// All entries in the order written; marks all keys as known. Duplicates come once.
    pub fn entries(&self) -> Vec<(&'a str, Node<'a>)> {
        let mut out = Vec::new();
        for ((k, json), again) in self.entries.iter().zip(repeated(self.entries.len(), |at| &self.entries[at].0)) {
            self.mark(k);
            if !again {
                out.push((k.as_str(), Node { json, path: join_path(&self.path, k), faults: self.faults }));
            }
        }
        out
    }
    /// Entries whose keys are names; others are faults.
    pub fn named(&self) -> Vec<(&'a str, Node<'a>)> {
        let mut out = self.entries();
        out.retain(|(k, node)| {
            let ok = is_name(k);
            if !ok {
                node.fault(Code::BadName, format!("`{}` is not a name", clip(k)));
            }
            ok
        });
        out
    }
    /// Records a fault at this table.
    pub fn fault(&self, code: Code, message: impl Into<String>) {
        self.faults.push(code, &self.path, message);
    }
    /// Records a fault at a key of this table.
    pub fn fault_at(&self, key: &str, code: Code, message: impl Into<String>) {
        self.faults.push(code, &join_path(&self.path, key), message);
    }
    /// Text under `key`.
    pub fn text(&self, key: &str) -> Option<&'a str> {
        ask!(self, join_path(&self.path, key), Text);
        self.node(key)?.text()
    }
    /// A boolean under `key`.
    pub fn boolean(&self, key: &str) -> Option<bool> {
        ask!(self, join_path(&self.path, key), Boolean);
        self.node(key)?.boolean()
    }
    /// A whole number under `key`.
    pub fn integer(&self, key: &str, min: u64, max: u64) -> Option<u64> {
        ask!(self, join_path(&self.path, key), Integer(min, max));
        self.node(key)?.integer(min, max)
    }
    /// A share (0, 1] under `key`.
    pub fn share(&self, key: &str) -> Option<Ratio> {
        ask!(self, join_path(&self.path, key), Share);
        self.node(key)?.share()
    }
    /// A ratio within a range under `key`.
    pub fn ratio(&self, key: &str, min: Ratio, max: Ratio) -> Option<Ratio> {
        ask!(self, join_path(&self.path, key), Ratio(min, max));
        self.node(key)?.ratio(min, max)
    }
    /// A duration under `key`.
    pub fn span(&self, key: &str) -> Option<Span> {
        ask!(self, join_path(&self.path, key), Span);
        self.node(key)?.span()
    }
    /// One of the words of `table` under `key`.
    pub fn word<T: Copy>(&self, key: &str, table: &[(&str, T)]) -> Option<T> {
        ask!(self, join_path(&self.path, key), Word(table.iter().map(|(word, _)| word.to_string()).collect()));
        self.node(key)?.word(table)
    }
    /// A table under `key`.
    pub fn table(&self, key: &str) -> Option<Table<'a>> {
        ask!(self, join_path(&self.path, key), Table);
        self.node(key)?.table()
    }
    /// A list under `key`.
    pub fn list(&self, key: &str) -> Option<Vec<Node<'a>>> {
        ask!(self, join_path(&self.path, key), List);
        self.node(key)?.list()
    }
    /// `base`, `growth` and `max` of a wait that grows; what is not said is as given, `max` at least `base`.
    /// Faults: `max` shorter than `base`; `growth` outside 1 to 100.
    pub fn growing(&self, base: Span, growth: Ratio, max: Span) -> (Span, Ratio, Span) {
        let (base, given) = (self.span("base").unwrap_or(base), self.span("max"));
        if given.is_some_and(|max| max < base) {
            self.fault_at("max", Code::NumberOutOfRange, format!("`max` is shorter than the base of {base} ms"));
        }
        let growth = self.ratio("growth", Ratio::ONE, Ratio::percent(10_000)).unwrap_or(growth);
        (base, growth, given.unwrap_or(max).max(base))
    }
    /// Reports every key that nothing asked for.
    pub fn finish(self) {
        let used = self.used.borrow();
        for (i, (k, _)) in self.entries.iter().enumerate() {
            if !used[i] {
                let path = join_path(&self.path, &clip(k));
                self.faults.push(Code::UnknownField, &path, format!("`{}` is no field here", clip(k)));
            }
        }
    }
}

/// 1 to 64 letters, digits, dots, dashes, underscores or colons.
pub fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_:".contains(&b))
}

/// At most 80 characters of the user's text, for a message.
pub fn clip(text: &str) -> String {
    if text.chars().count() <= 80 { text.to_string() } else { text.chars().take(80).collect::<String>() + "…" }
}
