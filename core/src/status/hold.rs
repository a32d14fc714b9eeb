//! Hysteresis: worse shows at once, better must last before it shows.
//!
//! What is shown is the worst raw status of the last `improve_after`, so a flap in between can neither shorten nor reset another wait.
use super::Status;
use super::cause::{Cause, Kind};
use crate::base::time::{Instant, Span};
use alloc::vec::Vec;

const LEVELS: [Status; 3] = [Status::Offline, Status::Degraded, Status::Unknown];

/// The raw and the shown status of one service or feature.
#[derive(Clone, PartialEq, Debug)]
pub struct Hold {
    /// What the causes say now.
    pub raw: Status,
    /// When the raw status last fell below offline, degraded, unknown.
    pub left: [Option<Instant>; 3],
    /// The worst raw status of the last `improve_after`, as of the last evaluation.
    pub level: Status,
    /// What is shown: the level, or what a person ordered.
    pub shown: Status,
    /// Since when it is shown.
    pub since: Instant,
    /// Why.
    pub causes: Vec<Cause>,
}

impl Hold {
    /// Healthy, since `now`.
    pub fn new(now: Instant) -> Self {
        Hold {
            raw: Status::Healthy,
            left: [None; 3],
            level: Status::Healthy,
            shown: Status::Healthy,
            since: now,
            causes: Vec::new(),
        }
    }
    /// Takes a new raw status and evaluates the level.
    pub fn set(&mut self, raw: Status, improve_after: Span, now: Instant) {
        for (i, level) in LEVELS.iter().enumerate() {
            if self.raw >= *level && raw < *level {
                self.left[i] = Some(now);
            }
        }
        self.raw = raw;
        self.level = LEVELS
            .iter()
            .zip(self.left)
            .find(|(level, left)| raw >= **level || left.is_some_and(|at| at + improve_after > now))
            .map_or(Status::Healthy, |(level, _)| *level);
    }
    /// When the level falls if nothing else happens.
    pub fn next(&self, improve_after: Span) -> Option<Instant> {
        if self.level <= self.raw {
            return None;
        }
        let i = LEVELS.iter().position(|l| *l == self.level)?;
        self.left[i].map(|at| at + improve_after)
    }
    /// The causes to show beside what is found now: what has gone but still holds the status is `recovering`.
    pub fn shown_causes(&self, found: &[Cause]) -> Vec<Cause> {
        let mut out = found.to_vec();
        if self.shown > self.raw {
            for old in &self.causes {
                if !out.iter().any(|c| c.source == old.source) {
                    out.push(Cause { kind: Kind::Recovering, level: self.shown, ..*old });
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: i64) -> Instant {
        Instant::from_millis(s * 1000)
    }

    #[test]
    fn better_shows_at_the_end_of_the_wait_and_not_a_tick_before() {
        let wait = Span::from_secs(30);
        let mut h = Hold::new(at(0));
        h.set(Status::Offline, wait, at(0));
        assert_eq!((h.level, h.next(wait)), (Status::Offline, None));
        h.set(Status::Degraded, wait, at(10));
        assert_eq!((h.level, h.next(wait)), (Status::Offline, Some(at(40))));
        h.set(Status::Healthy, wait, at(20));
        h.set(Status::Healthy, wait, Instant::from_micros(at(40).micros() - 1));
        assert_eq!(h.level, Status::Offline);
        h.set(Status::Healthy, wait, at(40));
        assert_eq!((h.level, h.next(wait)), (Status::Degraded, Some(at(50))));
        h.set(Status::Healthy, wait, at(50));
        assert_eq!((h.level, h.next(wait)), (Status::Healthy, None));
    }
    #[test]
    fn a_flap_begins_the_wait_anew() {
        let wait = Span::from_secs(30);
        let mut h = Hold::new(at(0));
        h.set(Status::Degraded, wait, at(0));
        h.set(Status::Healthy, wait, at(10));
        h.set(Status::Degraded, wait, at(39));
        h.set(Status::Healthy, wait, at(41));
        h.set(Status::Healthy, wait, at(70));
        assert_eq!((h.level, h.next(wait)), (Status::Degraded, Some(at(71))));
    }
}
