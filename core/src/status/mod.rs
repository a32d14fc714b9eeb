//! What users see: the status of every service and feature, why it is so, since when, and what they get instead.
//!
//! A pure state machine over readings that the engine passes in: breaker conditions, throttles, probe results, orders.
//! The part that a browser loads ([`blob`], [`client`], [`banner`]) builds without the rest of the crate.
pub mod banner;
pub mod blob;
pub mod client;

#[cfg(feature = "full")]
pub mod cause;
#[cfg(feature = "full")]
pub mod feature;
#[cfg(feature = "full")]
pub mod graph;
#[cfg(feature = "full")]
pub mod hold;
#[cfg(feature = "full")]
pub mod incident;
#[cfg(feature = "full")]
pub mod overall;
#[cfg(feature = "full")]
pub mod policy;
#[cfg(feature = "full")]
pub mod service;
#[cfg(feature = "full")]
pub mod snapshot;
#[cfg(feature = "full")]
pub mod state;
#[cfg(feature = "full")]
pub mod view;

/// How well something works, from best to worst: the order is the order of "worst of".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Status {
    /// Works.
    #[default]
    Healthy,
    /// Nobody knows: the last reading is too old.
    Unknown,
    /// Works in part, or through its fallback.
    Degraded,
    /// Does not work.
    Offline,
}

impl Status {
    /// All statuses with their words, best first.
    pub const WORDS: [(&'static str, Status); 4] = [
        ("healthy", Status::Healthy),
        ("unknown", Status::Unknown),
        ("degraded", Status::Degraded),
        ("offline", Status::Offline),
    ];
    /// The word, as it crosses every boundary.
    pub const fn slug(self) -> &'static str {
        match self {
            Status::Healthy => "healthy",
            Status::Unknown => "unknown",
            Status::Degraded => "degraded",
            Status::Offline => "offline",
        }
    }
    /// 0 healthy, 1 unknown, 2 degraded, 3 offline.
    pub const fn rank(self) -> u8 {
        self as u8
    }
    /// The status of a rank; `None` above 3.
    pub const fn from_rank(rank: u8) -> Option<Status> {
        match rank {
            0 => Some(Status::Healthy),
            1 => Some(Status::Unknown),
            2 => Some(Status::Degraded),
            3 => Some(Status::Offline),
            _ => None,
        }
    }
    /// Should a user get the fallback? Degraded or offline; unknown is no reason to dim.
    pub const fn uses_fallback(self) -> bool {
        matches!(self, Status::Degraded | Status::Offline)
    }
}

#[cfg(all(test, feature = "full"))]
mod kept_tests;
#[cfg(all(test, feature = "full"))]
mod tests;
