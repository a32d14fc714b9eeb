//! What documents, inputs and outputs look like, as JSON Schema (draft 2020-12): the one description that editors, TypeScript
//! types and pydantic models are made from.
//!
//! Readers and writers stay by hand; this room stands beside them and is held to them by tests, which ask the reader for every
//! key, range and word (`base::asked`) and validate every vector. Descriptions come from the pages, defaults from the one
//! table of defaults. Only hosts build this room (feature `schema`).
mod health;
mod input;
mod output;
mod page;
mod policy;
mod shape;

pub use health::{health, problem};
pub use input::input;
pub use output::{names, output};
pub use page::Page;
pub use policy::policy;

/// The dialect of every schema.
pub const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";
