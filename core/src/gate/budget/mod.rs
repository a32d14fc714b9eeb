//! May this call spend? Budgets: limits in money or units by period, with money held for calls in flight.
//!
//! [`BudgetPolicy`] is what the document says of one budget, [`ChainSpec`] which budgets a service draws on. The [`Ledger`] holds all that
//! is spent and held: [`reserve`](Ledger::reserve) before a call, [`extend`](Ledger::extend) while it runs, [`settle`](Ledger::settle) or
//! [`release`](Ledger::release) after it; a hold of which nobody hears any more expires. Every limit of a chain grants, or nothing is held.
mod account;
mod ask;
pub mod chain;
mod check;
pub mod estimate;
pub mod event;
pub mod forecast;
mod hold;
pub mod increase;
pub mod ledger;
mod line;
pub mod message;
pub mod order;
pub mod period;
pub mod policy;
mod reload;
mod reserve;
mod retry;
mod rows;
mod settle;
mod snapshot;
pub mod threshold;
mod turn;
pub mod unit;
pub mod view;

pub use ask::{Ask, Extended, Grant, Problem, Reserved, Settled};
pub use chain::{ChainSpec, Level, slack};
pub use check::{Cause, Failing, Refusal};
pub use event::{Basis, Event, Which};
pub use hold::{MAX_ENTRIES, Phase};
pub use ledger::{Amounts, Ledger, NO_PLACE};
pub use order::OrderFault;
pub use policy::{BudgetPolicy, read_budgets, read_hold_ttl};
pub use unit::Unit;
pub use view::{BudgetView, State};
