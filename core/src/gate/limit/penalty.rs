//! Progressive blocks for a caller who keeps running into a limit.
//!
//! Every refusal is a strike; `after` strikes begin a block; each block is longer than the one before; strikes and blocks
//! are forgotten `forget` after the last of them. Refusals during a block neither count nor extend it.
use crate::base::bytes::{ByteReader, ByteWriter};
use crate::base::doc::{Node, Table};
use crate::base::error::{Code, Fault};
use crate::base::num::Ratio;
use crate::base::time::{Instant, Span};

/// The `penalty` of a limit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Penalty {
    /// Refusals that begin a block. Range: 1 to 1,000,000.
    pub after: u32,
    /// How long the first block lasts.
    pub block: Span,
    /// Factor from one block to the next; default 2.
    pub growth: Ratio,
    /// The longest block; default 1 h, or `block` if that is longer.
    pub max: Span,
    /// When strikes and blocks are forgotten, from the last refusal or the block's end; default 1 d.
    pub forget: Span,
}

/// The default of `max`.
pub const DEFAULT_MAX: Span = Span::from_secs(3600);
/// The default of `forget`.
pub const DEFAULT_FORGET: Span = Span::from_secs(86_400);
/// The default of `growth`.
pub const DEFAULT_GROWTH: Ratio = Ratio::from_billionths(2_000_000_000);
/// Blocks no longer grow after this many.
const MAX_LEVEL: u32 = 1000;

impl Penalty {
    /// Reads the table. Faults: `missing_field`, ranges, `max` below `block`.
    pub fn read(node: &Node) -> Option<Penalty> {
        let t = node.table()?;
        let after = required(&t, "after", |n| n.integer(1, 1_000_000));
        let block = required(&t, "block", Node::span);
        let growth = t.ratio("growth", Ratio::ONE, Ratio::from_billionths(100_000_000_000)).unwrap_or(DEFAULT_GROWTH);
        let max = t.span("max");
        let forget = t.span("forget").unwrap_or(DEFAULT_FORGET);
        if let (Some(block), Some(max)) = (block, max)
            && max < block
        {
            t.fault_at("max", Code::NumberOutOfRange, format_args!("`max` is shorter than `block`"));
        }
        t.finish();
        let (after, block) = (after?, block?);
        Some(Penalty { after: after as u32, block, growth, max: max.unwrap_or(DEFAULT_MAX.max(block)), forget })
    }
    fn block_at(&self, level: u32) -> Span {
        let mut span = self.block.min(self.max);
        if self.growth > Ratio::ONE {
            for _ in 0..level.min(MAX_LEVEL) {
                if span >= self.max {
                    break;
                }
                span = self.growth.of_span(span).min(self.max);
            }
        }
        span
    }
}

/// The value under `key`, or the fault `missing_field`.
pub(crate) fn required<'a, T>(t: &Table<'a>, key: &str, read: impl Fn(&Node<'a>) -> Option<T>) -> Option<T> {
    match t.node(key) {
        Some(node) => read(&node),
        None => {
            t.fault_at(key, Code::MissingField, format_args!("`{key}` is missing"));
            None
        }
    }
}

/// What one key has earned.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Strikes {
    count: u32,
    blocks: u32,
    until: Instant,
    last: Instant,
}

impl Strikes {
    /// The end of the block that stands now.
    pub fn blocked_until(&self, now: Instant) -> Option<Instant> {
        (now < self.until).then_some(self.until)
    }
    /// Counts a refusal; the end of the block when one begins.
    pub fn refused(&mut self, penalty: &Penalty, now: Instant) -> Option<Instant> {
        if now < self.until {
            return None;
        }
        if now >= self.rests_at(penalty) {
            *self = Strikes::default();
        }
        self.count += 1;
        self.last = now;
        if self.count < penalty.after {
            return None;
        }
        self.until = now + penalty.block_at(self.blocks);
        self.last = self.until;
        self.count = 0;
        self.blocks = self.blocks.saturating_add(1);
        Some(self.until)
    }
    /// When all is forgotten.
    pub fn rests_at(&self, penalty: &Penalty) -> Instant {
        if self.count == 0 && self.blocks == 0 { Instant::EPOCH } else { self.last + penalty.forget }
    }
    /// The same strikes under another rule; one that begins blocks earlier does so with the next refusal.
    pub fn migrate(&self, new: &Penalty) -> Strikes {
        Strikes { count: self.count.min(new.after - 1), ..self.clone() }
    }
    /// Writes the strikes.
    pub fn write(&self, w: &mut ByteWriter) {
        w.u32(self.count);
        w.u32(self.blocks);
        w.instant(self.until);
        w.instant(self.last);
    }
    /// Reads strikes back. Errors: `snapshot_corrupt`, also for a state that no history leads to.
    pub fn read(penalty: &Penalty, r: &mut ByteReader) -> Result<Strikes, Fault> {
        let out = Strikes { count: r.u32(), blocks: r.u32(), until: r.instant(), last: r.instant() };
        r.expect(out.count < penalty.after, "more strikes than begin a block")?;
        r.expect(
            out.last >= out.until && (out.blocks > 0 || out.until == Instant::EPOCH),
            "a block without its reason",
        )?;
        Ok(out)
    }
}
