//! What a service or feature inherits from what it needs: each cause through the declared rule, worst-of across, best-of inside a group.
use super::Status;
use super::cause::{Cause, Kind, worst};
use super::policy::{Mapping, Need, Needs};
use alloc::vec::Vec;

impl Mapping {
    /// What a cause of the needed one means for the one that needs it. `direct`: it was found at the needed one itself.
    /// Without a rule of its own: offline becomes degraded where there is a fallback; the rest stays what it is.
    fn apply(&self, cause: &Cause, direct: bool, has_fallback: bool) -> Status {
        let fall = if has_fallback { Status::Degraded } else { Status::Offline };
        let by_kind = match cause.kind {
            _ if !direct || cause.level == Status::Healthy => None,
            Kind::Open | Kind::ForcedOpen => Some(self.open.unwrap_or(fall)),
            Kind::HalfOpen => Some(self.half_open.unwrap_or(Status::Degraded)),
            Kind::Throttled => Some(self.throttled.unwrap_or(Status::Degraded)),
            _ => None,
        };
        by_kind.unwrap_or(match cause.level {
            Status::Healthy => Status::Healthy,
            Status::Unknown => self.unknown.unwrap_or(Status::Unknown),
            Status::Degraded => self.degraded.unwrap_or(Status::Degraded),
            Status::Offline => self.offline.unwrap_or(fall),
        })
    }
}

fn through(need: &Need, found: &[Cause], has_fallback: bool) -> Vec<Cause> {
    found
        .iter()
        .map(|c| Cause {
            level: need.mapping.apply(c, c.source == need.source, has_fallback || need.has_fallback),
            ..*c
        })
        .filter(|c| c.level > Status::Healthy)
        .collect()
}

/// The causes that come with `needs`. `found` answers with the causes of a needed service or feature.
/// A group of alternatives gives causes only when all of them fail, each at the level of the best.
pub fn inherited<'a>(
    needs: &Needs,
    has_fallback: bool,
    mut found: impl FnMut(super::cause::Target) -> &'a [Cause],
) -> Vec<Cause> {
    let mut out: Vec<Cause> = Vec::new();
    for need in &needs.all {
        out.extend(through(need, found(need.source), has_fallback));
    }
    for group in &needs.any_of {
        let members: Vec<Vec<Cause>> = group.iter().map(|n| through(n, found(n.source), has_fallback)).collect();
        let best = members.iter().map(|m| worst(m)).min().unwrap_or_default();
        if best > Status::Healthy {
            out.extend(members.into_iter().flatten().map(|c| Cause { level: c.level.min(best), ..c }));
        }
    }
    dedup(out)
}

/// One cause of a kind and source, at its worst level, in the order found.
fn dedup(list: Vec<Cause>) -> Vec<Cause> {
    let mut out: Vec<Cause> = Vec::with_capacity(list.len());
    for c in list {
        match out.iter_mut().find(|o| o.source == c.source && o.kind == c.kind) {
            Some(o) => o.level = o.level.max(c.level),
            None => out.push(c),
        }
    }
    out
}
