//! How a report looks: one reading of the engine, rendered for people, monitors, load balancers, browsers and metrics stores.
//!
//! Views only: nothing here decides anything, and the body and the HTTP status come from the same place.
mod health;
mod ietf;
mod input;
mod live;
mod profiles;
mod prometheus;
mod simple;
mod text;
mod words;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

pub use crate::status::overall::exit_code;
pub use input::{
    BreakerLine, CapacityNumbers, GaugeLine, HealthInput, LimitLine, Load, RebuildsLine, SPREAD, TrafficLine,
};
pub use words::iso;

use crate::base::error::{Code, Fault};
use crate::base::write::join;
use alloc::string::String;

/// A rendered report: the body, what it is, and the HTTP status it goes out with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rendered {
    /// The HTTP status.
    pub status: u16,
    /// The content type, with its parameters.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

/// Which report, in the words of the request; an empty word takes the default.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ReportRequest<'a> {
    /// `health` (default), `live` or `ready`.
    pub view: &'a str,
    /// `native` (default), `campotech`, `vetmed`, `togetheros` or `ietf`.
    pub profile: &'a str,
    /// `json` (default), `simple`, `text`, `prometheus` or `openmetrics`; any other word is taken as `json`.
    pub format: &'a str,
    /// `basic` (default) or `detailed`.
    pub detail: &'a str,
    /// For the public: status and time, nothing else.
    pub production: bool,
    /// The language of titles; empty takes the policy's.
    pub lang: &'a str,
}

/// A dialect of the JSON report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Profile {
    Native,
    Campotech,
    Vetmed,
    Togetheros,
    Ietf,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum View {
    Health,
    Live,
    Ready,
}

pub(crate) const JSON: &str = "application/json";
pub(crate) const HEALTH_JSON: &str = "application/health+json";
pub(crate) const PLAIN: &str = "text/plain; charset=utf-8";
pub(crate) const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";
pub(crate) const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Renders a report. Errors: `bad_view` for an unknown view, profile or detail. An unknown format gives JSON.
pub fn render(input: &HealthInput, request: &ReportRequest) -> Result<Rendered, Fault> {
    let view = word("view", request.view, &[("health", View::Health), ("live", View::Live), ("ready", View::Ready)])?;
    let profile = word(
        "profile",
        request.profile,
        &[
            ("native", Profile::Native),
            ("campotech", Profile::Campotech),
            ("vetmed", Profile::Vetmed),
            ("togetheros", Profile::Togetheros),
            ("ietf", Profile::Ietf),
        ],
    )?;
    let detailed = word("detail", request.detail, &[("basic", false), ("detailed", true)])?;
    let ask = Ask {
        detailed: detailed && !request.production,
        lang: if request.lang.is_empty() { input.system.default_lang } else { request.lang },
    };
    Ok(match view {
        View::Live => live::live(input, profile),
        View::Ready => live::ready(input, profile),
        View::Health => match request.format {
            "simple" => simple::render(input),
            "text" if request.production => text::minimal(input),
            "text" => text::render(input, &ask),
            "prometheus" => prometheus::render(input, prometheus::Flavour::Text004),
            "openmetrics" => prometheus::render(input, prometheus::Flavour::OpenMetrics),
            _ if request.production => profiles::minimal(input, profile),
            _ => match profile {
                Profile::Native => health::render(input, &ask),
                Profile::Campotech => profiles::campotech(input, &ask),
                Profile::Vetmed => profiles::vetmed(input, &ask),
                Profile::Togetheros => profiles::togetheros(input),
                Profile::Ietf => ietf::render(input, &ask),
            },
        },
    })
}

/// What the rendering needs to know of the request.
struct Ask<'a> {
    /// Numbers and raw messages too.
    detailed: bool,
    lang: &'a str,
}

fn word<T: Copy>(path: &str, given: &str, table: &[(&str, T)]) -> Result<T, Fault> {
    let wanted = if given.is_empty() { table.first() } else { table.iter().find(|(w, _)| *w == given) };
    wanted.map(|(_, v)| *v).ok_or_else(|| {
        let names: alloc::vec::Vec<&str> = table.iter().map(|(w, _)| *w).collect();
        let given = crate::base::doc::clip(given);
        Fault::at(Code::BadView, path, format_args!("expected one of {}, found `{given}`", join(&names, ", ")))
    })
}
