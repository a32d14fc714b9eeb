//! A ledger to try: one policy, some services, a clock that is set by hand.
#![allow(dead_code)]
use brownout::base::doc::Faults;
use brownout::base::json::Json;
use brownout::base::time::{Instant, Span};
use brownout::gate::budget::*;

/// How long holds stand.
pub const TTL: i64 = 120_000;
/// A day in milliseconds.
pub const DAY: i64 = 86_400_000;

pub fn dollars(n: u64) -> u64 {
    n * 1_000_000_000
}
pub fn cents(n: u64) -> u64 {
    n * 10_000_000
}
pub fn at_ms(ms: i64) -> Instant {
    Instant::from_millis(ms)
}
pub fn read(budgets: &str) -> Vec<BudgetPolicy> {
    let json = Json::parse(&format!(r#"{{"budgets":{budgets}}}"#)).unwrap();
    let faults = Faults::of(&json);
    let policies = read_budgets(&faults.root().table().unwrap());
    assert!(faults.is_empty(), "{:?}", faults.into_vec());
    policies
}
pub fn specs(budgets: &[BudgetPolicy], services: &[(&str, &[&str])]) -> Vec<ChainSpec> {
    let place = |name: &&str| budgets.iter().position(|b| b.name == **name).unwrap() as u16;
    let spec = |(service, names): &(&str, &[&str])| ChainSpec {
        service: service.to_string(),
        budgets: names.iter().map(place).collect(),
        ttl: Span::from_millis(TTL),
    };
    services.iter().map(spec).collect()
}

pub struct Book {
    pub ledger: Ledger,
    pub refusal: Refusal,
    pub now: Instant,
    pub chain: u16,
    pub places: Vec<u32>,
}

impl Book {
    /// One service that draws on these budgets.
    pub fn new(budgets: &str, names: &[&str]) -> Book {
        Book::with(budgets, &[("s", names)])
    }
    pub fn with(budgets: &str, services: &[(&str, &[&str])]) -> Book {
        let policies = read(budgets);
        let ledger = Ledger::new(&policies, &specs(&policies, services), &[], 1_000);
        Book { ledger, refusal: Refusal::default(), now: Instant::EPOCH, chain: 0, places: vec![0] }
    }
    pub fn at(&mut self, ms: i64) {
        self.now = at_ms(ms);
        self.ledger.advance(self.now);
    }
    pub fn ask<'a>(&self, id: u64, amounts: &'a Amounts) -> Ask<'a> {
        let places = self.places.clone().leak();
        Ask { id, keyed: true, chain: self.chain, places, amounts }
    }
    /// A reserve that is granted.
    pub fn reserve(&mut self, id: u64, nanos: u64) -> Grant {
        let amounts = Amounts::nanos(nanos);
        let ask = self.ask(id, &amounts);
        match self.ledger.reserve(&ask, self.now, &mut self.refusal) {
            Ok(Reserved::Granted(grant)) => grant,
            other => panic!("{other:?}: {:?}", self.refusal),
        }
    }
    /// A reserve that is refused.
    pub fn refused(&mut self, id: u64, nanos: u64) -> Refusal {
        let amounts = Amounts::nanos(nanos);
        let ask = self.ask(id, &amounts);
        assert_eq!(self.ledger.reserve(&ask, self.now, &mut self.refusal), Ok(Reserved::Refused));
        self.refusal.clone()
    }
    pub fn settle(&mut self, id: u64, nanos: u64) -> Settled {
        let amounts = Amounts::nanos(nanos);
        let ask = self.ask(id, &amounts);
        self.ledger.settle(&ask, self.now).unwrap()
    }
    pub fn extend(&mut self, id: u64, nanos: u64) -> Extended {
        self.ledger.extend(id, &Amounts::nanos(nanos), self.now, &mut self.refusal)
    }
    /// Reserves next to nothing and settles.
    pub fn spend(&mut self, id: u64, nanos: u64) {
        self.reserve(id, nanos);
        self.settle(id, nanos);
    }
    pub fn view(&self, budget: u16, line: u16) -> BudgetView {
        self.ledger.view(budget, line, self.places[0], self.now).unwrap()
    }
    /// Spent and held.
    pub fn totals(&self, budget: u16, line: u16) -> (u64, u64) {
        let view = self.view(budget, line);
        (view.spent, view.held)
    }
    /// What was told since the last look.
    pub fn events(&mut self) -> Vec<Event> {
        let out = self.ledger.events().to_vec();
        self.ledger.clear_events();
        out
    }
    /// Thresholds of what is spent that were told: line, percent, silent ones.
    pub fn thresholds(&mut self) -> Vec<(u16, u64, u8)> {
        let actual = |e: Event| match e {
            Event::Threshold { which, basis: Basis::Actual, threshold, silent, .. } => {
                Some((which.line, threshold.billionths() / 10_000_000, silent))
            }
            _ => None,
        };
        self.events().into_iter().filter_map(actual).collect()
    }
    /// Forecasts that were told: when the money runs out.
    pub fn forecasts(&mut self) -> Vec<Option<Instant>> {
        let forecast = |e: Event| match e {
            Event::Threshold { basis: Basis::Forecast, exhausts_at, .. } => Some(exhausts_at),
            _ => None,
        };
        self.events().into_iter().filter_map(forecast).collect()
    }
}
