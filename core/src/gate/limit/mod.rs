//! How much may pass in a time: one limit rule, and its state for one key.
//!
//! [`LimitPolicy`] is what the document says, [`LimitState`] is what one key has used. A state is given the policy and the
//! present instant in every call and knows no clock of its own. Three algorithms share that shape: [`token_bucket`],
//! [`sliding_window`] and [`fixed_window`].
pub mod fixed_window;
pub mod headers;
pub mod penalty;
pub mod period;
pub mod policy;
pub mod sliding_window;
pub mod state;
pub mod token_bucket;
pub mod view;

pub use penalty::Penalty;
pub use period::Period;
pub use policy::{Algorithm, LimitPolicy, OnRefuse};
pub use state::{LimitCheck, LimitState};
pub use token_bucket::Lane;
pub use view::LimitView;
