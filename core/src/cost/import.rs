//! LiteLLM's published price file as the `prices` of a document.
//!
//! Fields as in its `model_prices_and_context_window.json`: dollars for one unit. A model whose price cannot be said in ours is left out
//! and named, never taken for free.
use crate::base::json::Json;
use crate::base::num::{Decimal, write_decimal};
use crate::base::write::Writer;
use crate::cost::policy::picos;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Pico-dollars in a dollar.
const DOLLAR: u128 = 1_000_000_000_000;
/// The field of each rate of a token, ours and theirs.
const TOKEN: [(&str, &str); 5] = [
    ("input", "input_cost_per_token"),
    ("output", "output_cost_per_token"),
    ("cached", "cache_read_input_token_cost"),
    ("cache_write", "cache_creation_input_token_cost"),
    ("reasoning", "output_cost_per_reasoning_token"),
];
/// Prices that are not by tokens: ours, theirs, and how many of theirs make one of ours.
const OTHER: [(&str, &str, u128); 4] = [
    ("minute", "input_cost_per_second", 60),
    ("character", "input_cost_per_character", 1),
    ("request", "input_cost_per_request", 1),
    ("request", "input_cost_per_query", 1),
];

/// What came of a price file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Imported {
    /// `{"prices":{…}}`, sorted as in the file.
    pub document: String,
    /// Models that are in it.
    pub taken: usize,
    /// Models that are not, and why.
    pub left_out: Vec<(String, String)>,
}

/// Reads a price file. `as_of` is its date, `only` the models to take, all of them when empty.
pub fn litellm(file: &Json, as_of: &str, only: &[&str]) -> Imported {
    let mut out = Imported::default();
    let mut w = Writer::default();
    w.begin();
    w.key("prices");
    w.begin();
    let Json::Obj(models) = file else {
        return out;
    };
    for (name, model) in models {
        let wanted = name != "sample_spec" && (only.is_empty() || only.contains(&name.as_str()));
        if !wanted {
            continue;
        }
        match fields(model) {
            Ok(price) => {
                w.key(name);
                w.begin();
                price.write(&mut w, as_of);
                w.end();
                out.taken += 1;
            }
            Err(why) => out.left_out.push((name.clone(), why)),
        }
    }
    w.end();
    w.end();
    out.document = w.finish();
    out
}

/// One model's price in our words.
struct Found {
    unit: &'static str,
    rates: Vec<(&'static str, u128)>,
    tiers: Vec<(u64, Vec<(&'static str, u128)>)>,
}

impl Found {
    fn write(&self, w: &mut Writer, as_of: &str) {
        w.field_str("unit", self.unit);
        write_rates(w, &self.rates);
        if !self.tiers.is_empty() {
            w.key("tiers");
            w.begin_list();
            for (from, rates) in &self.tiers {
                w.begin();
                w.field_num("from", *from);
                write_rates(w, rates);
                w.end();
            }
            w.end_list();
        }
        w.field_str("as_of", as_of);
    }
}
fn write_rates(w: &mut Writer, rates: &[(&'static str, u128)]) {
    for (field, picos) in rates {
        let mut text = String::new();
        // writing to text does not fail
        let _ = write_decimal((picos / DOLLAR) as u64, (picos % DOLLAR) as u64, 12, &mut text);
        w.field_str(field, &text);
    }
}
fn fields(model: &Json) -> Result<Found, String> {
    let token = |suffix: &str| -> Result<Vec<(&'static str, u128)>, String> {
        let mut rates = Vec::new();
        for (ours, theirs) in TOKEN {
            rates.extend(rate(model, &format!("{theirs}{suffix}"))?.map(|r| (ours, r)));
        }
        Ok(rates)
    };
    let rates = token("")?;
    let has = |list: &[(&str, u128)], field| list.iter().any(|(f, _)| *f == field);
    if has(&rates, "input") || has(&rates, "output") {
        let mut rates = rates;
        if !has(&rates, "input") {
            return Err("no `input_cost_per_token`".to_string());
        }
        if !has(&rates, "output") {
            // what writes nothing has no price for it
            let silent = matches!(model.at("mode").and_then(Json::as_str), Some("embedding" | "rerank" | "moderation"));
            if !silent {
                return Err("no `output_cost_per_token`".to_string());
            }
            rates.insert(1, ("output", 0));
        }
        let mut tiers = Vec::new();
        for thousands in tiers_of(model) {
            let mut own = token(&format!("_above_{thousands}k_tokens"))?;
            // what a tier does not name costs what it does below
            own.extend(rates.iter().filter(|(f, _)| !own.iter().any(|(o, _)| o == f)).copied().collect::<Vec<_>>());
            tiers.push((thousands * 1_000 + 1, own));
        }
        return Ok(Found { unit: "token", rates, tiers });
    }
    for (unit, theirs, many) in OTHER {
        if let Some(rate) = rate(model, theirs)? {
            return Ok(Found { unit, rates: alloc::vec![("price", rate * many)], tiers: Vec::new() });
        }
    }
    Err("no price by token, second, character or request".to_string())
}

/// The thousands of tokens above which other rates hold, ascending.
fn tiers_of(model: &Json) -> Vec<u64> {
    let Json::Obj(entries) = model else { return Vec::new() };
    let one = |key: &str| -> Option<u64> {
        let (field, above) = key.split_once("_above_")?;
        let known = TOKEN.iter().any(|(_, theirs)| *theirs == field);
        above.strip_suffix("k_tokens").filter(|_| known)?.parse().ok().filter(|n| (1..=1_000_000).contains(n))
    };
    let mut out: Vec<u64> = entries.iter().filter_map(|(key, _)| one(key)).collect();
    crate::base::order::sort_by_key(&mut out, |n| *n);
    out.dedup();
    out
}

/// A price in pico-dollars, rounded up; `None` where there is none.
fn rate(model: &Json, field: &str) -> Result<Option<u128>, String> {
    let dollars = match model.at(field) {
        None | Some(Json::Null) => return Ok(None),
        Some(json) => json.as_f64().filter(|n| (0.0..=1.0).contains(n)),
    };
    let dollars = dollars.ok_or_else(|| format!("`{field}` is no price of up to a dollar"))?;
    let text = format!("{}", Decimal(dollars));
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, "0"));
    let kept = fraction.get(..12).unwrap_or(fraction);
    let more = fraction.get(12..).is_some_and(|rest| rest.bytes().any(|b| b != b'0'));
    let exact = picos(&format!("{whole}.{kept}")).map(|n| n + u128::from(more));
    exact.map(Some).ok_or_else(|| format!("`{field}` is no price"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::doc::Faults;
    use crate::cost::policy::{Prices, read_prices};
    use crate::cost::price::{Per, Rates};

    fn import(text: &str) -> (Prices, Imported) {
        let imported = litellm(&Json::parse(text).unwrap(), "2026-01-31", &[]);
        let json = Json::parse(&imported.document).unwrap();
        let faults = Faults::of(&json);
        let prices = read_prices(&faults.root().table().unwrap());
        assert!(faults.is_empty(), "{:?}: {}", faults.into_vec(), imported.document);
        (prices, imported)
    }
    #[test]
    fn prices_arrive_to_the_pico_dollar() {
        let (p, imported) = import(
            r#"{"sample_spec":{"input_cost_per_token":"…"},
            "gpt":{"input_cost_per_token":6.25e-08,"output_cost_per_token":4e-07,"cache_read_input_token_cost":6.25e-09,
                   "output_cost_per_reasoning_token":5e-7,"litellm_provider":"x","mode":"chat","max_tokens":4096},
            "long":{"input_cost_per_token":1e-06,"output_cost_per_token":2e-06,"input_cost_per_token_above_200k_tokens":3e-06},
            "embed":{"input_cost_per_token":2e-08,"mode":"embedding"},
            "third":{"input_cost_per_token":6.666666667e-07,"output_cost_per_token":0},
            "whisper":{"input_cost_per_second":0.0001,"mode":"audio_transcription"},
            "tts":{"input_cost_per_character":1.5e-05}}"#,
        );
        assert_eq!((imported.taken, imported.left_out.len(), p.iter().count()), (6, 0, 6));
        let rates = |name| p.find(name).unwrap().rates;
        assert_eq!(
            rates("gpt"),
            Rates { input: 62_500, output: 400_000, cached: Some(6_250), cache_write: None, reasoning: Some(500_000) }
        );
        assert_eq!((rates("embed").input, rates("embed").output, rates("third").input), (20_000, 0, 666_667));
        let above = Rates { input: 3_000_000, output: 2_000_000, ..Rates::default() };
        assert_eq!(p.find("long").unwrap().tiers, [(200_001, above)], "above 200,000 is from 200,001");
        let whisper = p.find("whisper").unwrap();
        assert_eq!((whisper.per, whisper.rates.input), (Per::Minute, 6_000_000_000));
        assert_eq!((p.find("tts").unwrap().per, p.find("tts").unwrap().as_of), (Per::Character, 20_484));
    }
    #[test]
    fn what_cannot_be_said_is_left_out_and_named() {
        let (p, imported) = import(
            r#"{"image":{"input_cost_per_pixel":1e-08},"dear":{"input_cost_per_token":3,"output_cost_per_token":1e-6},
            "text":{"input_cost_per_token":"1e-6"},"below":{"input_cost_per_token":-1e-6},"half":{"input_cost_per_token":1e-6,"mode":"chat"},"odd":7}"#,
        );
        let names: Vec<&str> = imported.left_out.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!((names, p.iter().count()), (alloc::vec!["image", "dear", "text", "below", "half", "odd"], 0));
        assert_eq!(imported.left_out[4].1, "no `output_cost_per_token`", "not for free");
        assert_eq!(imported.left_out[1].1, "`input_cost_per_token` is no price of up to a dollar");
        assert_eq!(litellm(&Json::Null, "2026-01-31", &[]), Imported::default());
        let file = Json::parse(r#"{"a":{"input_cost_per_second":0},"b":{"input_cost_per_second":0}}"#).unwrap();
        assert_eq!(litellm(&file, "2026-01-31", &["b"]).taken, 1);
    }
}
