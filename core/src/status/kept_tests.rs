//! What outlives a reload and a restart.
#![allow(clippy::unwrap_used)]
use super::state::{Condition, ProbeResult, Status, StatusState, Target};
use super::tests::{CAMPO, Run, at, fail, ok, read};
use crate::base::bytes::{ByteReader, ByteWriter};
use crate::base::error::Code;
use crate::base::time::Span;
use alloc::string::ToString;
use alloc::vec::Vec;

#[test]
fn a_reload_keeps_what_bears_the_same_name_and_ends_what_is_gone() {
    let mut r = Run::new(CAMPO);
    r.breaker("afip", Condition::Open, 0);
    r.breaker("openai", Condition::Open, 1);
    let (new, faults) = read(
        r#"{"services":{"new":{},"afip":{"impact":"critical"}},"features":{"x":{},"invoicing.afip":{"needs":"afip"}}}"#,
    );
    assert_eq!(faults, []);
    let (mut gone, mut out) = (Vec::new(), Vec::new());
    let old = r.p.clone();
    let s = r.s.clone().migrate(&old, &new, at(10), &mut gone, &mut out);
    assert_eq!(r.lines(&gone), ["closed 2 9000"]);
    let r = Run { p: new, s };
    assert_eq!(
        r.lines(&out),
        ["invoicing.afip degraded>offline [{afip:open}]", "overall degraded>offline"],
        "the new policy names no fallback"
    );
    let v = r.view(10);
    assert_eq!((v.service("afip").unwrap().since, v.service("new").unwrap().status), (at(0), Status::Healthy));
    assert_eq!((v.incidents[0].id, v.incidents[0].duration), (1, Span::from_secs(10)));
}

/// A state with a bit of everything.
fn busy() -> Run {
    let mut r = Run::new(CAMPO);
    for t in 0..3 {
        r.breaker("afip", Condition::Open, t * 100);
        r.breaker("afip", Condition::Closed, t * 100 + 10);
        r.until(t * 100 + 90);
    }
    let target = Target::Feature(0);
    r.s.maintain(
        &r.p,
        target,
        Some((Status::Degraded, Some(at(900)), Some("upgrade".to_string()))),
        at(400),
        &mut Vec::new(),
    );
    r.breaker("openai", Condition::HalfOpenIdle, 401);
    r.s.throttled(&r.p, 2, Some(at(440)), at(402), &mut Vec::new());
    let memory = Some((850, 1000));
    r.probe(
        "database",
        ProbeResult { memory, message: Some("x".to_string()), latency: Some(Span::from_millis(5)), ..ok() },
        403,
    );
    r.probe("redis", fail(), 404);
    r.breaker("afip", Condition::Open, 405);
    r.breaker("afip", Condition::Closed, 406);
    r
}

fn bytes(r: &Run) -> Vec<u8> {
    let mut w = ByteWriter::default();
    r.s.write(&r.p, &mut w);
    w.into_vec()
}

#[test]
fn a_snapshot_is_the_state() {
    let r = busy();
    let bytes = bytes(&r);
    let mut reader = ByteReader::new(&bytes);
    let s = StatusState::read(&r.p, &mut reader, at(406)).unwrap();
    reader.finish().unwrap();
    assert_eq!(s, r.s);
    let (mut a, mut b) = (Run { p: r.p.clone(), s }, r);
    assert_eq!(a.until(2000), b.until(2000));
    assert_eq!(a.s, b.s);
}

#[test]
fn damaged_bytes_are_a_fault_or_a_state_that_holds() {
    let r = busy();
    let good = bytes(&r);
    for n in 0..good.len() {
        let cut = StatusState::read(&r.p, &mut ByteReader::new(&good[..n]), at(406));
        assert_eq!(cut.unwrap_err().code, Code::SnapshotCorrupt);
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[n] ^= 1 << bit;
            if let Ok(s) = StatusState::read(&r.p, &mut ByteReader::new(&bad), at(406)) {
                let mut run = Run { p: r.p.clone(), s };
                run.until(100_000);
                assert!(run.view(100_000).services.len() == 5);
            }
        }
    }
    let (other, _) = read(r#"{"services":{"afip":{}}}"#);
    assert!(StatusState::read(&other, &mut ByteReader::new(&good), at(406)).is_err());
}
