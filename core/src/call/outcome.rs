//! What happened to a call, from the facts that the host saw: success, or whose fault it was.
use crate::base::doc::{Node, Table, clip};
use crate::base::error::Code;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// The meaning of a settled call. The numbers cross the boundary to the hosts and never change.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Outcome {
    /// It worked.
    Success = 0,
    /// The upstream failed.
    Failure = 1,
    /// No answer in time.
    Timeout = 2,
    /// The upstream said wait; no failure.
    Throttled = 3,
    /// That tenant's own credentials or data.
    TenantFault = 4,
    /// Cancelled, the caller's own mistake, a cache hit: counts nothing.
    Neutral = 5,
}

/// The names of [`Outcome`], in the order of its numbers.
pub const OUTCOMES: [&str; 6] = ["success", "failure", "timeout", "throttled", "tenant_fault", "neutral"];

const ALL: [(&str, Outcome); 6] = [
    ("success", Outcome::Success),
    ("failure", Outcome::Failure),
    ("timeout", Outcome::Timeout),
    ("throttled", Outcome::Throttled),
    ("tenant_fault", Outcome::TenantFault),
    ("neutral", Outcome::Neutral),
];

impl Outcome {
    /// Does it say anything about the upstream or the tenant? A neutral one is counted nowhere.
    pub fn counts(self) -> bool {
        self != Outcome::Neutral
    }
    /// The name.
    pub fn word(self) -> &'static str {
        OUTCOMES.get(self as usize).copied().unwrap_or_default()
    }
    /// From a name; `None` for another word.
    pub fn from_word(word: &str) -> Option<Outcome> {
        ALL.iter().find(|(name, _)| *name == word).map(|(_, outcome)| *outcome)
    }
    /// From a number, 0 to 5.
    pub fn from_number(n: u32) -> Option<Outcome> {
        Some(match n {
            0 => Outcome::Success,
            1 => Outcome::Failure,
            2 => Outcome::Timeout,
            3 => Outcome::Throttled,
            4 => Outcome::TenantFault,
            5 => Outcome::Neutral,
            _ => return None,
        })
    }
}

/// What the host saw of a call. Everything by default: a call that worked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Facts<'a> {
    /// The HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// The code of a network error, such as `ECONNRESET`.
    pub error: Option<&'a str>,
    /// The class of an exception, such as `ReadTimeout`.
    pub exception: Option<&'a str>,
    /// The host's own timeout ended the call.
    pub timed_out: bool,
    /// The caller gave up.
    pub cancelled: bool,
    /// Did anything reach the upstream? `None` when the host cannot tell.
    pub sent: Option<bool>,
}

/// Errors and exceptions that come before anything is sent.
const UNSENT: [&str; 8] = [
    "ECONNREFUSED",
    "ENOTFOUND",
    "EAI_AGAIN",
    "UND_ERR_CONNECT_TIMEOUT",
    "ConnectError",
    "ConnectTimeout",
    "ConnectionRefusedError",
    "PoolTimeout",
];

impl Facts<'_> {
    /// Can the call have had no effect, because nothing reached the upstream? The host's own word comes first; without one, a refused
    /// connection or a name that did not resolve says so.
    pub fn unsent(&self) -> bool {
        let before = |code: Option<&str>| code.is_some_and(|code| UNSENT.contains(&code));
        !self.sent.unwrap_or(!(self.status.is_none() && (before(self.error) || before(self.exception))))
    }
}

/// From a status to a status, both included.
type Range = (u16, u16);

#[derive(Clone, PartialEq, Eq, Debug)]
struct Rule {
    statuses: Vec<Range>,
    errors: Vec<Box<str>>,
    exceptions: Vec<Box<str>>,
    timed_out: Option<bool>,
    cancelled: Option<bool>,
    outcome: Outcome,
}

impl Rule {
    /// Every kind of condition that the rule names must hold; of one kind, any.
    fn matches(&self, facts: &Facts) -> bool {
        let named = |list: &[Box<str>], word: Option<&str>| {
            list.is_empty() || word.is_some_and(|w| list.iter().any(|n| **n == *w))
        };
        let within = |s: u16| self.statuses.iter().any(|(low, high)| (*low..=*high).contains(&s));
        (self.statuses.is_empty() || facts.status.is_some_and(within))
            && named(&self.errors, facts.error)
            && named(&self.exceptions, facts.exception)
            && self.timed_out.is_none_or(|t| t == facts.timed_out)
            && self.cancelled.is_none_or(|c| c == facts.cancelled)
    }
}

/// How a service's facts are read: its own rules in the order written, then the defaults.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OutcomeTable {
    rules: Vec<Rule>,
}

/// A table longer than this is a fault.
const MAX_RULES: usize = 64;

impl OutcomeTable {
    /// Reads `outcomes = [{ status = 401 | "4xx" | [..], error = "…", exception = "…", timed_out = …, cancelled = …, as = "…" }, …]`.
    /// Each condition takes one value or a list. Faults: a rule without a condition or without `as`, a status outside 100 to 599.
    pub fn read(node: &Node) -> OutcomeTable {
        let nodes = node.list().unwrap_or_default();
        if nodes.len() > MAX_RULES {
            node.fault(Code::TooMany, format_args!("a table has at most {MAX_RULES} rules"));
        }
        OutcomeTable { rules: nodes.iter().take(MAX_RULES).filter_map(|n| n.table().and_then(read_rule)).collect() }
    }
    /// What the facts mean: the first rule that matches, else the default. Cost: O(rules), allocates nothing.
    ///
    /// Default: the host's own timeout is `timeout`; a caller who gave up, `neutral`; then by status: 408 and 504 `timeout`, 429
    /// `throttled`, 401 and 403 `tenant_fault`, other 4xx `neutral`, 5xx `failure`; a network error or an unknown exception, `failure`.
    pub fn classify(&self, facts: &Facts) -> Outcome {
        match self.rules.iter().find(|rule| rule.matches(facts)) {
            Some(rule) => rule.outcome,
            None => default(facts),
        }
    }
}

fn default(facts: &Facts) -> Outcome {
    match facts.status {
        _ if facts.timed_out => Outcome::Timeout,
        _ if facts.cancelled => Outcome::Neutral,
        Some(408 | 504) => Outcome::Timeout,
        Some(429) => Outcome::Throttled,
        Some(401 | 403) => Outcome::TenantFault,
        Some(400..=499) => Outcome::Neutral,
        Some(500..) => Outcome::Failure,
        _ if facts.error.is_some() || facts.exception.is_some() => Outcome::Failure,
        _ => Outcome::Success,
    }
}

fn read_rule(t: Table) -> Option<Rule> {
    let words = |key: &str| -> Vec<Box<str>> {
        t.node(key).map(|n| n.texts().into_iter().map(|(text, _)| text.into()).collect()).unwrap_or_default()
    };
    let outcome = t.word("as", &ALL);
    if !t.has("as") {
        t.fault_at("as", Code::MissingField, format_args!("a rule says `as` what the facts count"));
    }
    let rule = Rule {
        statuses: t.node("status").map(|n| read_statuses(&n)).unwrap_or_default(),
        errors: words("error"),
        exceptions: words("exception"),
        timed_out: t.boolean("timed_out"),
        cancelled: t.boolean("cancelled"),
        outcome: outcome.unwrap_or(Outcome::Neutral),
    };
    if !["status", "error", "exception", "timed_out", "cancelled"].iter().any(|key| t.has(key)) {
        t.fault(
            Code::MissingField,
            format_args!("a rule names at least one of status, error, exception, timed_out, cancelled"),
        );
    }
    t.finish();
    outcome.map(|_| rule)
}

fn read_statuses(node: &Node) -> Vec<Range> {
    match node.list_or_one() {
        Some(nodes) => nodes.iter().filter_map(read_status).collect(),
        None => Vec::new(),
    }
}

fn read_status(node: &Node) -> Option<Range> {
    let Some(text) = node.json.as_str() else {
        return node.integer(100, 599).map(|n| (n as u16, n as u16));
    };
    let class = match text.as_bytes() {
        [digit @ b'1'..=b'5', b'x', b'x'] => u16::from(digit - b'0') * 100,
        _ => {
            node.fault(Code::WrongType, format_args!("expected a status such as 503 or `5xx`, found `{}`", clip(text)));
            return None;
        }
    };
    Some((class, class + 99))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::doc::Faults;
    use crate::base::json::Json;

    fn table(text: &str) -> (OutcomeTable, Vec<(Code, alloc::string::String)>) {
        let json = Json::parse(text).unwrap();
        let faults = Faults::of(&json);
        let table = OutcomeTable::read(&faults.root());
        (table, faults.into_vec().into_iter().map(|f| (f.code, f.path.clone())).collect())
    }
    fn status(n: u16) -> Facts<'static> {
        Facts { status: Some(n), ..Facts::default() }
    }

    #[test]
    fn words_and_numbers_agree() {
        for (n, word) in OUTCOMES.iter().enumerate() {
            let outcome = Outcome::from_word(word).unwrap();
            assert_eq!((outcome as usize, outcome.word(), Outcome::from_number(n as u32)), (n, *word, Some(outcome)));
        }
        assert_eq!((Outcome::from_number(6), Outcome::from_word("Success")), (None, None));
    }
    #[test]
    fn facts_have_a_meaning_without_a_table() {
        let t = OutcomeTable::default();
        let cases = [
            (200, Outcome::Success),
            (304, Outcome::Success),
            (400, Outcome::Neutral),
            (401, Outcome::TenantFault),
            (403, Outcome::TenantFault),
            (404, Outcome::Neutral),
            (408, Outcome::Timeout),
            (429, Outcome::Throttled),
            (499, Outcome::Neutral),
            (500, Outcome::Failure),
            (503, Outcome::Failure),
            (504, Outcome::Timeout),
            (599, Outcome::Failure),
            (999, Outcome::Failure),
        ];
        for (n, outcome) in cases {
            assert_eq!(t.classify(&status(n)), outcome, "{n}");
        }
        assert_eq!(t.classify(&Facts::default()), Outcome::Success);
        let error = Facts { error: Some("ECONNRESET"), ..Facts::default() };
        assert_eq!(t.classify(&error), Outcome::Failure);
        assert_eq!(t.classify(&Facts { status: Some(200), ..error }), Outcome::Failure, "a body that broke off");
        assert_eq!(t.classify(&Facts { exception: Some("KeyError"), ..Facts::default() }), Outcome::Failure);
        assert_eq!(t.classify(&Facts { exception: Some("HTTPStatusError"), ..status(404) }), Outcome::Neutral);
        assert_eq!(t.classify(&Facts { cancelled: true, ..error }), Outcome::Neutral);
        assert_eq!(t.classify(&Facts { timed_out: true, cancelled: true, ..error }), Outcome::Timeout);
    }
    #[test]
    fn the_first_rule_that_matches_wins() {
        let (t, faults) = table(
            r#"[{"status":404,"as":"success"},{"status":["4xx",503],"exception":["A","B"],"as":"tenant_fault"},
                {"status":"5xx","as":"throttled"},{"error":"EPIPE","as":"neutral"},{"cancelled":true,"as":"failure"}]"#,
        );
        assert_eq!(faults, []);
        assert_eq!(t.classify(&status(404)), Outcome::Success);
        assert_eq!(t.classify(&status(503)), Outcome::Throttled);
        assert_eq!(t.classify(&Facts { exception: Some("B"), ..status(503) }), Outcome::TenantFault);
        assert_eq!(t.classify(&Facts { exception: Some("C"), ..status(422) }), Outcome::Neutral);
        assert_eq!(t.classify(&Facts { error: Some("EPIPE"), ..Facts::default() }), Outcome::Neutral);
        assert_eq!(t.classify(&Facts { cancelled: true, ..Facts::default() }), Outcome::Failure);
    }
    #[test]
    fn every_fault_of_a_table_is_named() {
        let (_, faults) = table(
            r#"[{"status":"6xx","as":"failure"},{"status":99,"as":"x"},{"as":"failure"},{"status":500},{"state":1,"cancelled":1,"as":"failure"}]"#,
        );
        let expected = [
            (Code::WrongType, "[0].status"),
            (Code::WrongType, "[1].as"),
            (Code::NumberOutOfRange, "[1].status"),
            (Code::MissingField, "[2]"),
            (Code::MissingField, "[3].as"),
            (Code::WrongType, "[4].cancelled"),
            (Code::UnknownField, "[4].state"),
        ];
        assert_eq!(faults.iter().map(|(c, p)| (*c, p.as_str())).collect::<Vec<_>>(), expected);
    }
    #[test]
    fn what_never_left_cannot_have_had_an_effect() {
        let refused = Facts { error: Some("ECONNREFUSED"), ..Facts::default() };
        assert!(refused.unsent());
        assert!(!Facts { sent: Some(true), ..refused }.unsent());
        assert!(Facts { sent: Some(false), ..Facts::default() }.unsent());
        assert!(!Facts { error: Some("ECONNRESET"), ..Facts::default() }.unsent());
        assert!(!Facts { status: Some(502), ..refused }.unsent());
        assert!(!Facts::default().unsent());
    }
}
