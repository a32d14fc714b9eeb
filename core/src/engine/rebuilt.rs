//! How often the engine had to be rebuilt by its host, and why the last time.
use crate::base::bytes::{ByteReader, ByteWriter};
use crate::base::error::Fault;
use crate::base::time::Instant;
use alloc::string::String;

/// No host ever counts so many.
const MOST: u64 = 1 << 53;

/// Losses that were told, counted over the whole life of the state.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Rebuilds {
    pub(crate) count: u64,
    /// When the last one was told, and what had happened.
    pub(crate) last: Option<(Instant, String)>,
}

impl Rebuilds {
    /// The host says that it lost the engine `losses` times that this state does not know of.
    pub(super) fn tell(&mut self, losses: u64, cause: String, now: Instant) {
        self.count = self.count.saturating_add(losses).min(MOST);
        self.last = Some((now, cause));
    }
    pub(super) fn write(&self, w: &mut ByteWriter) {
        w.u64(self.count);
        w.option(self.last.as_ref(), |w, (at, cause)| {
            w.instant(*at);
            w.str(cause);
        });
    }
    pub(super) fn read(r: &mut ByteReader, now: Instant) -> Result<Rebuilds, Fault> {
        let count = r.u64();
        let last = r.option(|r| (r.instant(), r.string()));
        let told = last.as_ref().is_none_or(|(at, _)| *at <= now);
        r.expect(told && count <= MOST && last.is_some() == (count > 0), "rebuilds that nobody counted")?;
        Ok(Rebuilds { count, last })
    }
}
