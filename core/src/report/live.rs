//! Two questions that never look at a dependency: does this process live, and can it take a call?
use super::words::{iso, seconds};
use super::{HEALTH_JSON, HealthInput, JSON, Profile, Rendered};
use crate::base::write::Writer;
use crate::status::Status;

fn body(input: &HealthInput, word: &str, reason: Option<&str>) -> alloc::string::String {
    let mut w = Writer::default();
    w.begin();
    w.field_str("status", word);
    w.field_str("timestamp", &iso(input.now));
    w.field_num("uptime_seconds", seconds(input.uptime()));
    w.opt_str("output", reason);
    w.end();
    w.finish()
}

fn content_type(profile: Profile) -> &'static str {
    if profile == Profile::Ietf { HEALTH_JSON } else { JSON }
}

/// Always 200: whoever can answer lives.
pub(super) fn live(input: &HealthInput, profile: Profile) -> Rendered {
    Rendered {
        status: 200,
        content_type: content_type(profile),
        body: body(input, profile.word(Status::Healthy), None),
    }
}

/// 200 unless this process has no permit left to give; no breaker and no upstream counts here.
pub(super) fn ready(input: &HealthInput, profile: Profile) -> Rendered {
    let full = input.permits.max > 0 && input.permits.used >= input.permits.max;
    let status = if full { Status::Offline } else { Status::Healthy };
    let reason = full.then_some("permits_exhausted");
    Rendered {
        status: if full { 503 } else { 200 },
        content_type: content_type(profile),
        body: body(input, profile.word(status), reason),
    }
}
