//! The compact text that a server puts into its health answer, and that a page reads without any parser of numbers or JSON.
//!
//! `1;AT,POLL,MAX_AGE,OVERALL,LANG;ID,STATUS,SINCE,FALLBACK,WHY,LANG:TITLE,…;…`: records end at `;`, fields at `,`; `%`, `,`, `;` and control
//! characters are written `%XX`. Times are whole milliseconds, a status is one letter (`h` healthy, `u` unknown, `d` degraded, `o` offline).
use super::Status;
use super::banner::Titles;
use crate::base::error::{Code, Fault};
use crate::base::time::{Instant, Span};
use alloc::string::String;
#[cfg(feature = "full")]
use alloc::string::ToString;
use alloc::vec::Vec;

/// The longest text that is read, in bytes.
pub const MAX_BYTES: usize = 512 * 1024;
/// How many features are read.
pub const MAX_FEATURES: usize = 1024;
/// How many titles of a feature are read.
pub const MAX_TITLES: usize = 32;
/// The latest instant that is read, in milliseconds: 2^43.
const MAX_MS: u64 = 1 << 43;

/// What a page needs to know.
#[derive(Clone, PartialEq, Debug)]
pub struct Blob {
    /// When the server wrote it, by its clock.
    pub at: Instant,
    /// How often to ask; at least a second.
    pub poll: Span,
    /// How long an answer is believed.
    pub max_age: Span,
    /// The whole.
    pub overall: Status,
    /// The language of a title when the wanted one is missing.
    pub lang: String,
    /// Every feature, in document order.
    pub features: Vec<BlobFeature>,
}

/// One feature.
#[derive(Clone, PartialEq, Debug)]
pub struct BlobFeature {
    /// Its name in the policy.
    pub id: String,
    /// What it shows.
    pub status: Status,
    /// Since when, by the server's clock.
    pub since: Instant,
    /// What users get instead; empty for nothing.
    pub fallback: String,
    /// Why, as a message code (`open`, `throttled`, …); empty while healthy.
    pub why: String,
    /// What people call it.
    pub titles: Titles,
}

const LETTERS: [(char, Status); 4] =
    [('h', Status::Healthy), ('u', Status::Unknown), ('d', Status::Degraded), ('o', Status::Offline)];

/// How often a page asks by default.
pub const POLL: Span = Span::from_secs(30);
/// How long an answer is believed by default: three polls.
pub const MAX_AGE: Span = Span::from_secs(90);

#[cfg(feature = "full")]
impl Blob {
    /// The blob of a system's view, with the default poll.
    pub fn of(view: &super::view::SystemView, now: Instant) -> Blob {
        Blob {
            at: now,
            poll: POLL,
            max_age: MAX_AGE,
            overall: view.overall,
            lang: view.default_lang.to_string(),
            features: view
                .features
                .iter()
                .map(|f| BlobFeature {
                    id: f.name.to_string(),
                    status: f.status,
                    since: f.since,
                    fallback: f.fallback.unwrap_or_default().to_string(),
                    why: f
                        .causes
                        .first()
                        .filter(|_| f.status > Status::Healthy)
                        .map_or("", |c| c.kind.slug())
                        .to_string(),
                    titles: f.title.clone(),
                })
                .collect(),
        }
    }
    /// The text.
    pub fn encode(&self) -> String {
        let letter = |s: Status| LETTERS.iter().find(|(_, x)| *x == s).map_or('u', |(c, _)| *c);
        let ms = |us: i64| us / 1000;
        let mut out = alloc::format!(
            "1;{},{},{},{},",
            ms(self.at.micros()),
            ms(self.poll.micros()),
            ms(self.max_age.micros()),
            letter(self.overall)
        );
        escape(&self.lang, &mut out);
        for f in &self.features {
            out.push(';');
            escape(&f.id, &mut out);
            out.push_str(&alloc::format!(",{},{},", letter(f.status), ms(f.since.micros())));
            escape(&f.fallback, &mut out);
            out.push(',');
            escape(&f.why, &mut out);
            for (lang, title) in f.titles.iter() {
                out.push(',');
                escape(lang, &mut out);
                out.push(':');
                escape(title, &mut out);
            }
        }
        out
    }
}

#[cfg(feature = "full")]
fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '%' | ',' | ';' => out.push_str(&alloc::format!("%{:02X}", c as u32)),
            c if (c as u32) < 0x20 || c as u32 == 0x7f => out.push_str(&alloc::format!("%{:02X}", c as u32)),
            c => out.push(c),
        }
    }
}

fn bad(what: &str) -> Fault {
    Fault::at(Code::BadBlob, "", format_args!("{what}"))
}

fn unescape(text: &str) -> Result<String, Fault> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let code = after.get(..2).and_then(|h| u8::from_str_radix(h, 16).ok()).filter(u8::is_ascii);
        out.push(char::from(code.ok_or_else(|| bad("a `%` is not followed by two hex digits"))?));
        rest = after.get(2..).unwrap_or_default();
    }
    out.push_str(rest);
    Ok(out)
}

fn number(field: Option<&str>) -> Result<i64, Fault> {
    field
        .filter(|f| !f.is_empty() && f.len() <= 16 && f.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|f| f.parse::<u64>().ok())
        .filter(|n| *n <= MAX_MS)
        .and_then(|n| i64::try_from(n).ok())
        .ok_or_else(|| bad("a time is not a whole number of milliseconds"))
}

fn status(field: Option<&str>) -> Result<Status, Fault> {
    LETTERS
        .iter()
        .find(|(c, _)| field.is_some_and(|f| f.len() == 1 && f.starts_with(*c)))
        .map(|(_, s)| *s)
        .ok_or_else(|| bad("a status is none of h, u, d, o"))
}

impl Blob {
    /// Reads the text. It may come from anywhere: it is bounded, nothing panics, and an error gives nothing. Errors: `bad_blob`.
    pub fn decode(text: &str) -> Result<Blob, Fault> {
        if text.len() > MAX_BYTES {
            return Err(bad("the text is too long"));
        }
        let mut records = text.split(';');
        if records.next() != Some("1") {
            return Err(bad("the text is of another version"));
        }
        let mut head = records.next().unwrap_or_default().split(',');
        let mut blob = Blob {
            at: Instant::from_millis(number(head.next())?),
            poll: Span::from_millis(number(head.next())?).max(Span::from_secs(1)),
            max_age: Span::from_millis(number(head.next())?),
            overall: status(head.next())?,
            lang: unescape(head.next().unwrap_or_default())?,
            features: Vec::new(),
        };
        blob.max_age = blob.max_age.max(blob.poll);
        for record in records {
            if blob.features.len() >= MAX_FEATURES {
                return Err(bad("there are too many features"));
            }
            blob.features.push(feature(record)?);
        }
        Ok(blob)
    }
}

fn feature(record: &str) -> Result<BlobFeature, Fault> {
    let mut fields = record.split(',');
    let id = unescape(fields.next().unwrap_or_default())?;
    if id.is_empty() {
        return Err(bad("a feature has no name"));
    }
    let mut out = BlobFeature {
        id,
        status: status(fields.next())?,
        since: Instant::from_millis(number(fields.next())?),
        fallback: unescape(fields.next().unwrap_or_default())?,
        why: unescape(fields.next().unwrap_or_default())?,
        titles: Titles::default(),
    };
    for field in fields {
        let (lang, title) = field.split_once(':').ok_or_else(|| bad("a title has no language"))?;
        if out.titles.len() >= MAX_TITLES {
            return Err(bad("a feature has too many titles"));
        }
        out.titles.add(&unescape(lang)?, &unescape(title)?);
    }
    Ok(out)
}

#[cfg(all(test, feature = "full"))]
mod tests {
    use super::*;

    fn sample() -> Blob {
        let mut titles = Titles::default();
        titles.add("es", "IA: WhatsApp, 100%; sí");
        titles.add("", "AI");
        Blob {
            at: Instant::from_millis(1_767_225_600_000),
            poll: POLL,
            max_age: MAX_AGE,
            overall: Status::Degraded,
            lang: "es".into(),
            features: alloc::vec![BlobFeature {
                id: "ai.whatsapp".into(),
                status: Status::Offline,
                since: Instant::from_millis(1_767_225_570_000),
                fallback: "manual".into(),
                why: "open".into(),
                titles,
            }],
        }
    }

    #[test]
    fn the_text_is_exact_and_reads_back() {
        let text = sample().encode();
        assert_eq!(
            text,
            "1;1767225600000,30000,90000,d,es;ai.whatsapp,o,1767225570000,manual,open,es:IA: WhatsApp%2C 100%25%3B sí,:AI"
        );
        assert_eq!(Blob::decode(&text).unwrap(), sample());
    }
    #[test]
    fn every_cut_and_every_changed_byte_is_an_error_or_a_blob() {
        let text = sample().encode();
        for i in 0..text.len() {
            if let Some(cut) = text.get(..i) {
                let _ = Blob::decode(cut);
            }
            for b in [b';', b',', b'%', b'9', b'x', 0] {
                let mut bytes = text.clone().into_bytes();
                bytes[i] = b;
                if let Ok(s) = core::str::from_utf8(&bytes) {
                    let _ = Blob::decode(s);
                }
            }
        }
        for hostile in [
            "",
            "2;",
            "1",
            "1;",
            "1;1,1,1,h",
            "1;99999999999999999999,1,1,h,en",
            "1;1,1,1,h,en;",
            "1;1,1,1,h,%zz",
            "1;1,1,1,h,en;a,h,1,,,x",
            "1;-1,1,1,h,en",
        ] {
            let ok = hostile == "1;1,1,1,h";
            assert_eq!(Blob::decode(hostile).is_ok(), ok, "{hostile}");
            if !ok {
                assert_eq!(Blob::decode(hostile).unwrap_err().code, Code::BadBlob);
            }
        }
        let many = "1;1,1,1,h,en".to_string() + &";a,h,1,,".repeat(MAX_FEATURES + 1);
        assert_eq!(Blob::decode(&many).unwrap_err().code, Code::BadBlob);
        assert_eq!(Blob::decode(&"x".repeat(MAX_BYTES + 1)).unwrap_err().code, Code::BadBlob);
    }
}
