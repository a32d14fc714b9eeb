//! How many segments a text message is billed as: GSM 03.38 septets where every character has one, else UTF-16 units.
//!
//! Sizes after 3GPP TS 23.038 and 23.040. National shift tables are not applied: gateways rarely do.

/// How a message is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// Septets: 160 in one message, 153 in each of several.
    Gsm7,
    /// UTF-16 units: 70 in one message, 67 in each of several.
    Ucs2,
}

impl Encoding {
    /// `gsm7` or `ucs2`.
    pub const fn word(self) -> &'static str {
        match self {
            Encoding::Gsm7 => "gsm7",
            Encoding::Ucs2 => "ucs2",
        }
    }
    /// Units in a single message, and in each of several.
    const fn sizes(self) -> (u64, u64) {
        match self {
            Encoding::Gsm7 => (160, 153),
            Encoding::Ucs2 => (70, 67),
        }
    }
}

/// What a text comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sms {
    /// How it is sent: one character outside the alphabet turns the whole message to `ucs2`.
    pub encoding: Encoding,
    /// Septets or UTF-16 units.
    pub units: u64,
    /// Billed messages. An empty text is sent, and is one.
    pub segments: u64,
}

/// Units filled so far. What takes two is never split, so that a segment may waste one.
#[derive(Clone, Copy)]
struct Filled {
    units: u64,
    segments: u64,
    last: u64,
}

impl Filled {
    const NONE: Filled = Filled { units: 0, segments: 1, last: 0 };
    #[inline(always)]
    fn add(&mut self, size: u64, room: u64) {
        self.units += size;
        self.last += size;
        if self.last > room {
            self.segments += 1;
            self.last = size;
        }
    }
    fn sms(self, encoding: Encoding) -> Sms {
        let alone = self.units <= encoding.sizes().0;
        Sms { encoding, units: self.units, segments: if alone { 1 } else { self.segments } }
    }
}

/// What a text comes to as text messages. Cost: one pass, about a nanosecond a character.
pub fn sms(text: &str) -> Sms {
    let (mut gsm, mut all_gsm) = (Filled::NONE, true);
    let mut ucs = Filled::NONE;
    let (gsm_room, ucs_room) = (Encoding::Gsm7.sizes().1, Encoding::Ucs2.sizes().1);
    for c in text.chars() {
        ucs.add(c.len_utf16() as u64, ucs_room);
        if all_gsm {
            match septets(c) {
                0 => all_gsm = false,
                size => gsm.add(size, gsm_room),
            }
        }
    }
    if all_gsm { gsm.sms(Encoding::Gsm7) } else { ucs.sms(Encoding::Ucs2) }
}

/// Septets of the ASCII characters: 0 for none, 2 behind an escape.
const ASCII: [u8; 128] = {
    let mut out = [0u8; 128];
    let mut c = 0x20;
    while c < 0x7f {
        out[c] = 1;
        c += 1;
    }
    let two = *b"^{}\\[~]|\x0c";
    let mut n = 0;
    while n < two.len() {
        out[two[n] as usize] = 2;
        n += 1;
    }
    (out[b'\n' as usize], out[b'\r' as usize], out[b'`' as usize]) = (1, 1, 0);
    out
};

/// How many septets a character takes; 0 for one that the alphabet lacks.
#[inline(always)]
fn septets(c: char) -> u64 {
    match ASCII.get(c as usize) {
        Some(size) => u64::from(*size),
        None => beyond_ascii(c),
    }
}
fn beyond_ascii(c: char) -> u64 {
    match c {
        '£' | '¥' | 'è' | 'é' | 'ù' | 'ì' | 'ò' | 'Ç' | 'Ø' | 'ø' | 'Å' | 'å' | 'Æ' | 'æ' | 'ß' | 'É' | '¤' | '¡' => {
            1
        }
        'Ä' | 'Ö' | 'Ñ' | 'Ü' | '§' | '¿' | 'ä' | 'ö' | 'ñ' | 'ü' | 'à' => 1,
        'Δ' | 'Φ' | 'Γ' | 'Λ' | 'Ω' | 'Π' | 'Ψ' | 'Σ' | 'Θ' | 'Ξ' => 1,
        '€' => 2,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn parts(text: &str) -> (Encoding, u64, u64) {
        let s = sms(text);
        (s.encoding, s.units, s.segments)
    }
    // covers: E-08, R-1149
    #[test]
    fn a_long_message_is_billed_by_153_and_67() {
        let a = |n| "a".repeat(n);
        let parts = |n| sms(&a(n)).segments;
        assert_eq!([parts(0), parts(1), parts(160), parts(161), parts(306), parts(307)], [1, 1, 1, 2, 2, 3]);
        let sol = |n: usize| parts_of("☀", n);
        assert_eq!([sol(1), sol(70), sol(71), sol(134), sol(135)], [1, 1, 2, 2, 3]);
    }
    fn parts_of(c: &str, n: usize) -> u64 {
        sms(&c.repeat(n)).segments
    }
    #[test]
    fn the_alphabet_has_127_characters_and_ten_more_behind_an_escape() {
        let sizes: Vec<u64> = (0..0x11_0000u32).filter_map(char::from_u32).map(septets).collect();
        let count = |size| sizes.iter().filter(|s| **s == size).count();
        assert_eq!((count(1), count(2)), (127, 10));
        for c in "éñÑ¿¡üÜÉàèìòùäöÇ£¥§@$_\n\r".chars() {
            assert_eq!(septets(c), 1, "{c}");
        }
        for c in "áíóúÁÍÓÚçºª“”‘’…—`\t\u{a0}".chars() {
            assert_eq!(septets(c), 0, "{c}");
        }
    }
    #[test]
    fn one_foreign_character_turns_the_whole_message() {
        assert_eq!(parts("Su turno es manana"), (Encoding::Gsm7, 18, 1));
        assert_eq!(parts(&("a".repeat(159) + "á")), (Encoding::Ucs2, 160, 3));
        assert_eq!(parts("{á}"), (Encoding::Ucs2, 3, 1), "no escapes there");
        assert_eq!(parts("{€}"), (Encoding::Gsm7, 6, 1));
    }
    #[test]
    fn an_escape_and_a_surrogate_are_not_split() {
        // 152 and a pair: the pair goes to the next segment, and one septet is wasted
        let text = "a".repeat(152) + "€" + &"a".repeat(151);
        assert_eq!(parts(&text), (Encoding::Gsm7, 305, 2), "152 and 153");
        assert_eq!(parts(&(text + "a")), (Encoding::Gsm7, 306, 3), "306 units, yet three");
        let text = "á".repeat(66) + "😀" + &"á".repeat(65);
        assert_eq!(parts(&text), (Encoding::Ucs2, 133, 2));
        assert_eq!(parts(&(text + "á")), (Encoding::Ucs2, 134, 3));
        assert_eq!(parts(&"€".repeat(80)), (Encoding::Gsm7, 160, 1));
        assert_eq!(parts(&"€".repeat(81)), (Encoding::Gsm7, 162, 2));
    }
    fn letter() -> impl Strategy<Value = char> {
        prop_oneof![Just('a'), Just('€'), Just('{'), Just('á'), Just('😀'), any::<char>()]
    }
    proptest! {
        #[test]
        fn the_segments_are_those_of_packing_one_by_one(
            plain in any::<bool>(),
            letters in proptest::collection::vec(letter(), 0..400),
        ) {
            let text: String = letters.into_iter().filter(|c| !plain || septets(*c) > 0).collect();
            let gsm = text.chars().all(|c| septets(c) > 0);
            let sizes: Vec<u64> = text.chars().map(|c| if gsm { septets(c) } else { c.len_utf16() as u64 }).collect();
            let (alone, room) = if gsm { (160, 153) } else { (70, 67) };
            let mut segments: Vec<u64> = Vec::from([0]);
            for size in &sizes {
                match segments.last_mut() {
                    Some(last) if *last + size <= room => *last += size,
                    _ => segments.push(*size),
                }
            }
            let units: u64 = sizes.iter().sum();
            let want = if units <= alone { 1 } else { segments.len() as u64 };
            prop_assert_eq!(sms(&text), Sms { encoding: if gsm { Encoding::Gsm7 } else { Encoding::Ucs2 }, units, segments: want });
        }
    }
}
