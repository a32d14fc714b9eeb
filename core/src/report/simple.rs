//! Eight keys for a monitor, in a fixed order. `healthy` speaks of operations only: a bottleneck does not flip it.
use super::words::{decimal, iso};
use super::{HealthInput, JSON, Profile, Rendered};
use crate::base::write::Writer;
use crate::status::Status;

const fn operational(status: Status) -> &'static str {
    match status {
        Status::Healthy => "operational",
        Status::Degraded | Status::Unknown => "degraded",
        Status::Offline => "outage",
    }
}

pub(super) fn render(input: &HealthInput) -> Rendered {
    let overall = input.system.overall;
    let mut w = Writer::default();
    w.begin();
    w.field_bool("healthy", overall == Status::Healthy);
    w.field_str("status", Profile::Campotech.word(overall));
    w.field_str("operationalStatus", operational(overall));
    w.field_num("bottleneckCount", input.capacity.bottlenecks);
    w.field_num("organizations", input.capacity.organizations);
    w.field_num("databasePercent", decimal(input.capacity.database_tenths, 1));
    w.field_num("recommendations", input.capacity.recommendations);
    w.field_str("timestamp", &iso(input.now));
    w.end();
    Rendered { status: Profile::Campotech.http(overall), content_type: JSON, body: w.finish() }
}
