//! Snapshots as bytes: little-endian numbers, length-prefixed text and versioned sections, and a reader that trusts nothing.
//!
//! The reader never allocates more than the bytes that are left can fill, and every fault is `snapshot_corrupt` with the offset.
use crate::base::error::{Code, Fault};
use crate::base::num::Ratio;
use crate::base::time::{Instant, MAX_MICROS, Span};
use alloc::string::String;
use alloc::vec::Vec;

/// CRC-32C (Castagnoli): finds every burst of up to 32 flipped bits.
pub struct Checksum(crc::Crc<u32>);

impl Default for Checksum {
    /// Makes its table, in some microseconds: as data it would be a thousand bytes that no download can press.
    #[inline(never)]
    fn default() -> Self {
        Checksum(crc::Crc::<u32>::new(&crc::CRC_32_ISCSI))
    }
}

impl Checksum {
    /// The sum of some bytes.
    #[inline(never)]
    pub fn of(&self, bytes: &[u8]) -> u32 {
        self.0.checksum(bytes)
    }
}

/// The [`Checksum`] of some bytes.
pub fn crc32c(bytes: &[u8]) -> u32 {
    Checksum::default().of(bytes)
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
///
/// Where they end early or hold no such value, it gives zeros and empty ones from then on, and remembers the first place:
/// [`ByteReader::expect`], [`ByteReader::whole`] and [`ByteReader::finish`] tell. So a reader of a structure asks once, not after each value.
#[derive(Clone, Debug)]
pub struct ByteReader<'a> {
    rest: &'a [u8],
    /// Where `rest` begins within the whole, for messages.
    offset: usize,
    /// What went wrong first, and where.
    failed: Option<(&'static str, usize)>,
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
        ByteReader { rest: bytes, offset: 0, failed: None }
    }
    /// How many bytes are left.
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }
    /// How many bytes were taken, of the whole that this reader or the one of its section began with.
    pub fn offset(&self) -> usize {
        self.offset
    }
    /// Do these bytes come next? Nothing is taken.
    pub fn begins_with(&self, bytes: &[u8]) -> bool {
        self.rest.starts_with(bytes)
    }
    /// A fault at this place, or at the first one that was wrong.
    #[cold]
    #[inline(never)]
    pub fn corrupt(&self, what: &'static str) -> Fault {
        let (what, offset) = self.failed.unwrap_or((what, self.offset));
        Fault::at(Code::SnapshotCorrupt, "", format_args!("{what} at byte {offset}"))
    }
    /// From here on there is nothing to read.
    #[cold]
    #[inline(never)]
    fn fail(&mut self, what: &'static str) {
        self.failed = self.failed.or(Some((what, self.offset)));
        self.rest = &[];
    }
    /// Nothing if all that was read was there and this holds, else a fault.
    pub fn expect(&self, holds: bool, what: &'static str) -> Result<(), Fault> {
        if holds && self.failed.is_none() { Ok(()) } else { Err(self.corrupt(what)) }
    }
    /// What was read, if all of it was there.
    pub fn whole<T>(&self, value: T) -> Result<T, Fault> {
        self.expect(true, "").map(|()| value)
    }
    /// The next `n` bytes; none if there are not so many.
    #[inline(never)]
    pub fn take(&mut self, n: usize) -> &'a [u8] {
        let Some((head, tail)) = self.rest.split_at_checked(n) else {
            self.fail("the bytes end early");
            return &[];
        };
        self.rest = tail;
        self.offset += n;
        head
    }
    fn array<const N: usize>(&mut self) -> [u8; N] {
        self.take(N).try_into().unwrap_or([0; N])
    }
    /// A byte.
    #[inline(never)]
    pub fn u8(&mut self) -> u8 {
        u8::from_le_bytes(self.array())
    }
    /// Two bytes.
    #[inline(never)]
    pub fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.array())
    }
    /// Four bytes.
    #[inline(never)]
    pub fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.array())
    }
    /// Eight bytes.
    #[inline(never)]
    pub fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.array())
    }
    /// Eight bytes, two's complement.
    pub fn i64(&mut self) -> i64 {
        self.u64().cast_signed()
    }
    /// One byte that is 0 or 1.
    #[inline(never)]
    pub fn bool(&mut self) -> bool {
        let flag = self.u8();
        if flag > 1 {
            self.fail("a flag that is neither 0 nor 1");
        }
        flag == 1
    }
    #[inline(never)]
    fn micros(&mut self) -> i64 {
        let us = self.i64();
        if (0..=MAX_MICROS).contains(&us) {
            return us;
        }
        self.fail("a time out of range");
        0
    }
    /// An instant within range.
    pub fn instant(&mut self) -> Instant {
        Instant::from_micros(self.micros())
    }
    /// A span within range.
    pub fn span(&mut self) -> Span {
        Span::from_micros(self.micros())
    }
    /// A ratio.
    pub fn ratio(&mut self) -> Ratio {
        Ratio::from_billionths(self.u64())
    }
    /// A flag, and the value if it is set.
    pub fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.bool().then(|| read(self))
    }
    /// As [`ByteReader::option`], where reading the value checks it.
    pub fn option_of<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<Option<T>, Fault> {
        self.option(read).transpose()
    }
    /// How many items follow, each of at least `item_bytes`: never more than the bytes that are left can hold.
    #[inline(never)]
    pub fn count(&mut self, item_bytes: usize) -> usize {
        let n = self.u32() as usize;
        if n <= self.remaining() / item_bytes.max(1) {
            return n;
        }
        self.fail("a count that the bytes cannot hold");
        0
    }
    /// Length-prefixed bytes.
    #[inline(never)]
    pub fn bytes(&mut self) -> &'a [u8] {
        let n = self.count(1);
        self.take(n)
    }
    /// Length-prefixed UTF-8 text.
    #[inline(never)]
    pub fn str(&mut self) -> &'a str {
        let bytes = self.bytes();
        core::str::from_utf8(bytes).unwrap_or_else(|_| {
            self.fail("text that is not UTF-8");
            ""
        })
    }
    /// Length-prefixed UTF-8 text, owned.
    pub fn string(&mut self) -> String {
        String::from(self.str())
    }
    /// The next section.
    #[inline(never)]
    pub fn section(&mut self) -> Section<'a> {
        let (tag, version) = (self.u16(), self.u16());
        let n = self.count(1);
        let offset = self.offset;
        let rest = self.take(n);
        Section { tag, version, body: ByteReader { rest, offset, failed: self.failed } }
    }
    /// The next section, which must carry `tag` and a version from 1 to `newest`. Errors: `snapshot_corrupt`, `snapshot_version`.
    pub fn section_of(&mut self, tag: u16, newest: u16) -> Result<Section<'a>, Fault> {
        let section = self.section();
        self.expect(section.tag == tag && section.version > 0, "another section than expected")?;
        if section.version > newest {
            let message = format_args!("section {tag} has version {}, newest known is {newest}", section.version);
            return Err(Fault::at(Code::SnapshotVersion, "", message));
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
        assert_eq!((s.u8(), s.u16(), s.u32()), (1, 0x0203, 4));
        assert_eq!((s.u64(), s.i64(), s.str()), (u64::MAX, -5, "ñandú"));
        assert_eq!(s.option(ByteReader::instant), Some(Instant::from_millis(9)));
        assert_eq!(s.option(ByteReader::span), None);
        assert_eq!(s.ratio(), Ratio::percent(50));
        assert_eq!(s.finish(), Ok(()));
        assert!(r.bool());
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
        let wrong = |bytes: &[u8], read: &dyn Fn(&mut ByteReader) -> bool| {
            let mut r = ByteReader::new(bytes);
            assert!(read(&mut r), "nothing stands for what is not there");
            assert_eq!((r.u64(), r.remaining()), (0, 0));
            r.finish().unwrap_err()
        };
        assert_eq!(wrong(&bytes, &|r| r.count(1) == 0).message, "a count that the bytes cannot hold at byte 4");
        assert_eq!(wrong(&bytes, &|r| r.str().is_empty()).message, "a count that the bytes cannot hold at byte 4");
        assert_eq!(wrong(&[2], &|r| !r.bool()).message, "a flag that is neither 0 nor 1 at byte 1");
        assert_eq!(wrong(&[0xff; 8], &|r| r.instant() == Instant::EPOCH).message, "a time out of range at byte 8");
        assert_eq!(wrong(&[1, 0, 0], &|r| r.u32() == 0).message, "the bytes end early at byte 0");
        assert_eq!(wrong(&[1, 0, 0, 0, 0xff], &|r| r.str().is_empty()).code, Code::SnapshotCorrupt);
    }
    proptest! {
        #[test]
        fn any_bytes_give_a_value_or_a_fault(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let mut r = ByteReader::new(&bytes);
            while r.remaining() > 0 {
                let before = r.remaining();
                let mut s = r.section();
                prop_assert!(s.body.remaining() <= bytes.len() && r.remaining() < before);
                prop_assert!(s.body.str().len() <= bytes.len());
            }
        }
    }
}
