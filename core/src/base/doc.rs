//! A cursor over one document that collects every fault instead of stopping at the first.
//!
//! A room reads its part of the policy through [`Table`]: each accessor marks its key as known, checks type and range,
//! records a fault with the full path when the value is wrong, and goes on with `None`. [`Table::finish`] reports what is left over.
use crate::base::error::{Code, Fault};
#[cfg(feature = "schema")]
use crate::base::json::join_path;
use crate::base::json::{Json, push_key};
use crate::base::num::{Decimal, Ratio};
use crate::base::order::repeated;
use crate::base::time::{Span, parse_span};
use crate::base::write::join;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::fmt;

/// Tells the schema tests what is asked; nothing in any other build.
macro_rules! ask {
    ($self:ident, $path:expr, $form:ident $(($($arg:expr),*))?) => {
        #[cfg(feature = "schema")]
        $self.faults.asked.note($path, crate::base::asked::Form::$form $(($($arg),*))?);
    };
}

/// How many faults are kept; a document with more reports the first ones.
const MAX_FAULTS: usize = 256;

/// The faults found so far in one document.
#[derive(Debug)]
pub struct Faults<'a> {
    root: &'a Json,
    list: RefCell<Vec<Fault>>,
    /// How many there were, also those that were not kept.
    count: Cell<usize>,
    /// For every table that was opened, one after the other: which of its keys were asked for.
    used: RefCell<Vec<bool>>,
    /// What was asked on the way.
    #[cfg(feature = "schema")]
    pub asked: crate::base::asked::Log,
}

impl<'a> Faults<'a> {
    /// None yet, of the document below `root`.
    pub fn of(root: &'a Json) -> Self {
        Faults {
            root,
            list: RefCell::default(),
            count: Cell::new(0),
            used: RefCell::default(),
            #[cfg(feature = "schema")]
            asked: Default::default(),
        }
    }
    /// The whole document.
    pub fn root(&'a self) -> Node<'a> {
        Node { json: self.root, faults: self }
    }
    /// Any other value; where it stands is found out when something is wrong with it.
    pub fn node(&'a self, json: &'a Json) -> Node<'a> {
        Node { json, faults: self }
    }
    /// Adds a fault at a value, or at a key of it.
    #[cold]
    #[inline(never)]
    fn add(&self, code: Code, json: &Json, key: Option<&str>, message: fmt::Arguments<'_>) {
        self.count.set(self.count.get() + 1);
        let mut list = self.list.borrow_mut();
        if list.len() < MAX_FAULTS {
            let mut path = self.path(json);
            if let Some(key) = key {
                push_key(&mut path, key);
            }
            list.push(Fault::at(code, &path, message));
        }
    }
    fn path(&self, json: &Json) -> String {
        let mut path = String::new();
        find(self.root, json, &mut path);
        path
    }
    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }
    /// How many were found.
    pub fn count(&self) -> usize {
        self.count.get()
    }
    /// All faults that were kept, in the order found.
    pub fn into_vec(self) -> Vec<Fault> {
        self.list.into_inner()
    }
    /// All faults so far, in the order found; there are none afterwards.
    pub fn take(&self) -> Vec<Fault> {
        self.count.set(0);
        self.list.take()
    }
}

/// One value of the document.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    /// The value.
    pub json: &'a Json,
    faults: &'a Faults<'a>,
}

/// One table of the document; remembers which keys were asked for.
#[derive(Debug)]
pub struct Table<'a> {
    json: &'a Json,
    entries: &'a [(String, Json)],
    /// Where its keys begin among those of all tables.
    used: usize,
    faults: &'a Faults<'a>,
}

impl<'a> Node<'a> {
    /// Where it stands, such as `services.afip.breaker`; empty for the whole document, and for what is not in it.
    /// Cost: linear in the document.
    #[cold]
    pub fn path(&self) -> String {
        self.faults.path(self.json)
    }
    /// Records a fault at this value.
    #[cold]
    #[inline(never)]
    pub fn fault(&self, code: Code, message: fmt::Arguments<'_>) {
        self.faults.add(code, self.json, None, message);
    }
    /// Records that the value has another type than `wanted`.
    pub fn wrong(&self, wanted: &str) {
        if *self.json == Json::BigInt {
            self.fault(Code::NumberOutOfRange, format_args!("integers beyond 2^53 are not exact"));
        } else {
            self.fault(Code::WrongType, format_args!("expected {wanted}, found {}", self.json.kind()));
        }
    }
    /// As a table. Faults: `wrong_type`, `duplicate_key`.
    pub fn table(&self) -> Option<Table<'a>> {
        ask!(self, self.path(), Table);
        let Json::Obj(entries) = self.json else {
            self.wrong("a table");
            return None;
        };
        for ((k, _), again) in entries.iter().zip(repeated(entries.len(), |at| &entries[at].0)) {
            if again {
                self.faults.add(Code::DuplicateKey, self.json, Some(k), format_args!("`{k}` stands twice"));
            }
        }
        let mut all = self.faults.used.borrow_mut();
        let used = all.len();
        all.resize(used + entries.len(), false);
        Some(Table { json: self.json, entries, used, faults: self.faults })
    }
    /// As a list.
    pub fn list(&self) -> Option<Vec<Node<'a>>> {
        ask!(self, self.path(), List);
        let Json::Arr(items) = self.json else {
            self.wrong("a list");
            return None;
        };
        Some(items.iter().map(|json| self.faults.node(json)).collect())
    }
    /// A list's values, or the one value itself.
    pub fn list_or_one(&self) -> Option<Vec<Node<'a>>> {
        if matches!(self.json, Json::Arr(_)) { self.list() } else { Some(vec![*self]) }
    }
    /// As text.
    pub fn text(&self) -> Option<&'a str> {
        ask!(self, self.path(), Text);
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
        ask!(self, self.path(), Boolean);
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
        ask!(self, self.path(), Integer(min, max));
        let Json::Num(n) = self.json else {
            self.wrong("a whole number");
            return None;
        };
        if *n != libm::trunc(*n) {
            self.fault(Code::WrongType, format_args!("expected a whole number, found {}", Decimal(*n)));
            return None;
        }
        if *n < min as f64 || *n > max as f64 {
            self.fault(Code::NumberOutOfRange, format_args!("expected {min} to {max}, found {}", Decimal(*n)));
            return None;
        }
        Some(*n as u64)
    }
    /// As a ratio in billionths within `min..=max` (inclusive).
    pub fn ratio(&self, min: Ratio, max: Ratio) -> Option<Ratio> {
        ask!(self, self.path(), Ratio(min, max));
        let Json::Num(n) = self.json else {
            self.wrong("a number");
            return None;
        };
        match Ratio::from_f64(*n) {
            Some(r) if r >= min && r <= max => Some(r),
            _ => {
                self.fault(Code::NumberOutOfRange, format_args!("expected {min} to {max}, found {}", Decimal(*n)));
                None
            }
        }
    }
    /// As a share within (0, 1].
    pub fn share(&self) -> Option<Ratio> {
        ask!(self, self.path(), Share);
        let Json::Num(n) = self.json else {
            self.wrong("a number");
            return None;
        };
        match Ratio::from_f64(*n) {
            Some(r) if r.is_share() => Some(r),
            _ => {
                self.fault(
                    Code::NumberOutOfRange,
                    format_args!("expected a share above 0 and up to 1, found {}", Decimal(*n)),
                );
                None
            }
        }
    }
    /// As a duration longer than zero.
    pub fn span(&self) -> Option<Span> {
        ask!(self, self.path(), Span);
        let text = self.text()?;
        match parse_span(text) {
            Some(s) if !s.is_zero() => Some(s),
            Some(_) => {
                self.fault(Code::NumberOutOfRange, format_args!("expected a duration longer than zero"));
                None
            }
            None => {
                self.fault(Code::BadDuration, format_args!("`{text}` is not a duration"));
                None
            }
        }
    }
    /// As one of the words of `table`.
    pub fn word<T: Copy>(&self, table: &[(&str, T)]) -> Option<T> {
        ask!(self, self.path(), Word(table.iter().map(|(word, _)| word.to_string()).collect()));
        let at = self.pick(table.len(), &|i| table[i].0)?;
        table.get(at).map(|(_, value)| *value)
    }
    /// The place of the text among `n` words.
    fn pick<'t>(&self, n: usize, word: &dyn Fn(usize) -> &'t str) -> Option<usize> {
        let text = self.text()?;
        let at = (0..n).find(|i| word(*i) == text);
        if at.is_some() {
            return at;
        }
        let names: Vec<&str> = (0..n).map(word).collect();
        self.fault(Code::WrongType, format_args!("expected one of {}, found `{text}`", join(&names, ", ")));
        None
    }
    /// As a name: 1 to 64 letters, digits, dots, dashes, underscores, colons.
    pub fn name(&self) -> Option<&'a str> {
        ask!(self, self.path(), Name);
        let text = self.text()?;
        if is_name(text) {
            return Some(text);
        }
        self.fault(Code::BadName, format_args!("`{}` is not a name", clip(text)));
        None
    }
    /// As one text or a list of texts.
    pub fn texts(&self) -> Vec<(&'a str, Node<'a>)> {
        ask!(self, self.path(), Texts);
        match self.json {
            Json::Str(s) => vec![(s.as_str(), *self)],
            Json::Arr(_) => self.list().unwrap_or_default().iter().filter_map(|n| n.text().map(|t| (t, *n))).collect(),
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
        ask!(self, join_path(&self.path(), key), Any);
        let at = self.entries.iter().position(|(k, _)| k == key)?;
        self.mark(key);
        let json = &self.entries[at].1;
        Some(self.faults.node(json))
    }
    fn mark(&self, key: &str) {
        let mut used = self.faults.used.borrow_mut();
        for (i, (k, _)) in self.entries.iter().enumerate() {
            if k == key {
                used[self.used + i] = true;
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
                out.push((k.as_str(), self.faults.node(json)));
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
                node.fault(Code::BadName, format_args!("`{}` is not a name", clip(k)));
            }
            ok
        });
        out
    }
    #[cfg(feature = "schema")]
    fn path(&self) -> String {
        self.faults.path(self.json)
    }
    /// Records a fault at this table.
    #[cold]
    #[inline(never)]
    pub fn fault(&self, code: Code, message: fmt::Arguments<'_>) {
        self.faults.add(code, self.json, None, message);
    }
    /// Records a fault at a key of this table.
    #[cold]
    #[inline(never)]
    pub fn fault_at(&self, key: &str, code: Code, message: fmt::Arguments<'_>) {
        self.faults.add(code, self.json, Some(key), message);
    }
    /// Text under `key`.
    pub fn text(&self, key: &str) -> Option<&'a str> {
        ask!(self, join_path(&self.path(), key), Text);
        self.node(key)?.text()
    }
    /// A boolean under `key`.
    pub fn boolean(&self, key: &str) -> Option<bool> {
        ask!(self, join_path(&self.path(), key), Boolean);
        self.node(key)?.boolean()
    }
    /// A whole number under `key`.
    pub fn integer(&self, key: &str, min: u64, max: u64) -> Option<u64> {
        ask!(self, join_path(&self.path(), key), Integer(min, max));
        self.node(key)?.integer(min, max)
    }
    /// A share (0, 1] under `key`.
    pub fn share(&self, key: &str) -> Option<Ratio> {
        ask!(self, join_path(&self.path(), key), Share);
        self.node(key)?.share()
    }
    /// A ratio within a range under `key`.
    pub fn ratio(&self, key: &str, min: Ratio, max: Ratio) -> Option<Ratio> {
        ask!(self, join_path(&self.path(), key), Ratio(min, max));
        self.node(key)?.ratio(min, max)
    }
    /// A duration under `key`.
    pub fn span(&self, key: &str) -> Option<Span> {
        ask!(self, join_path(&self.path(), key), Span);
        self.node(key)?.span()
    }
    /// One of the words of `table` under `key`.
    pub fn word<T: Copy>(&self, key: &str, table: &[(&str, T)]) -> Option<T> {
        ask!(self, join_path(&self.path(), key), Word(table.iter().map(|(word, _)| word.to_string()).collect()));
        self.node(key)?.word(table)
    }
    /// A table under `key`.
    pub fn table(&self, key: &str) -> Option<Table<'a>> {
        ask!(self, join_path(&self.path(), key), Table);
        self.node(key)?.table()
    }
    /// A list under `key`.
    pub fn list(&self, key: &str) -> Option<Vec<Node<'a>>> {
        ask!(self, join_path(&self.path(), key), List);
        self.node(key)?.list()
    }
    /// `base`, `growth` and `max` of a wait that grows; what is not said is as given, `max` at least `base`.
    /// Faults: `max` shorter than `base`; `growth` outside 1 to 100.
    pub fn growing(&self, base: Span, growth: Ratio, max: Span) -> (Span, Ratio, Span) {
        let (base, given) = (self.span("base").unwrap_or(base), self.span("max"));
        if given.is_some_and(|max| max < base) {
            self.fault_at("max", Code::NumberOutOfRange, format_args!("`max` is shorter than the base of {base} ms"));
        }
        let growth = self.ratio("growth", Ratio::ONE, Ratio::percent(10_000)).unwrap_or(growth);
        (base, growth, given.unwrap_or(max).max(base))
    }
    /// Reports every key that nothing asked for.
    pub fn finish(self) {
        let used = self.faults.used.borrow();
        for (i, (k, _)) in self.entries.iter().enumerate() {
            if !used[self.used + i] {
                let key = clip(k);
                self.faults.add(Code::UnknownField, self.json, Some(&key), format_args!("`{key}` is no field here"));
            }
        }
    }
}

/// Looks for one value below another and leaves its path behind.
fn find(of: &Json, json: &Json, path: &mut String) -> bool {
    let length = path.len();
    let mut below = |step: &dyn Fn(&mut String), value| {
        step(path);
        let found = find(value, json, path);
        if !found {
            path.truncate(length);
        }
        found
    };
    core::ptr::eq(of, json)
        || match of {
            Json::Arr(items) => {
                items.iter().enumerate().any(|(i, item)| below(&|path| path.push_str(&format!("[{i}]")), item))
            }
            Json::Obj(entries) => entries.iter().any(|(key, value)| below(&|path| push_key(path, key), value)),
            _ => false,
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
