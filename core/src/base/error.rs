//! What went wrong, as data: a stable code, the path of the fault, a sentence, and what to do about it.
//!
//! Codes never change their meaning; messages may. Messages are lower case, without a full stop, the user's words in backticks.
use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;
use core::ops::{Deref, DerefMut};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $slug:literal, $help:literal;)*) => {
        /// Every way in which an input can be wrong.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub enum Code { $($(#[$doc])* #[doc = $help] $name,)* }
        impl Code {
            /// All codes, in declaration order.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];
            /// The stable name, as it crosses every boundary.
            pub const fn slug(self) -> &'static str { match self { $(Code::$name => $slug,)* } }
            /// What to do about it, in one sentence.
            pub const fn help(self) -> &'static str { match self { $(Code::$name => $help,)* } }
        }
    };
}

codes! {
    JsonSyntax = "json_syntax", "the text is not one JSON value: see the line and column in the message";
    JsonTooDeep = "json_too_deep", "nest fewer than 128 levels";
    DuplicateKey = "duplicate_key", "a table holds each key once: remove one of the two";
    UnknownField = "unknown_field", "remove the field, or spell it as the reference does";
    MissingField = "missing_field", "add the field: it has no default";
    WrongType = "wrong_type", "write the value in the form the message names";
    BadDuration = "bad_duration", "write a duration such as `30s`, `1h30m` or `250ms`";
    BadMoney = "bad_money", "write dollars as a decimal text such as `12.50`, with at most nine decimals";
    NumberNotFinite = "number_not_finite", "send a finite number";
    NumberOutOfRange = "number_out_of_range", "send a number inside the range the message names";
    UnknownName = "unknown_name", "use a name that the policy declares";
    DuplicateName = "duplicate_name", "give each rule a name of its own";
    BadName = "bad_name", "use 1 to 64 letters, digits, dots, dashes and underscores";
    Cycle = "dependency_cycle", "remove one of the needs that lead back to where they began";
    BreakerNeverTrips = "breaker_never_trips", "name at least one rule that can trip within the window";
    WindowMissing = "window_missing", "a rate needs a window: `window = \"60s\"` or `{ calls = 100 }`";
    SlowOverTimeout = "slow_over_timeout", "let `slow.over` be shorter than the service's timeout, or no call can be slow";
    Conflict = "conflict", "keep one of the two fields";
    TooMany = "too_many", "keep within the bound the message names";
    UnsupportedVersion = "unsupported_version", "write `version = 1`";
    UnknownVerb = "unknown_verb", "use admit, settle, observe, command, advance, report, headers, explain or reload";
    UnknownService = "unknown_service", "use a service that the policy declares";
    UnknownFeature = "unknown_feature", "use a feature that the policy declares";
    UnknownLimit = "unknown_limit", "use a limit that the service declares";
    UnknownPermit = "unknown_permit", "settle each permit once, at the engine that granted it";
    UnknownKey = "unknown_key", "use the key names that the policy's `per` declares";
    StaleHandle = "stale_handle", "resolve the name again: the handle is from before a reload or an eviction";
    KeyRequired = "key_required", "pass the key that the rule's `per` names";
    KeyEmpty = "key_empty", "pass a key of at least one byte";
    KeyTooLong = "key_too_long", "pass a key of at most 256 bytes: hash longer ones";
    BadOutcome = "bad_outcome", "use success, failure, timeout, throttled, tenant_fault or neutral";
    BadOrder = "bad_order", "use an order that the reference lists";
    BadView = "bad_view", "use a view, profile and format that the reference lists";
    SnapshotCorrupt = "snapshot_corrupt", "the bytes are not a whole snapshot: take the one before";
    SnapshotVersion = "snapshot_version", "the snapshot was written by a later version: upgrade first";
    SnapshotPolicy = "snapshot_policy", "the snapshot belongs to another policy: restore with that one, then reload";
    BadBlob = "bad_blob", "pass the status text of a health answer unchanged";
    LimitNeverBinds = "limit_never_binds", "drop the limit, or make it stricter than the one beside it";
    BurstBeyondLimit = "burst_beyond_limit", "name the `algorithm`, lower `burst`, or use `sliding_window`";
    FleetWithoutStore = "fleet_without_store", "give the engine a store, or use `scope = \"process\"`";
    DeadlineBelowTimeout = "deadline_below_timeout", "let `deadline` cover at least one whole attempt";
    RetryBeyondDeadline = "retry_beyond_deadline", "allow fewer attempts or shorter waits, or a longer `deadline`";
    FallbackMissing = "fallback_missing", "say what users get instead, or they see the feature offline";
    TitleMissing = "title_missing", "give the feature a title: users see its key";
    PresetUnused = "preset_unused", "remove the preset, or name it in a service";
    RecordingSyntax = "recording_syntax", "pass a file that `record` wrote, unchanged";
    RecordingPolicy = "recording_policy", "replay under the policy that was recorded; name another one with `--policy`";
    EngineLost = "engine_lost", "the engine stopped inside a call and must be rebuilt from its last snapshot";
}

/// One fault: where, what and what to do. As large as a pointer, because every answer makes room for one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault(Box<Parts>);

/// What a fault says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parts {
    /// The stable code.
    pub code: Code,
    /// Where in the input, such as `services.afip.breaker.window`; empty for the whole input.
    pub path: String,
    /// What is wrong, in one sentence.
    pub message: String,
}

impl Fault {
    /// A fault at a path. The message is put together here, so that the many places that find faults stay small.
    #[cold]
    #[inline(never)]
    pub fn at(code: Code, path: &str, message: fmt::Arguments<'_>) -> Self {
        Fault(Box::new(Parts { code, path: path.into(), message: alloc::fmt::format(message) }))
    }
    /// A fault at a path.
    #[cold]
    #[inline(never)]
    pub fn new(code: Code, path: impl Into<String>, message: impl Into<String>) -> Self {
        Fault(Box::new(Parts { code, path: path.into(), message: message.into() }))
    }
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        self.code.help()
    }
}

impl Deref for Fault {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl DerefMut for Fault {
    fn deref_mut(&mut self) -> &mut Parts {
        &mut self.0
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            write!(f, "{}: {}", self.code.slug(), self.message)
        } else {
            write!(f, "{}: {}: {}", self.code.slug(), self.path, self.message)
        }
    }
}
impl core::error::Error for Fault {}
