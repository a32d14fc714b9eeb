//! What a reader asks of a document: every key, and the form in which it wants the value. The schemas are held to this.
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

std::thread_local! {
    static LOG: RefCell<Option<Vec<Ask>>> = const { RefCell::new(None) };
}

/// Everything that `work` asks on this thread.
pub fn record<T>(work: impl FnOnce() -> T) -> (T, Vec<Ask>) {
    LOG.set(Some(Vec::new()));
    let done = work();
    (done, LOG.take().unwrap_or_default())
}

/// Notes a question, where somebody listens.
pub(crate) fn note(ask: impl FnOnce() -> (String, Form)) {
    LOG.with_borrow_mut(|log| {
        if let Some(log) = log {
            let (path, form) = ask();
            log.push(Ask { path, form });
        }
    });
}
