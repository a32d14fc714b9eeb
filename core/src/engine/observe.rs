//! Facts from outside calls: probe results and gauges.
use crate::base::error::{Code, Fault};
use crate::base::time::Instant;
use crate::engine::{Decision, Engine, Observation, Output};
use alloc::format;

/// How many gauges an engine keeps.
const MAX_GAUGES: usize = 256;

impl Engine {
    /// Takes a fact in. Errors: `unknown_service`; `too_many` gauges; `number_not_finite`.
    pub fn observe(&mut self, observation: Observation, at: Instant) -> Result<Output<'_>, Fault> {
        match &observation {
            Observation::Probe { service, .. } if *service as usize >= self.services.len() => {
                return Err(Fault::new(Code::UnknownService, "service", format!("there is no service {service}")));
            }
            Observation::Gauge { value, .. } if !value.is_finite() => {
                return Err(Fault::new(Code::NumberNotFinite, "value", "a gauge is a finite number"));
            }
            Observation::Gauge { name, .. } if !self.gauges.contains_key(name) && self.gauges.len() >= MAX_GAUGES => {
                return Err(Fault::new(Code::TooMany, "gauge", format!("at most {MAX_GAUGES} gauges")));
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
                self.gauges.insert(name, (value, now));
            }
        }
        Ok(self.end(Decision::Done))
    }
}
