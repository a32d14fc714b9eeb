//! What a page loads: feature states, the banner and when to ask the server again.
use alloc::string::String;
use brownout::base::error::Code;
use brownout::base::time::{Instant, Span};
use brownout::status::client::Client;
use wasm_bindgen::prelude::*;

/// What a page believes about the features. Instants and durations are milliseconds.
#[wasm_bindgen]
pub struct StatusClient(Client);

#[wasm_bindgen]
impl StatusClient {
    /// Knows nothing yet and asks at once. `seed` spreads the polls of many pages; 0 spreads nothing.
    pub fn open(seed: f64, at_ms: f64) -> Result<StatusClient, JsError> {
        Ok(StatusClient(Client::new(seed as u64, instant(at_ms)?)))
    }
    /// Takes the server's answer. True when what the page shows has changed. Throws on what is no answer, which then counts as missed.
    pub fn feed(&mut self, blob: &str, at_ms: f64) -> Result<bool, JsError> {
        self.0.feed(blob, instant(at_ms)?).map_err(|fault| coded(fault.code))
    }
    /// No answer came: the next poll waits longer.
    pub fn missed(&mut self, at_ms: f64) -> Result<(), JsError> {
        self.0.missed(instant(at_ms)?);
        Ok(())
    }
    /// The server asks for polls at least so far apart; below 0 ends it.
    pub fn hint(&mut self, wait_ms: f64, at_ms: f64) -> Result<(), JsError> {
        let wait = if wait_ms < 0.0 { None } else { Some(Span::from_wire_ms(wait_ms).map_err(coded)?) };
        self.0.hint(wait, instant(at_ms)?);
        Ok(())
    }
    /// When to ask next.
    #[wasm_bindgen(js_name = nextPollMs)]
    pub fn next_poll_ms(&self) -> f64 {
        self.0.next_poll().as_ms()
    }
    /// When the last answer stops being believed; -1 before the first.
    #[wasm_bindgen(js_name = staleAtMs)]
    pub fn stale_at_ms(&self) -> f64 {
        self.0.stale_at().map_or(-1.0, Instant::as_ms)
    }
    /// Everything for a page, as JSON.
    pub fn view(&self, lang: &str, at_ms: f64) -> Result<String, JsError> {
        Ok(self.0.view_json(lang, instant(at_ms)?))
    }
}

fn instant(at_ms: f64) -> Result<Instant, JsError> {
    Instant::from_wire_ms(at_ms).map_err(coded)
}

fn coded(code: Code) -> JsError {
    JsError::new(code.slug())
}
