//! Snapshots as bytes: little-endian numbers, length-prefixed text and versioned sections, and a reader that trusts nothing.
//!
//! The reader never allocates more than the bytes that are left can fill, and every fault is `snapshot_corrupt` with the offset.
use crate::base::error::{Code, Fault};
use crate::base::num::Ratio;
use crate::base::time::{Instant, MAX_MICROS, Span};
use alloc::string::String;
use alloc::vec::Vec;

const CASTAGNOLI: crc::Crc<u32> = crc::Crc::<u32>::new(&crc::CRC_32_ISCSI);

/// CRC-32C (Castagnoli) of some bytes: finds every burst of up to 32 flipped bits.
pub fn crc32c(bytes: &[u8]) -> u32 {
    CASTAGNOLI.checksum(bytes)
}

/// Appends values to a growing list of bytes.
#[derive(Clone, Debug, Default)]
pub struct ByteWriter {
    out: Vec<u8>,
}

impl ByteWriter {
    /// A byte.
    pub fn u8(&mut self, n: u8) {
        self.out.push(n);
    }
    /// Two bytes, little-endian.
    pub fn u16(&mut self, n: u16) {
        self.out.extend_from_slice(&n.to_le_bytes());
    }
    /// Four bytes, little-endian.
    pub fn u32(&mut self, n: u32) {
        self.out.extend_from_slice(&n.to_le_bytes());
    }
    /// Eight bytes, little-endian.
    pub fn u64(&mut self, n: u64) {
        self.out.extend_from_slice(&n.to_le_bytes());
    }
    /// Eight bytes, little-endian, two's complement.
    pub fn i64(&mut self, n: i64) {
        self.out.extend_from_slice(&n.to_le_bytes());
    }
    /// One byte, 0 or 1.
    pub fn bool(&mut self, b: bool) {
        self.u8(u8::from(b));
    }
    /// An instant in microseconds.
    pub fn instant(&mut self, at: Instant) {
        self.i64(at.micros());
    }
    /// A span in microseconds.
    pub fn span(&mut self, span: Span) {
        self.i64(span.micros());
    }
    /// A ratio in billionths.
    pub fn ratio(&mut self, ratio: Ratio) {
        self.u64(ratio.billionths());
    }
    /// A flag, and the value if there is one.
    pub fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.bool(value.is_some());
        if let Some(value) = value {
            write(self, value);
        }
    }
    /// How many items follow. Read with [`ByteReader::count`].
    pub fn count(&mut self, n: usize) {
        self.u32(u32::try_from(n).unwrap_or(u32::MAX));
    }
    /// A length and the bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.out.extend_from_slice(bytes);
    }
    /// A length and UTF-8 text.
    pub fn str(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }
    /// Bytes as they are, without a length.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }
    /// A section: tag, version, length, and what `write` appends. A reader that does not know the tag can step over it.
    pub fn section(&mut self, tag: u16, version: u16, write: impl FnOnce(&mut Self)) {
        self.u16(tag);
        self.u16(version);
        let at = self.out.len();
        self.u32(0);
        write(self);
        let length = u32::try_from(self.out.len() - at - 4).unwrap_or(u32::MAX).to_le_bytes();
        if let Some(slot) = self.out.get_mut(at..at + 4) {
            slot.copy_from_slice(&length);
        }
    }
    /// What was written so far.
    pub fn as_slice(&self) -> &[u8] {
        &self.out
    }
    /// All that was written.
    pub fn into_vec(self) -> Vec<u8> {
        self.out
    }
}

/// Takes values off the front of some bytes.
#[derive(Clone, Debug)]
pub struct ByteReader<'a> {
    rest: &'a [u8],
    /// Where `rest` begins within the whole, for messages.
    offset: usize,
}

/// One section as found by [`ByteReader::section`].
#[derive(Clone, Debug)]
pub struct Section<'a> {
    /// Which part of the state it holds.
    pub tag: u16,
    /// Which form of it.
    pub version: u16,
    /// Its bytes.
    pub body: ByteReader<'a>,
}

impl<'a> ByteReader<'a> {
    /// Reads from the front of some bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        ByteReader { rest: bytes, offset: 0 }
    }
    /// How many bytes are left.
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }
    /// Do the bytes that are left begin so?
    pub fn begins_with(&self, bytes: &[u8]) -> bool {
        self.rest.starts_with(bytes)
    }
    /// A fault at this place.
    pub fn corrupt(&self, what: &str) -> Fault {
        Fault::at(Code::SnapshotCorrupt, "", format_args!("{what} at byte {}", self.offset))
    }
    /// The value if it holds, else a fault at this place.
    pub fn expect(&self, holds: bool, what: &str) -> Result<(), Fault> {
        if holds { Ok(()) } else { Err(self.corrupt(what)) }
    }
    /// The next `n` bytes.
    pub fn take(&mut self, n: usize) -> Result<&'a [u8], Fault> {
        let Some((head, tail)) = self.rest.split_at_checked(n) else {
            return Err(self.corrupt("the bytes end early"));
        };
        self.rest = tail;
        self.offset += n;
        Ok(head)
    }
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let mut out = [0; N];
        out.copy_from_slice(self.take(N)?);
        Ok(out)
    }
    /// A byte.
    pub fn u8(&mut self) -> Result<u8, Fault> {
        Ok(u8::from_le_bytes(self.array()?))
    }
    /// Two bytes.
    pub fn u16(&mut self) -> Result<u16, Fault> {
        Ok(u16::from_le_bytes(self.array()?))
    }
    /// Four bytes.
    pub fn u32(&mut self) -> Result<u32, Fault> {
        Ok(u32::from_le_bytes(self.array()?))
    }
    /// Eight bytes.
    pub fn u64(&mut self) -> Result<u64, Fault> {
        Ok(u64::from_le_bytes(self.array()?))
    }
    /// Eight bytes, two's complement.
    pub fn i64(&mut self) -> Result<i64, Fault> {
        Ok(i64::from_le_bytes(self.array()?))
    }
    /// One byte that is 0 or 1.
    pub fn bool(&mut self) -> Result<bool, Fault> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.corrupt("a flag that is neither 0 nor 1")),
        }
    }
    fn micros(&mut self) -> Result<i64, Fault> {
        let us = self.i64()?;
        self.expect((0..=MAX_MICROS).contains(&us), "a time out of range")?;
        Ok(us)
    }
    /// An instant within range.
    pub fn instant(&mut self) -> Result<Instant, Fault> {
        Ok(Instant::from_micros(self.micros()?))
    }
    /// A span within range.
    pub fn span(&mut self) -> Result<Span, Fault> {
        Ok(Span::from_micros(self.micros()?))
    }
    /// A ratio.
    pub fn ratio(&mut self) -> Result<Ratio, Fault> {
        Ok(Ratio::from_billionths(self.u64()?))
    }
    /// A flag, and the value if it is set.
    pub fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<Option<T>, Fault> {
        if self.bool()? { read(self).map(Some) } else { Ok(None) }
    }
    /// How many items follow, each of at least `item_bytes`: never more than the bytes that are left can hold.
    pub fn count(&mut self, item_bytes: usize) -> Result<usize, Fault> {
        let n = self.u32()? as usize;
        self.expect(n <= self.remaining() / item_bytes.max(1), "a count that the bytes cannot hold")?;
        Ok(n)
    }
    /// Length-prefixed bytes.
    pub fn bytes(&mut self) -> Result<&'a [u8], Fault> {
        let n = self.count(1)?;
        self.take(n)
    }
    /// Length-prefixed UTF-8 text.
    pub fn str(&mut self) -> Result<&'a str, Fault> {
        let bytes = self.bytes()?;
        core::str::from_utf8(bytes).map_err(|_| self.corrupt("text that is not UTF-8"))
    }
    /// Length-prefixed UTF-8 text, owned.
    pub fn string(&mut self) -> Result<String, Fault> {
        self.str().map(String::from)
    }
    /// The next section.
    pub fn section(&mut self) -> Result<Section<'a>, Fault> {
        let (tag, version) = (self.u16()?, self.u16()?);
        let n = self.count(1)?;
        let offset = self.offset;
        Ok(Section { tag, version, body: ByteReader { rest: self.take(n)?, offset } })
    }
    /// The next section, which must carry `tag` and a version from 1 to `newest`. Errors: `snapshot_corrupt`, `snapshot_version`.
    pub fn section_of(&mut self, tag: u16, newest: u16) -> Result<Section<'a>, Fault> {
        let section = self.section()?;
        self.expect(section.tag == tag && section.version > 0, "another section than expected")?;
        if section.version > newest {
            return Err(Fault::at(
                Code::SnapshotVersion,
                "",
                format_args!("section {tag} has version {}, newest known is {newest}", section.version),
            ));
        }
        Ok(section)
    }
    /// Nothing may be left.
    pub fn finish(self) -> Result<(), Fault> {
        self.expect(self.rest.is_empty(), "bytes left over")
    }
}

/// Bytes as base64 text (RFC 4648, with padding).
pub fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let at = |i: usize| u32::from(three.get(i).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for i in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * i) & 63) as usize];
            out.push(if i <= three.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_as_the_standard_has_it() {
        let rows =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")];
        for (bytes, text) in rows {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
        assert_eq!(base64(&[0xff, 0xef, 0xbe]), "/+++");
    }
    use proptest::prelude::*;

    #[test]
    fn the_checksum_is_castagnoli() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
    }
    #[test]
    fn what_was_written_is_read() {
        let mut w = ByteWriter::default();
        w.section(7, 2, |w| {
            w.u8(1);
            w.u16(0x0203);
            w.u32(4);
            w.u64(u64::MAX);
            w.i64(-5);
            w.str("ñandú");
            w.option(Some(Instant::from_millis(9)), ByteWriter::instant);
            w.option(None::<Span>, ByteWriter::span);
            w.ratio(Ratio::percent(50));
        });
        w.bool(true);
        let bytes = w.into_vec();
        assert_eq!(bytes[..8], [7, 0, 2, 0, 52, 0, 0, 0]);
        let mut r = ByteReader::new(&bytes);
        let mut s = r.section_of(7, 2).unwrap().body;
        assert_eq!((s.u8(), s.u16(), s.u32()), (Ok(1), Ok(0x0203), Ok(4)));
        assert_eq!((s.u64(), s.i64(), s.str()), (Ok(u64::MAX), Ok(-5), Ok("ñandú")));
        assert_eq!(s.option(ByteReader::instant), Ok(Some(Instant::from_millis(9))));
        assert_eq!(s.option(ByteReader::span), Ok(None));
        assert_eq!(s.ratio(), Ok(Ratio::percent(50)));
        assert_eq!(s.finish(), Ok(()));
        assert_eq!(r.bool(), Ok(true));
        assert_eq!(r.finish(), Ok(()));
        let newer = ByteReader::new(&bytes).section_of(7, 1).unwrap_err();
        assert_eq!(newer.code, Code::SnapshotVersion);
    }
    #[test]
    fn a_length_beyond_the_end_allocates_nothing() {
        let mut w = ByteWriter::default();
        w.u32(u32::MAX);
        w.u64(0);
        let bytes = w.into_vec();
        assert_eq!(ByteReader::new(&bytes).count(1).unwrap_err().code, Code::SnapshotCorrupt);
        assert_eq!(ByteReader::new(&bytes).str().unwrap_err().code, Code::SnapshotCorrupt);
        assert_eq!(ByteReader::new(&[2]).bool().unwrap_err().code, Code::SnapshotCorrupt);
        assert_eq!(ByteReader::new(&[0xff; 8]).instant().unwrap_err().code, Code::SnapshotCorrupt);
    }
    proptest! {
        #[test]
        fn any_bytes_give_a_value_or_a_fault(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let mut r = ByteReader::new(&bytes);
            while let Ok(mut s) = r.section() {
                prop_assert!(s.body.remaining() <= bytes.len());
                let _ = s.body.str();
            }
            prop_assert!(r.remaining() <= bytes.len());
        }
    }
}
