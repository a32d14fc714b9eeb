//! What a call used, in disjoint categories.
use crate::base::error::Code;

/// What a call used; `None` is not known, which is not nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Usage {
    /// Tokens read at the full price.
    pub input: Option<u64>,
    /// Tokens written, reasoning left out.
    pub output: Option<u64>,
    /// Tokens read from a cache.
    pub cached: Option<u64>,
    /// Tokens written to a cache.
    pub cache_write: Option<u64>,
    /// Tokens written that nobody sees.
    pub reasoning: Option<u64>,
    /// Audio in milliseconds.
    pub audio_ms: Option<u64>,
    /// Characters.
    pub characters: Option<u64>,
    /// Billed text messages.
    pub segments: Option<u64>,
    /// Requests; one by default.
    pub requests: Option<u64>,
}

/// The largest count of anything that a call may use: 10^15.
pub const MAX_COUNT: u64 = 1_000_000_000_000_000;

impl Usage {
    /// So many tokens read and written.
    pub const fn tokens(input: u64, output: u64) -> Usage {
        Usage { input: Some(input), output: Some(output), ..Usage::NONE }
    }
    /// Nothing is known.
    pub const NONE: Usage = Usage {
        input: None,
        output: None,
        cached: None,
        cache_write: None,
        reasoning: None,
        audio_ms: None,
        characters: None,
        segments: None,
        requests: None,
    };
    /// Takes the cached tokens out of the input and the reasoning out of the output, for upstreams that count them in both.
    /// Errors: `number_out_of_range` where a part is larger than its whole.
    pub fn disjoint(self) -> Result<Usage, Code> {
        let less = |whole: Option<u64>, parts: u64| match whole {
            Some(whole) => whole.checked_sub(parts).map(Some).ok_or(Code::NumberOutOfRange),
            None => Ok(None),
        };
        let read = self.cached.unwrap_or(0).saturating_add(self.cache_write.unwrap_or(0));
        Ok(Usage { input: less(self.input, read)?, output: less(self.output, self.reasoning.unwrap_or(0))?, ..self })
    }
    /// Are all counts below 10^15?
    pub fn is_sane(&self) -> bool {
        let all = [
            self.input,
            self.output,
            self.cached,
            self.cache_write,
            self.reasoning,
            self.audio_ms,
            self.characters,
            self.segments,
            self.requests,
        ];
        all.iter().flatten().all(|n| *n <= MAX_COUNT)
    }
    /// All tokens read: what price tiers go by.
    pub fn prompt(&self) -> u64 {
        let parts = [self.input, self.cached, self.cache_write];
        parts.iter().flatten().fold(0, |sum, n| sum.saturating_add(*n))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_twice_is_taken_out_once() {
        let told = Usage { cached: Some(30), reasoning: Some(5), ..Usage::tokens(100, 20) };
        let apart = told.disjoint().unwrap();
        assert_eq!((apart.input, apart.cached, apart.output, apart.reasoning), (Some(70), Some(30), Some(15), Some(5)));
        assert_eq!((told.prompt(), apart.prompt()), (130, 100));
        assert_eq!(Usage { cached: Some(101), ..told }.disjoint(), Err(Code::NumberOutOfRange));
        assert_eq!(Usage { cached: Some(1), ..Usage::NONE }.disjoint().map(|u| u.input), Ok(None));
    }
    #[test]
    fn absurd_counts_are_seen() {
        assert!(Usage::tokens(MAX_COUNT, 0).is_sane() && !Usage::tokens(0, MAX_COUNT + 1).is_sane());
    }
}
