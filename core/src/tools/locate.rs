//! Where in a TOML, JSON or YAML text does the value of a path stand?
//!
//! One pass over the text, no library: it tells keys from values and nothing more. A path that is not written itself gives
//! the nearest part of it that is; a text that cannot be followed gives what was found so far.
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// A step of a path: a key of a table or a place in a list.
#[derive(Clone, PartialEq, Debug)]
enum Step {
    Key(String),
    At(usize),
}

/// Line and column, from 1, of the deepest part of `path` that is written in `source`. `syntax` is `toml`, `json` or `yaml`.
pub(super) fn locate(source: &str, syntax: &str, path: &str) -> Option<(usize, usize)> {
    let mut s = Scan { text: source, at: 0, target: steps(path), best: None, dotted: syntax == "toml" };
    match syntax {
        "toml" => s.toml(),
        "yaml" => s.yaml(),
        _ => s.value(&mut Vec::new(), 0),
    }
    let (_, at) = s.best?;
    let before = source.get(..at)?;
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
    Some((line, column))
}

/// `services.afip.limits[2]."a.b"` in steps.
fn steps(path: &str) -> Vec<Step> {
    let mut out = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        rest = rest.strip_prefix('.').unwrap_or(rest);
        if let Some(inner) = rest.strip_prefix('[') {
            let Some((n, after)) = inner.split_once(']') else { break };
            out.push(Step::At(n.parse().unwrap_or(usize::MAX)));
            rest = after;
        } else if let Some(inner) = rest.strip_prefix('"') {
            let Some((key, after)) = inner.split_once('"') else { break };
            out.push(Step::Key(key.to_string()));
            rest = after;
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (key, after) = rest.split_at(end);
            out.push(Step::Key(key.to_string()));
            rest = after;
        }
    }
    out
}

/// Nesting beyond this is not followed.
const MAX_DEPTH: usize = 128;

struct Scan<'a> {
    text: &'a str,
    at: usize,
    target: Vec<Step>,
    /// How many steps of the target stand at which byte.
    best: Option<(usize, usize)>,
    /// Is a bare key split at its dots?
    dotted: bool,
}

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
    fn starts(&self, with: &str) -> bool {
        self.text.get(self.at..).is_some_and(|rest| rest.starts_with(with))
    }
    fn skip(&mut self, which: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&which) {
            self.at += 1;
        }
    }
    /// White space, line ends and comments, and the commas between elements.
    fn blank(&mut self) {
        loop {
            self.skip(|c| c.is_ascii_whitespace() || c == b',');
            if self.peek() != Some(b'#') {
                return;
            }
            self.skip(|c| c != b'\n');
        }
    }
    fn seen(&mut self, path: &[Step], at: usize) {
        let deeper = self.best.is_none_or(|(depth, _)| path.len() > depth);
        if deeper && !path.is_empty() && self.target.starts_with(path) {
            self.best = Some((path.len(), at));
        }
    }
    /// A quoted text; what stands between the quotes, as written.
    fn quoted(&mut self) -> String {
        let quote = match self.peek() {
            Some(b'"') if self.starts("\"\"\"") => "\"\"\"",
            Some(b'"') => "\"",
            _ if self.starts("'''") => "'''",
            _ => "'",
        };
        self.at += quote.len();
        let from = self.at;
        while self.at < self.text.len() && !self.starts(quote) {
            self.at += if quote.starts_with('"') && self.peek() == Some(b'\\') { 2 } else { 1 };
        }
        let inner = self.text.get(from..self.at.min(self.text.len())).unwrap_or_default().to_string();
        self.at = (self.at + quote.len()).min(self.text.len());
        inner
    }
    /// A key, in parts where dots split it, up to what follows it.
    fn key(&mut self) -> Vec<Step> {
        let mut out = Vec::new();
        loop {
            self.skip(|c| c == b' ' || c == b'\t');
            let quoted = matches!(self.peek(), Some(b'"' | b'\''));
            let key = if quoted {
                self.quoted()
            } else {
                let (from, dotted) = (self.at, self.dotted);
                self.skip(|c| !matches!(c, b'=' | b':' | b']' | b'}' | b',' | b'\n' | b'#') && (c != b'.' || !dotted));
                self.text.get(from..self.at).unwrap_or_default().trim().to_string()
            };
            out.push(Step::Key(key));
            self.skip(|c| c == b' ' || c == b'\t');
            if !(self.dotted && self.peek() == Some(b'.')) {
                return out;
            }
            self.at += 1;
        }
    }
    /// One value: what is inside a table or a list is followed.
    fn value(&mut self, path: &mut Vec<Step>, depth: usize) {
        self.skip(|c| c.is_ascii_whitespace());
        if depth > MAX_DEPTH {
            self.at = self.text.len();
            return;
        }
        match self.peek() {
            Some(b'{') => self.table(path, depth),
            Some(b'[') => {
                self.at += 1;
                for n in 0.. {
                    self.blank();
                    if matches!(self.peek(), None | Some(b']')) {
                        break;
                    }
                    let before = self.at;
                    path.push(Step::At(n));
                    self.seen(path, self.at);
                    self.value(path, depth + 1);
                    path.pop();
                    self.at = self.at.max(before + usize::from(self.at == before));
                }
                self.at += 1;
            }
            Some(b'"' | b'\'') => {
                self.quoted();
            }
            _ => self.skip(|c| !matches!(c, b',' | b']' | b'}' | b'\n' | b'#')),
        }
    }
    fn table(&mut self, path: &mut Vec<Step>, depth: usize) {
        self.at += 1;
        loop {
            self.blank();
            if matches!(self.peek(), None | Some(b'}')) {
                break;
            }
            self.entry(path, depth);
        }
        self.at += 1;
    }
    /// `key = value` or `key: value`.
    fn entry(&mut self, path: &mut Vec<Step>, depth: usize) {
        let (from, length) = (self.at, path.len());
        for step in self.key() {
            path.push(step);
            self.seen(path, from);
        }
        if matches!(self.peek(), Some(b'=' | b':')) {
            self.at += 1;
            self.value(path, depth + 1);
        }
        path.truncate(length);
        self.at = self.at.max(from + usize::from(self.at == from));
    }
    fn toml(&mut self) {
        let mut path: Vec<Step> = Vec::new();
        // The lists of tables so far, and how many tables each holds.
        let mut lists: Vec<(Vec<Step>, usize)> = Vec::new();
        loop {
            self.blank();
            let from = self.at;
            match self.peek() {
                None => return,
                Some(b'[') => {
                    let list = self.starts("[[");
                    self.at += if list { 2 } else { 1 };
                    path.clear();
                    let keys = self.key();
                    let last = keys.len().saturating_sub(1);
                    for (i, step) in keys.into_iter().enumerate() {
                        path.push(step);
                        self.seen(&path, from);
                        let known = lists.iter_mut().find(|(p, _)| *p == path);
                        match known {
                            Some((_, n)) if list && i == last => *n += 1,
                            None if list && i == last => lists.push((path.clone(), 1)),
                            _ => {}
                        }
                        if let Some((_, n)) = lists.iter().find(|(p, _)| *p == path) {
                            path.push(Step::At(n - 1));
                            self.seen(&path, from);
                        }
                    }
                    self.skip(|c| c != b'\n');
                }
                Some(_) => {
                    let mut here = path.clone();
                    self.entry(&mut here, 0);
                }
            }
        }
    }
    /// Blocks by indentation; a dash stands half a step deeper than a key of the same column.
    fn yaml(&mut self) {
        let mut stack: Vec<(usize, Step)> = Vec::new();
        let mut begin = true;
        let mut column = 0;
        while self.at < self.text.len() {
            if begin {
                let from = self.at;
                self.skip(|c| c == b' ');
                column = self.at - from;
                begin = false;
            }
            let dash = self.starts("- ") || self.starts("-\n");
            match self.peek() {
                None => return,
                Some(b'\n' | b'#' | b'\r') => {
                    self.skip(|c| c != b'\n');
                    self.at += 1;
                    begin = true;
                    continue;
                }
                _ => {}
            }
            let own = 2 * column + usize::from(dash);
            let last = stack.iter().rfind(|(indent, _)| *indent == own).cloned();
            let deeper = stack.iter().position(|(indent, _)| *indent >= own).unwrap_or(stack.len());
            stack.truncate(deeper);
            let from = self.at;
            if dash {
                let n = match last {
                    Some((_, Step::At(n))) => n + 1,
                    _ => 0,
                };
                stack.push((own, Step::At(n)));
                self.saw(&stack, from);
                self.at += 1;
                self.skip(|c| c == b' ');
                column += self.at - from;
                continue;
            }
            let keys = self.key();
            if self.peek() == Some(b':') {
                stack.extend(keys.into_iter().map(|k| (own, k)));
                self.saw(&stack, from);
                self.at += 1;
                self.skip(|c| c == b' ');
            } else {
                self.at = from;
            }
            if matches!(self.peek(), Some(b'{' | b'[' | b'"' | b'\'')) {
                let mut path: Vec<Step> = stack.iter().map(|(_, step)| step.clone()).collect();
                self.value(&mut path, 0);
            }
            self.skip(|c| c != b'\n');
        }
    }
    fn saw(&mut self, stack: &[(usize, Step)], at: usize) {
        let path: Vec<Step> = stack.iter().map(|(_, step)| step.clone()).collect();
        self.seen(&path, at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOML: &str = "version = 1 # a.b\n\n[services.afip]\ntimeout = \"30s\"\nbreaker = { failure_rate = 0.5,\n  open = { base = \"x = y\" } }\nlimits = [\n  { name = \"a\", limit = 1 },\n  { name = \"b\", limit = 2 },\n]\n[[services.sms.limits]]\nname = \"c\"\n[[services.sms.limits]]\nname = \"d\"\nretry.attempts = 3\n[features.\"a.b\"]\ntitle = \"x\"\n";
    const JSON: &str = "{\n  \"version\": 1,\n  \"services\": { \"afip\": { \"timeout\": \"}\",\n    \"limits\": [{\"name\": \"a\"}, {\"name\": \"b\"}] } }\n}\n";
    const YAML: &str = "version: 1\nservices:\n  afip:\n    timeout: 30s # x: y\n    limits:\n    - name: a\n      limit: 1\n    - name: b\n      limit: 2\n    breaker: { failure_rate: 0.5, open: { base: 1s } }\nfeatures:\n  \"a.b\":\n    title: x\n";

    #[test]
    fn a_toml_key_is_found_in_every_way_of_writing_it() {
        for (path, place) in [
            ("services.afip.timeout", (4, 1)),
            ("services.afip.breaker.failure_rate", (5, 13)),
            ("services.afip.breaker.open.base", (6, 12)),
            ("services.afip.limits[1].limit", (9, 17)),
            ("services.afip.limits[1]", (9, 3)),
            ("services.sms.limits[1].name", (14, 1)),
            ("services.sms.limits[1].retry.attempts", (15, 1)),
            ("features.\"a.b\".title", (17, 1)),
            ("services.afip.retry.attempts", (3, 1)),
            ("services", (3, 1)),
        ] {
            assert_eq!(locate(TOML, "toml", path), Some(place), "{path}");
        }
        assert_eq!(locate(TOML, "toml", ""), None);
        assert_eq!(locate(TOML, "toml", "mode"), None);
    }
    #[test]
    fn a_json_key_is_found() {
        assert_eq!(locate(JSON, "json", "services.afip.timeout"), Some((3, 27)));
        assert_eq!(locate(JSON, "json", "services.afip.limits[1].name"), Some((4, 32)));
        assert_eq!(locate(JSON, "json", "services.afip.retry"), Some((3, 17)));
    }
    #[test]
    fn a_yaml_key_is_found_in_blocks_and_in_braces() {
        for (path, place) in [
            ("services.afip.timeout", (4, 5)),
            ("services.afip.limits[0].limit", (7, 7)),
            ("services.afip.limits[1]", (8, 5)),
            ("services.afip.limits[1].name", (8, 7)),
            ("services.afip.breaker.open.base", (10, 43)),
            ("features.\"a.b\".title", (13, 5)),
        ] {
            assert_eq!(locate(YAML, "yaml", path), Some(place), "{path}");
        }
    }
    #[test]
    fn a_broken_text_ends_the_search() {
        for text in ["{", "[[", "a = {", "a = [", "\"", "a: [", "- - -", "{\"a\\", "é = '", "]", "}}"] {
            for syntax in ["toml", "json", "yaml"] {
                locate(text, syntax, "a.b[0]");
            }
        }
    }
}
