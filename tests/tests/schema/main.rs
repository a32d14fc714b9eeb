//! The schemas say what the readers and writers say: no field, range or word more, and none less.
#![allow(clippy::unwrap_used, clippy::panic)]
mod corpus;
mod files;
mod policy;
mod verdict;
mod walk;
mod wire;
