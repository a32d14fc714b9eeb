//! Statuses as bytes and back: everything by name, and nothing believed that the readings contradict.
use super::Status;
use super::cause::{Cause, Condition, Kind, Target, worst};
use super::hold::Hold;
use super::incident::{Incident, MAX_PAST, Past};
use super::policy::StatusPolicy;
use super::service::{Node, Override, ProbeResult, ServiceState};
use super::state::StatusState;
use crate::base::bytes::{ByteReader, ByteWriter};
use crate::base::error::Fault;
use crate::base::order::sort_by_key;
use crate::base::time::Instant;
use alloc::vec::Vec;

impl StatusState {
    /// Appends the state. Cost: O(services + features + past incidents).
    pub fn write(&self, p: &StatusPolicy, w: &mut ByteWriter) {
        w.u8(self.overall.rank());
        w.instant(self.overall_since);
        w.u64(self.incidents);
        w.count(self.services.len());
        // By name: the order of a document's tables means nothing.
        let mut services: Vec<_> = self.services.iter().zip(&p.services).collect();
        sort_by_key(&mut services, |(_, part)| &part.name);
        for (s, part) in services {
            w.str(&part.name);
            write_service(p, s, w);
        }
        w.count(self.features.len());
        let mut features: Vec<_> = self.features.iter().zip(&p.features).collect();
        sort_by_key(&mut features, |(_, part)| &part.name);
        for (f, part) in features {
            w.str(&part.name);
            write_node(p, f, w);
        }
    }
    /// Reads a state that was written under the same policy, at the clock `now` of its snapshot. Errors: `snapshot_corrupt`.
    pub fn read(p: &StatusPolicy, r: &mut ByteReader, now: Instant) -> Result<StatusState, Fault> {
        let mut state = StatusState::new(p, now);
        state.overall = read_status(r)?;
        state.overall_since = past_instant(r, now)?;
        state.incidents = r.u64();
        r.expect(state.incidents < 1 << 53, "more incidents than have numbers")?;
        let services = r.count(1);
        r.expect(services == p.services.len(), "another number of services")?;
        let mut seen = alloc::vec![false; services];
        for _ in 0..services {
            let at = p.service(r.str()).filter(|at| !core::mem::replace(&mut seen[*at], true));
            let slot = at
                .and_then(|at| state.services.get_mut(at))
                .ok_or_else(|| r.corrupt("an unknown service, or one twice"))?;
            *slot = read_service(p, r, now, state.incidents)?;
        }
        let features = r.count(1);
        r.expect(features == p.features.len(), "another number of features")?;
        let mut seen = alloc::vec![false; features];
        for _ in 0..features {
            let at = p.feature(r.str()).filter(|at| !core::mem::replace(&mut seen[*at], true));
            let slot = at
                .and_then(|at| state.features.get_mut(at))
                .ok_or_else(|| r.corrupt("an unknown feature, or one twice"))?;
            *slot = read_node(p, r, now)?;
        }
        state.rebuild(p, r)?;
        Ok(state)
    }
    /// Finds again what follows from the readings, and refuses a raw status that does not.
    fn rebuild(&mut self, p: &StatusPolicy, r: &ByteReader) -> Result<(), Fault> {
        for target in &p.order {
            let found = self.found(p, *target);
            let raw = worst(&found);
            let node = match *target {
                Target::Service(i) => self.services.get_mut(i).map(|s| &mut s.node),
                Target::Feature(i) => self.features.get_mut(i),
            };
            let Some(node) = node else { continue };
            let shown = node.ordered.as_ref().map_or(node.hold.level, |o| o.status);
            r.expect(
                raw == node.hold.raw && node.hold.level >= raw && node.hold.shown == shown,
                "a status without a reason",
            )?;
            node.found = match &node.ordered {
                Some(o) => alloc::vec![Cause { source: *target, kind: Kind::Maintenance, level: o.status }],
                None => found,
            };
        }
        r.expect(self.weigh(p) == self.overall, "a whole that its parts contradict")?;
        self.due = self.earliest(p);
        Ok(())
    }
}

fn read_status(r: &mut ByteReader) -> Result<Status, Fault> {
    let rank = r.u8();
    Status::from_rank(rank).ok_or_else(|| r.corrupt("a status that is none"))
}

fn past_instant(r: &mut ByteReader, now: Instant) -> Result<Instant, Fault> {
    let at = r.instant();
    r.expect(at <= now, "an instant after the clock")?;
    Ok(at)
}

fn place<T: Copy + PartialEq>(table: &[(&str, T)], value: T) -> u8 {
    table.iter().position(|(_, v)| *v == value).map_or(u8::MAX, |i| i as u8)
}

fn read_place<T: Copy>(table: &[(&str, T)], r: &mut ByteReader) -> Result<T, Fault> {
    let i = r.u8();
    table.get(usize::from(i)).map(|(_, v)| *v).ok_or_else(|| r.corrupt("a word that is none"))
}

fn write_causes(p: &StatusPolicy, causes: &[Cause], w: &mut ByteWriter) {
    w.count(causes.len());
    for c in causes {
        w.bool(matches!(c.source, Target::Feature(_)));
        w.str(p.name(c.source));
        w.u8(place(&Kind::WORDS, c.kind));
        w.u8(c.level.rank());
    }
}

fn read_causes(p: &StatusPolicy, r: &mut ByteReader) -> Result<Vec<Cause>, Fault> {
    let n = r.count(7);
    let mut out = Vec::with_capacity(n);
    for _ in 0..n {
        let feature = r.bool();
        let name = r.str();
        let source = if feature { p.feature(name).map(Target::Feature) } else { p.service(name).map(Target::Service) };
        let source = source.ok_or_else(|| r.corrupt("a cause without a source"))?;
        out.push(Cause { source, kind: read_place(&Kind::WORDS, r)?, level: read_status(r)? });
    }
    Ok(out)
}

fn write_node(p: &StatusPolicy, node: &Node, w: &mut ByteWriter) {
    let h = &node.hold;
    w.u8(h.raw.rank());
    for left in h.left {
        w.option(left, ByteWriter::instant);
    }
    w.u8(h.level.rank());
    w.u8(h.shown.rank());
    w.instant(h.since);
    write_causes(p, &h.causes, w);
    w.option(node.ordered.as_ref(), |w, o| {
        w.u8(o.status.rank());
        w.option(o.until, ByteWriter::instant);
        w.option(o.message.as_deref(), ByteWriter::str);
    });
}

fn read_node(p: &StatusPolicy, r: &mut ByteReader, now: Instant) -> Result<Node, Fault> {
    let mut hold = Hold::new(now);
    hold.raw = read_status(r)?;
    for left in &mut hold.left {
        *left = r.option_of(|r| past_instant(r, now))?;
    }
    hold.level = read_status(r)?;
    hold.shown = read_status(r)?;
    hold.since = past_instant(r, now)?;
    hold.causes = read_causes(p, r)?;
    r.expect(hold.level <= hold.raw || hold.next(p.improve_after).is_some(), "a status held by nothing")?;
    let ordered = r.option_of(|r| {
        Ok(Override {
            status: read_status(r)?,
            until: r.option(ByteReader::instant),
            message: r.option(ByteReader::string),
        })
    })?;
    Ok(Node { hold, ordered, found: Vec::new() })
}

fn write_service(p: &StatusPolicy, s: &ServiceState, w: &mut ByteWriter) {
    write_node(p, &s.node, w);
    w.u8(place(&Condition::WORDS, s.condition));
    w.option(s.retry_at, ByteWriter::instant);
    w.option(s.throttled_until, ByteWriter::instant);
    w.u32(s.tenants.0);
    w.u32(s.tenants.1);
    w.u32(s.probe.failures);
    w.u32(s.probe.successes);
    w.bool(s.probe.down);
    w.bool(s.probe.stale);
    w.option(s.probe.at, ByteWriter::instant);
    w.bool(s.probe.last.ok);
    w.option(s.probe.last.latency, ByteWriter::span);
    w.option(s.probe.last.memory, |w, (used, total)| {
        w.u64(used);
        w.u64(total);
    });
    w.option(s.probe.last.message.as_deref(), ByteWriter::str);
    w.option(s.incidents.open.as_ref(), |w, i| {
        w.u64(i.id);
        w.instant(i.since);
        w.u8(i.worst.rank());
        w.bool(i.planned);
        write_causes(p, &i.because, w);
    });
    w.count(s.incidents.past.len());
    for i in &s.incidents.past {
        w.u64(i.id);
        w.instant(i.since);
        w.span(i.duration);
        w.u8(i.worst.rank());
        w.bool(i.teaches);
    }
}

fn read_service(p: &StatusPolicy, r: &mut ByteReader, now: Instant, incidents: u64) -> Result<ServiceState, Fault> {
    let mut s = ServiceState::new(now);
    s.node = read_node(p, r, now)?;
    s.condition = read_place(&Condition::WORDS, r)?;
    s.retry_at = r.option(ByteReader::instant);
    s.throttled_until = r.option(ByteReader::instant);
    s.tenants = (r.u32(), r.u32());
    s.probe.failures = r.u32();
    s.probe.successes = r.u32();
    s.probe.down = r.bool();
    s.probe.stale = r.bool();
    s.probe.at = r.option_of(|r| past_instant(r, now))?;
    s.probe.last = ProbeResult {
        ok: r.bool(),
        latency: r.option(ByteReader::span),
        memory: r.option(|r| (r.u64(), r.u64())),
        message: r.option(ByteReader::string),
    };
    s.incidents.open = r.option_of(|r| {
        let (id, since) = (r.u64(), past_instant(r, now)?);
        r.expect(id <= incidents, "an incident that was never counted")?;
        Ok(Incident { id, since, worst: read_status(r)?, planned: r.bool(), because: read_causes(p, r)? })
    })?;
    r.expect(s.incidents.open.is_some() == (s.node.hold.shown > Status::Healthy), "an incident without a reason")?;
    let past = r.count(26);
    r.expect(past <= MAX_PAST, "more past incidents than are kept")?;
    for _ in 0..past {
        let past = Past {
            id: r.u64(),
            since: past_instant(r, now)?,
            duration: r.span(),
            worst: read_status(r)?,
            teaches: r.bool(),
        };
        s.incidents.past.push_back(past);
    }
    Ok(s)
}
