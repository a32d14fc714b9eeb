//! Incidents open and close by themselves, and the past ones teach how long the next may last.
use super::Status;
use super::cause::Cause;
use crate::base::order::sort_by_key;
use crate::base::time::{Instant, Span};
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// How many past incidents are kept per service.
pub const MAX_PAST: usize = 64;
/// How many past incidents an estimate needs.
pub const MIN_PAST: usize = 5;

/// A time in which a service was not healthy.
#[derive(Clone, PartialEq, Debug)]
pub struct Incident {
    /// Its number, counted over all services from 1.
    pub id: u64,
    /// When it began.
    pub since: Instant,
    /// The worst status so far.
    pub worst: Status,
    /// Was it ordered by a person when it began?
    pub planned: bool,
    /// Why it began.
    pub because: Vec<Cause>,
}

/// An incident that is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Past {
    /// Its number.
    pub id: u64,
    /// When it began.
    pub since: Instant,
    /// How long it lasted.
    pub duration: Span,
    /// The worst status.
    pub worst: Status,
    /// Does it say anything about recovery? Not if it was ordered, or if nothing was known.
    pub teaches: bool,
}

/// The incidents of one service.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Incidents {
    /// The one that lasts.
    pub open: Option<Incident>,
    /// The last ones that are over, oldest first.
    pub past: VecDeque<Past>,
}

impl Incidents {
    /// Ends the open incident; answers with its number and length.
    pub fn close(&mut self, now: Instant) -> Option<(u64, Span)> {
        let open = self.open.take()?;
        let duration = now.since(open.since);
        if self.past.len() >= MAX_PAST {
            self.past.pop_front();
        }
        let teaches = !open.planned && open.worst >= Status::Degraded;
        self.past.push_back(Past { id: open.id, since: open.since, duration, worst: open.worst, teaches });
        Some((open.id, duration))
    }
    /// When the open incident may end, from the lengths of past ones: the quarter and three-quarter points (nearest rank),
    /// counted from its start, with how many it rests on. `None` with fewer than five, or once the later point has passed.
    pub fn estimate(&self, now: Instant) -> Option<(Instant, Instant, u32)> {
        let open = self.open.as_ref()?;
        let mut spans: Vec<Span> = self.past.iter().filter(|p| p.teaches).map(|p| p.duration).collect();
        if spans.len() < MIN_PAST {
            return None;
        }
        sort_by_key(&mut spans, |span| *span);
        let n = spans.len();
        let rank = |percent: usize| spans.get((n * percent).div_ceil(100).max(1) - 1).copied();
        let (from, until) = (open.since + rank(25)?, open.since + rank(75)?);
        (until > now).then(|| (from.max(now), until, n as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: i64) -> Instant {
        Instant::from_millis(s * 1000)
    }
    fn incident(since: i64) -> Incident {
        Incident { id: 1, since: at(since), worst: Status::Offline, planned: false, because: Vec::new() }
    }

    // covers: R-0003
    #[test]
    fn five_past_incidents_give_a_range_and_four_do_not() {
        let mut list = Incidents::default();
        for (i, seconds) in [50, 10, 40, 20].into_iter().enumerate() {
            list.open = Some(incident(i as i64 * 1000));
            assert_eq!(list.close(at(i as i64 * 1000 + seconds)), Some((1, Span::from_secs(seconds))));
        }
        list.open = Some(incident(9000));
        assert_eq!(list.estimate(at(9000)), None);
        list.close(at(9030));
        list.open = Some(incident(10_000));
        assert_eq!(list.estimate(at(10_000)), Some((at(10_020), at(10_040), 5)));
        assert_eq!(list.estimate(at(10_030)), Some((at(10_030), at(10_040), 5)));
        assert_eq!(list.estimate(at(10_040)), None);
    }
    #[test]
    fn the_history_is_bounded_and_ordered_ones_teach_nothing() {
        let mut list = Incidents::default();
        for i in 0..100 {
            list.open = Some(Incident { planned: true, ..incident(i * 100) });
            list.close(at(i * 100 + 1));
        }
        assert_eq!(list.past.len(), MAX_PAST);
        list.open = Some(incident(20_000));
        assert_eq!(list.estimate(at(20_000)), None);
    }
}
