//! The zone that calendar windows stand in, as a document writes it.
use crate::base::calendar::Zone;
use crate::base::doc::{Node, clip};
use crate::base::error::Code;
use crate::base::time::Instant;
use alloc::vec::Vec;

/// How many changes of offset a zone may list.
const MAX_CHANGES: usize = 4096;

/// Reads a fixed offset (`"-03:00"`, `"Z"`), or a named zone with its changes as data:
/// `{ name, offset, changes = [{ at_ms, offset }] }`, `offset` being the one before the first change.
pub fn read_zone(node: &Node) -> Option<Zone> {
    if node.json.as_str().is_some() {
        return read_offset(node).map(Zone::Fixed);
    }
    let t = node.table()?;
    let name = t.node("name").and_then(|n| read_name(&n));
    let first = t.node("offset").and_then(|n| read_offset(&n));
    for key in ["name", "offset"].iter().filter(|k| !t.has(k)) {
        t.fault_at(key, Code::MissingField, format_args!("`{key}` is missing"));
    }
    let listed = t.list("changes").unwrap_or_default();
    if listed.len() > MAX_CHANGES {
        t.fault_at("changes", Code::TooMany, format_args!("at most {MAX_CHANGES} changes"));
    }
    let listed = listed.get(..MAX_CHANGES).unwrap_or(&listed);
    let changes: Vec<_> = listed.iter().filter_map(read_change).collect();
    let changes = (changes.len() == listed.len()).then_some(changes);
    t.finish();
    match Zone::named(name?, first?, changes?) {
        Ok(zone) => Some(zone),
        Err(code) => {
            node.fault(code, format_args!("changes stand in order of time, each once"));
            None
        }
    }
}

/// A name of the tz database, such as `America/Argentina/Buenos_Aires`.
fn read_name<'a>(node: &Node<'a>) -> Option<&'a str> {
    let text = node.text()?;
    let ok = (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    if !ok {
        node.fault(Code::BadName, format_args!("`{}` is no name of a zone", clip(text)));
    }
    ok.then_some(text)
}

fn read_change(node: &Node) -> Option<(Instant, i32)> {
    let t = node.table()?;
    let at = t.integer("at_ms", 0, 1 << 43);
    let offset = t.node("offset").and_then(|n| read_offset(&n));
    for key in ["at_ms", "offset"].iter().filter(|k| !t.has(k)) {
        t.fault_at(key, Code::MissingField, format_args!("`{key}` is missing"));
    }
    t.finish();
    Some((Instant::from_millis(at? as i64), offset?))
}

/// Seconds east of UTC.
fn read_offset(node: &Node) -> Option<i32> {
    let text = node.text()?;
    match Zone::parse(text) {
        Some(Zone::Fixed(offset)) => Some(offset),
        _ => {
            node.fault(Code::WrongType, format_args!("`{}` is no offset such as `-03:00`", clip(text)));
            None
        }
    }
}
