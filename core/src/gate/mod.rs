//! Floor 2: the gates a call passes. Each answers "may this call proceed?" with `check` (writes nothing)
//! and takes what it granted with `commit`.
pub mod breaker;
pub mod budget;
pub mod limit;
pub mod rule;
