//! Is this upstream worth calling at all? One breaker answers for one service, or for one key of it.
//!
//! `policy` says when it trips and how it recovers, `state` is the machine, `probes` judges a half-open round,
//! `rollup` turns the breakers of many keys into one of the whole service, `view` is what a report sees.
mod kinds;
mod policy;
mod probes;
mod rollup;
mod snapshot;
mod state;
mod view;

pub use policy::{BreakerContext, BreakerPolicy, HalfOpenRule, OpenRule, RollupRule, SlowRule, WindowRule};
pub use rollup::{Member, Members};
pub use state::{Because, Breaker, Deadline, Kind, Order, Pass, Phase, Record, Refused, Transition};
pub use view::BreakerView;
