//! The price tables of a document: data with a date, never code.
use crate::base::calendar::DAY_MICROS;
use crate::base::doc::{Node, Table, clip};
use crate::base::error::Code;
use crate::base::order::{sort_by, sort_by_key};
use crate::base::when::read_local;
use crate::cost::price::{PERS, Per, Price, Rates, Round, Verdict};
use crate::cost::usage::Usage;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Prices of one document: at most.
pub const MAX_PRICES: usize = 10_000;
/// Tiers of one price: at most.
const MAX_TIERS: usize = 8;
/// The largest price of one unit, in pico-dollars: a thousand dollars.
const MAX_RATE: u64 = 1_000_000_000_000_000;
/// The largest price of a token: one dollar. More was meant for a thousand or a million of them.
const MAX_TOKEN_RATE: u64 = 1_000_000_000_000;

/// All prices, by name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Prices {
    list: Vec<(String, Price)>,
}

impl Prices {
    /// The price of a name. Cost: O(log prices).
    pub fn find(&self, name: &str) -> Option<&Price> {
        let at = self.list.binary_search_by(|(other, _)| other.as_str().cmp(name)).ok()?;
        self.list.get(at).map(|(_, price)| price)
    }
    /// What a use of a name costs; a name without a price is a verdict of its own.
    pub fn cost(&self, name: &str, usage: &Usage, round: Round) -> Verdict {
        self.find(name).map_or(Verdict::UnknownPrice, |price| price.cost(usage, round))
    }
    /// The most that a use can cost at any of these prices, for a name that has none: the ceiling.
    pub fn ceiling(&self, usage: &Usage, round: Round) -> Verdict {
        let known = self.list.iter().filter_map(|(_, price)| match price.cost(usage, round) {
            Verdict::Cost(money) => Some(money),
            _ => None,
        });
        known.max().map_or(Verdict::UnknownPrice, Verdict::Cost)
    }
    /// All of them, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Price)> {
        self.list.iter().map(|(name, price)| (name.as_str(), price))
    }
}

/// Reads `prices`: a table of prices by name.
pub fn read_prices(t: &Table) -> Prices {
    let Some(all) = t.table("prices") else {
        return Prices::default();
    };
    let mut entries = all.entries();
    if entries.len() > MAX_PRICES {
        all.fault(Code::TooMany, format_args!("at most {MAX_PRICES} prices"));
        entries.truncate(MAX_PRICES);
    }
    let mut list = Vec::new();
    for (name, node) in entries {
        if name.is_empty() || name.len() > 256 {
            node.fault(Code::BadName, format_args!("`{}` is no name of 1 to 256 bytes", clip(name)));
        } else if let Some(price) = read_price(&node) {
            list.push((name.to_string(), price));
        }
    }
    sort_by(&mut list, |(a, _), (b, _)| a.cmp(b));
    Prices { list }
}

fn read_price(node: &Node) -> Option<Price> {
    let t = node.table()?;
    let word = t.word("unit", &PERS);
    if word.is_none() && t.has("unit") {
        return None;
    }
    let per = word.unwrap_or(Per::Token);
    let rates = read_rates(&t, per);
    let request = t.node("request").map(|n| read_rate(&n, Per::Request));
    let mut tiers = read_tiers(&t, per);
    sort_by_key(&mut tiers, |(from, _)| *from);
    if tiers.windows(2).any(|pair| matches!(pair, [a, b] if a.0 == b.0)) {
        t.fault_at("tiers", Code::DuplicateName, format_args!("two tiers begin at the same count"));
    }
    let as_of = t.node("as_of").and_then(|n| read_local(&n));
    if !t.has("as_of") {
        t.fault_at("as_of", Code::MissingField, format_args!("a price has a date: `as_of = \"2026-01-31\"`"));
    }
    t.finish();
    let request = request.unwrap_or(Some(0));
    Some(Price { per, rates: rates?, tiers, request: request?, as_of: as_of?.div_euclid(DAY_MICROS) })
}

/// `input` and `output` of a price by tokens, with `cached`, `cache_write`, `reasoning`; `price` of any other.
fn read_rates(t: &Table, per: Per) -> Option<Rates> {
    let rate = |key: &str| t.node(key).map(|n| read_rate(&n, per));
    let needed = |key: &str| {
        if !t.has(key) {
            t.fault_at(key, Code::MissingField, format_args!("`{key}` is missing"));
        }
        rate(key).flatten()
    };
    if per != Per::Token {
        return needed("price").map(|input| Rates { input, ..Rates::default() });
    }
    let (input, output) = (needed("input"), needed("output"));
    let parts = ["cached", "cache_write", "reasoning"].map(rate);
    if parts.contains(&Some(None)) {
        return None;
    }
    let [cached, cache_write, reasoning] = parts.map(Option::flatten);
    Some(Rates { input: input?, output: output?, cached, cache_write, reasoning })
}

fn read_tiers(t: &Table, per: Per) -> Vec<(u64, Rates)> {
    let mut nodes = t.list("tiers").unwrap_or_default();
    if per != Per::Token && !nodes.is_empty() {
        t.fault_at("tiers", Code::Conflict, format_args!("only a price by tokens has tiers"));
    }
    if nodes.len() > MAX_TIERS {
        t.fault_at("tiers", Code::TooMany, format_args!("at most {MAX_TIERS} tiers"));
        nodes.truncate(MAX_TIERS);
    }
    let read = |node: &Node| {
        let tier = node.table()?;
        let from = tier.integer("from", 1, crate::cost::usage::MAX_COUNT);
        if !tier.has("from") {
            tier.fault_at("from", Code::MissingField, format_args!("`from` is missing"));
        }
        let rates = read_rates(&tier, per);
        tier.finish();
        Some((from?, rates?))
    };
    nodes.iter().filter_map(read).collect()
}

/// Reads `"0.01/1k"`, `"2.50/1M"`, `"0.006"`: pico-dollars for one unit. Faults: `wrong_type`, `bad_money`, `number_out_of_range`.
fn read_rate(node: &Node, per: Per) -> Option<u64> {
    let text = node.text()?;
    let (amount, count) = text.split_once('/').unwrap_or((text, "1"));
    let parsed = picos(amount).zip(units(count, per));
    let Some((picos, count)) = parsed.filter(|(picos, count)| picos % u128::from(*count) == 0) else {
        node.fault(
            Code::BadMoney,
            format_args!("`{}` is no price such as `0.01/1k`, exact to a pico-dollar", clip(text)),
        );
        return None;
    };
    let most = if per == Per::Token { MAX_TOKEN_RATE } else { MAX_RATE };
    let rate = u64::try_from(picos / u128::from(count)).ok().filter(|rate| *rate <= most);
    if rate.is_none() {
        node.fault(
            Code::NumberOutOfRange,
            format_args!("`{}` is hardly meant for one: add `/1k` or `/1M`", clip(text)),
        );
    }
    rate
}
/// `1k`, `1K`, `1M`, a count, or the unit's own word.
fn units(text: &str, per: Per) -> Option<u64> {
    match text {
        "1k" | "1K" => Some(1_000),
        "1M" => Some(1_000_000),
        word if PERS.iter().any(|(w, p)| *w == word && *p == per) => Some(1),
        count => count.bytes().all(|b| b.is_ascii_digit()).then(|| count.parse().ok())?.filter(|n| *n > 0),
    }
}
/// Decimal dollars in pico-dollars: at most twelve decimals that are not zero.
pub(crate) fn picos(text: &str) -> Option<u128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let kept = fraction.trim_end_matches('0');
    if !digits(whole) || !digits(fraction) || kept.len() > 12 || whole.len() > 12 {
        return None;
    }
    let all = whole.bytes().chain(kept.bytes()).chain(core::iter::repeat_n(b'0', 12 - kept.len()));
    Some(all.fold(0, |n, b| n * 10 + u128::from(b - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::doc::Faults;
    use crate::base::json::Json;
    use crate::cost::sms::sms;
    use alloc::format;

    fn read(body: &str) -> (Prices, Vec<(Code, String)>) {
        let json = Json::parse(&format!(r#"{{"prices":{body}}}"#)).unwrap();
        let faults = Faults::of(&json);
        let prices = read_prices(&faults.root().table().unwrap());
        (prices, faults.into_vec().iter().map(|f| (f.code, f.path.clone())).collect())
    }
    fn dollars(v: Verdict) -> String {
        match v {
            Verdict::Cost(money) => money.to_string(),
            other => format!("{other:?}"),
        }
    }
    const TABLE: &str = r#"{
        "gpt-4-turbo":{"input":"0.01/1k","output":"0.03/1k","as_of":"2024-04-09"},
        "gpt-4":{"unit":"token","input":"0.03/1k","output":"0.06/1k","as_of":"2024-04-09"},
        "gpt-3.5-turbo":{"input":"0.0005/1k","output":"0.0015/1k","as_of":"2024-04-09"},
        "whisper-1":{"unit":"minute","price":"0.006/minute","as_of":"2024-04-09"},
        "sms":{"unit":"segment","price":"0.0079","as_of":"2024-04-09"},
        "geocode":{"unit":"request","price":"0.005","as_of":"2024-04-09"},
        "nano":{"input":"0.0625/1M","output":"0.4/1M","cached":"0.005/1M","as_of":"2026-01-01","request":"0.001",
                "tiers":[{"from":128000,"input":"0.125/1M","output":"0.8/1M"}]}}"#;

    // covers: R-1086, R-1087, R-1088, R-1089, R-1149, R-1150
    #[test]
    fn the_prices_of_a_product_come_to_what_they_should() {
        let (p, faults) = read(TABLE);
        assert_eq!(faults, []);
        let llm = |name, input, output| dollars(p.cost(name, &Usage::tokens(input, output), Round::HalfEven));
        assert_eq!(llm("gpt-4-turbo", 1_500, 500), "0.03");
        assert_eq!(llm("gpt-4", 1_000, 1_000), "0.09");
        assert_eq!(llm("gpt-3.5-turbo", 600, 100), "0.00045");
        assert_eq!(10_000_000_000u64 / 450_000, 22_222, "conversations for ten dollars");
        let audio = Usage { audio_ms: Some(150_000), ..Usage::NONE };
        assert_eq!(dollars(p.cost("whisper-1", &audio, Round::HalfEven)), "0.015");
        let text = Usage { segments: Some(sms(&"a".repeat(161)).segments), ..Usage::NONE };
        assert_eq!(dollars(p.cost("sms", &text, Round::HalfEven)), "0.0158");
        assert_eq!(dollars(p.cost("geocode", &Usage::NONE, Round::HalfEven)), "0.005");
        assert_eq!(dollars(p.cost("geocode", &Usage { requests: Some(40_000), ..Usage::NONE }, Round::Up)), "200");
    }
    #[test]
    fn what_has_no_price_is_not_free() {
        let (p, _) = read(TABLE);
        assert_eq!(p.cost("gpt-9", &Usage::tokens(1, 1), Round::Up), Verdict::UnknownPrice);
        assert_eq!(dollars(p.ceiling(&Usage::tokens(1_000, 1_000), Round::Up)), "0.09", "as the dearest of all");
        assert_eq!(Prices::default().ceiling(&Usage::tokens(1, 1), Round::Up), Verdict::UnknownPrice);
    }
    #[test]
    fn tenths_of_nano_dollars_are_exact() {
        let (p, _) = read(TABLE);
        let nano = p.find("nano").unwrap();
        assert_eq!((nano.rates.input, nano.rates.cached, nano.request), (62_500, Some(5_000), 1_000_000_000));
        assert_eq!(nano.tiers, [(128_000, Rates { input: 125_000, output: 800_000, ..Rates::default() })]);
        assert_eq!(dollars(nano.cost(&Usage::tokens(2, 0), Round::HalfEven)), "0.001000125");
        assert_eq!(nano.as_of, 20_454);
    }
    #[test]
    fn every_fault_is_told_with_its_path() {
        let (p, faults) = read(
            r#"{"a":{"input":0.01,"output":"30","as_of":"2024-13-01"},"b":{"unit":"minute","input":"1","price":"1/segment","as_of":"2024-01-01"},
            "c":{"unit":"hour"},"d":{"input":"1/3","output":"-1","cached":"x","tiers":[{"input":"1/1k","output":"1/1k"}]},
            "e":{"unit":"request","price":"0.0000000000001","as_of":"2024-01-01","request":"1001"},"":{}}"#,
        );
        let want = [
            (Code::WrongType, "a.input"),
            (Code::NumberOutOfRange, "a.output"),
            (Code::NumberOutOfRange, "a.as_of"),
            (Code::BadMoney, "b.price"),
            (Code::UnknownField, "b.input"),
            (Code::WrongType, "c.unit"),
            (Code::BadMoney, "d.input"),
            (Code::BadMoney, "d.output"),
            (Code::BadMoney, "d.cached"),
            (Code::MissingField, "d.tiers[0].from"),
            (Code::MissingField, "d.as_of"),
            (Code::BadMoney, "e.price"),
            (Code::NumberOutOfRange, "e.request"),
        ];
        let want: Vec<_> = want.iter().map(|(code, path)| (*code, format!("prices.{path}"))).collect();
        assert_eq!(faults[..want.len()], want);
        assert_eq!((faults.len(), faults[want.len()].0, p.iter().count()), (want.len() + 1, Code::BadName, 0));
    }
}
