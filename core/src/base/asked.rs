//! What a reader asks of a document: every key, and the form in which it wants the value. The schemas are held to this. Built only
//! with the feature `schema`; the log is a field of [`Faults`](crate::base::doc::Faults), so that reading stays pure.
use crate::base::num::Ratio;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;

/// The form that a reader wants.
#[derive(Clone, PartialEq, Debug)]
pub enum Form {
    /// Any; the reader looks at the value itself.
    Any,
    /// A table.
    Table,
    /// A list.
    List,
    /// Text.
    Text,
    /// One text or a list of texts.
    Texts,
    /// A name.
    Name,
    /// A boolean.
    Boolean,
    /// A whole number within a range.
    Integer(u64, u64),
    /// A number within a range.
    Ratio(Ratio, Ratio),
    /// A share within (0, 1].
    Share,
    /// A duration.
    Span,
    /// One of these words.
    Word(Vec<String>),
}

/// One question of a reader.
#[derive(Clone, PartialEq, Debug)]
pub struct Ask {
    /// The path of the value, such as `services.afip.breaker.window`.
    pub path: String,
    /// The form asked for.
    pub form: Form,
}

/// What was asked so far, in order.
#[derive(Default, Debug)]
pub struct Log {
    asks: RefCell<Vec<Ask>>,
}

impl Log {
    /// Notes a question.
    pub(super) fn note(&self, path: String, form: Form) {
        self.asks.borrow_mut().push(Ask { path, form });
    }
    /// All questions so far; the log is empty afterwards.
    pub fn take(&self) -> Vec<Ask> {
        self.asks.take()
    }
}
