//! One word for the whole system: the worst over all services and features, weighed by how much they matter.
use super::Status;
use super::policy::Impact;

/// What a component of this impact contributes to the whole. A low one never changes it; unknown weighs only where it is critical.
pub const fn contribution(impact: Impact, status: Status) -> Status {
    match (impact, status) {
        (_, Status::Healthy) | (Impact::Low, _) => Status::Healthy,
        (Impact::Critical, Status::Offline) => Status::Offline,
        (Impact::Critical, _) => Status::Degraded,
        (Impact::High | Impact::Medium, Status::Degraded | Status::Offline) => Status::Degraded,
        (Impact::High | Impact::Medium, Status::Unknown) => Status::Healthy,
    }
}

/// Is a component named as a note, because it is not healthy and yet changes nothing?
pub const fn is_note(impact: Impact, status: Status) -> bool {
    match (impact, status) {
        (_, Status::Healthy) | (Impact::Low, Status::Unknown) => false,
        _ => matches!(contribution(impact, status), Status::Healthy),
    }
}

/// What a service counts as: one that is offline but has a fallback leaves the system degraded, not down.
pub const fn weighed(status: Status, has_fallback: bool) -> Status {
    match status {
        Status::Offline if has_fallback => Status::Degraded,
        other => other,
    }
}

/// A feature counts as critical or as medium.
pub const fn feature_impact(critical: bool) -> Impact {
    if critical { Impact::Critical } else { Impact::Medium }
}

/// The code that a build pipeline ends with: 0 healthy, 1 degraded, 2 offline or unknown.
pub const fn exit_code(status: Status) -> u8 {
    match status {
        Status::Healthy => 0,
        Status::Degraded => 1,
        Status::Offline | Status::Unknown => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Status::{Degraded as D, Healthy as H, Offline as O, Unknown as U};

    // covers: R-0005, R-0007, R-0009, R-0010, R-0011
    #[test]
    fn the_table_holds_in_every_cell() {
        let rows = [
            (Impact::Critical, [H, D, O, D], [false, false, false, false]),
            (Impact::High, [H, D, D, H], [false, false, false, true]),
            (Impact::Medium, [H, D, D, H], [false, false, false, true]),
            (Impact::Low, [H, H, H, H], [false, true, true, false]),
        ];
        for (impact, wanted, notes) in rows {
            assert_eq!([H, D, O, U].map(|s| contribution(impact, s)), wanted, "{impact:?}");
            assert_eq!([H, D, O, U].map(|s| is_note(impact, s)), notes, "{impact:?}");
        }
    }
    // covers: R-0035
    #[test]
    fn a_pipeline_learns_it_from_the_exit_code() {
        assert_eq!([H, D, O, U].map(exit_code), [0, 1, 2, 2]);
    }
}
