//! Facts from outside calls: probe results and gauges.
use crate::base::error::{Code, Fault};
use crate::base::time::Instant;
use crate::engine::{Decision, Engine, Observation, Output};
use alloc::string::String;

/// How many gauges an engine keeps.
const MAX_GAUGES: usize = 256;
const EXACT: f64 = 9_007_199_254_740_991.0;

impl Engine {
    /// Takes a fact in. Errors: `unknown_service`; `too_many` gauges; `number_not_finite`; `number_out_of_range`.
    pub fn observe(&mut self, observation: Observation, at: Instant) -> Result<Output<'_>, Fault> {
        match &observation {
            Observation::Probe { service, .. } if *service as usize >= self.services.len() => {
                return Err(Fault::at(Code::UnknownService, "service", format_args!("there is no service {service}")));
            }
            Observation::Gauge { value, .. } if !value.is_finite() => {
                return Err(Fault::at(Code::NumberNotFinite, "value", format_args!("a gauge is a finite number")));
            }
            Observation::Gauge { value, .. } if !(-EXACT..=EXACT).contains(value) => {
                return Err(Fault::at(
                    Code::NumberOutOfRange,
                    "value",
                    format_args!("a gauge is a number within 2^53"),
                ));
            }
            Observation::Gauge { name, .. } if self.gauge(name).is_none() && self.gauges.len() >= MAX_GAUGES => {
                return Err(Fault::at(Code::TooMany, "gauge", format_args!("at most {MAX_GAUGES} gauges")));
            }
            _ => {}
        }
        let now = self.begin(at);
        match observation {
            Observation::Probe { service, result } => {
                self.status.probe(&self.policy.status, service as usize, result, now, &mut self.status_effects);
                self.take_status();
            }
            Observation::Gauge { name, value } => {
                self.keep_gauge(Gauge { name, value, at: now });
            }
        }
        Ok(self.end(Decision::Done))
    }
    /// A gauge by its name.
    pub(super) fn gauge(&self, name: &str) -> Option<&Gauge> {
        self.gauges.iter().find(|gauge| gauge.name == name)
    }
    /// Takes the place of the gauge of the same name, or its own among the others.
    pub(super) fn keep_gauge(&mut self, gauge: Gauge) {
        let at = self.gauges.partition_point(|other| other.name < gauge.name);
        match self.gauges.get_mut(at).filter(|other| other.name == gauge.name) {
            Some(old) => *old = gauge,
            None => self.gauges.insert(at, gauge),
        }
    }
}

/// What a host observed last under a name.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Gauge {
    pub(super) name: String,
    pub(super) value: f64,
    pub(super) at: Instant,
}
