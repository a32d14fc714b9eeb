//! The lines of the table: what is claimed, from which figures it follows, what it must be, and what the rival does
//! otherwise.
use super::Part;
use super::figures::Figures;

/// What a line must come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bar {
    AtMost(f64),
    AtLeast(f64),
    /// Told, not judged.
    None,
}

/// How a line's number is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Show {
    Ns,
    Ms,
    Bytes,
    Times,
    Percent,
    Count,
}

/// One line.
pub struct Line {
    pub part: Part,
    pub what: &'static str,
    pub of: fn(&Figures) -> Option<f64>,
    pub show: Show,
    pub bar: Bar,
    /// What the rival does otherwise, or how the line is to be read.
    pub note: &'static str,
}

use Bar::{AtLeast, AtMost};

pub const LINES: &[Line] = &[
    Line {
        part: Part::Rust,
        what: "core: admit + settle, breaker and three limits, one tenant",
        of: |f| f.median("core.full.one"),
        show: Show::Ns,
        bar: AtMost(120.0),
        note: "time is an argument: no clock is read",
    },
    Line {
        part: Part::Rust,
        what: "core: the same with 100,000 tenants in random order, against one",
        of: |f| f.ratio("core.full.many", "core.full.one"),
        show: Show::Times,
        bar: AtMost(2.0),
        note: "names interned before; state, not arithmetic, is what has to be fetched",
    },
    Line {
        part: Part::Rust,
        what: "core: how much faster than governor ×3 + failsafe, one tenant",
        of: |f| f.ratio("rivals.full.one", "core.full_clock.one"),
        show: Show::Times,
        bar: AtLeast(2.0),
        note: "both read the clock (ours twice a call, theirs four times); failsafe's breaker is a fading average, not ten \
               buckets; theirs take locks or atomics, because they are shared, ours is owned by one thread; theirs know \
               no refund, no generation, no report",
    },
    Line {
        part: Part::Rust,
        what: "core: how much faster than governor ×3 + failsafe, 100,000 tenants by number",
        of: |f| f.ratio("rivals.full.many", "core.full_clock.many"),
        show: Show::Times,
        bar: AtLeast(2.0),
        note: "theirs keyed by `u64`, which is their fastest; ours by the interned handle",
    },
    Line {
        part: Part::Rust,
        what: "core: how much faster than governor ×3 + failsafe, 100,000 tenants by name",
        of: |f| f.ratio("rivals.full_name.many", "core.full_name.many"),
        show: Show::Times,
        bar: AtLeast(2.0),
        note: "16-byte names on both sides: ours are looked up once a call, theirs in each of four maps",
    },
    Line {
        part: Part::Rust,
        what: "core: a failing call against a good one, 100,000 samples in a window of 10 s",
        of: |f| f.ratio("core.window_time.failure", "core.window_time.success"),
        show: Show::Times,
        bar: AtMost(1.5),
        note: "fifteen calls in sixteen fail: the breaker judges each and never opens",
    },
    Line {
        part: Part::Rust,
        what: "core: a failing call against a good one, window of the last 100,000 calls",
        of: |f| f.ratio("core.window_count.failure", "core.window_count.success"),
        show: Show::Times,
        bar: AtMost(1.5),
        note: "the same calls",
    },
    Line {
        part: Part::Rust,
        what: "core: allocations per call in steady state",
        of: |f| f.median("core.allocations"),
        show: Show::Count,
        bar: AtMost(0.0),
        note: "every call to the allocator is counted; `core/tests/allocations.rs` proves it in the tests",
    },
    Line {
        part: Part::Rust,
        what: "memory per quiet tenant: breaker, three limits, 16-byte key, after one call",
        of: |f| f.median("core.memory.quiet"),
        show: Show::Bytes,
        bar: AtMost(256.0),
        note: "100,000 tenants, all live bytes of the engine, spare room of its tables included; opossum: 7 KB a breaker",
    },
    Line {
        part: Part::Rust,
        what: "memory per busy tenant: calls in every bucket of every window",
        of: |f| f.median("core.memory.busy"),
        show: Show::Bytes,
        bar: Bar::None,
        note: "thirty calls over thirty seconds each",
    },
    Line {
        part: Part::Rust,
        what: "core: wake-ups that 100,000 idle tenants ask for in an hour",
        of: |f| f.median("core.idle.wakes"),
        show: Show::Count,
        bar: Bar::None,
        note: "`next` of every answer, followed for an hour after the last call",
    },
    Line {
        part: Part::Rust,
        what: "core: processor share of 100,000 idle tenants",
        of: |f| f.median("core.idle.cpu"),
        show: Show::Percent,
        bar: AtMost(0.01),
        note: "of one core, over that hour: what forgetting them all takes; opossum: 73 %",
    },
    Line {
        part: Part::Rust,
        what: "snapshot of 100,000 tenants: longest pause",
        of: |f| f.median("core.snapshot.pause"),
        show: Show::Ms,
        bar: AtMost(10.0),
        note: "",
    },
    Line {
        part: Part::Rust,
        what: "restore of 100,000 tenants",
        of: |f| f.median("core.snapshot.restore"),
        show: Show::Ms,
        bar: AtMost(500.0),
        note: "the document is read before",
    },
];
