//! Names to numbers: what a host resolves once, after load and after each reload.
use crate::base::error::{Code, Fault};
use crate::base::write::Writer;
use crate::call::OUTCOMES;
use crate::engine::{Engine, GATES, REFUSALS};
use alloc::format;
use alloc::string::String;

impl Engine {
    /// The number of a service for the host: policy epoch and place.
    pub fn service_handle(&self, index: u32) -> u32 {
        (u32::from(self.epoch) << 16) | index
    }
    /// The place of a service. Errors: `stale_handle` for a number from before a reload, `unknown_service`.
    #[inline]
    pub fn service_of(&self, handle: u32) -> Result<u32, Fault> {
        if handle >> 16 != u32::from(self.epoch) {
            return Err(Fault::at(Code::StaleHandle, "service", format_args!("{handle} is from another policy")));
        }
        let index = handle & 0xffff;
        if index as usize >= self.services.len() {
            return Err(Fault::at(Code::UnknownService, "service", format_args!("there is no service {index}")));
        }
        Ok(index)
    }
    /// The place of a service by name. Errors: `unknown_service`.
    pub fn service(&self, name: &str) -> Result<u32, Fault> {
        let at = self.policy.services.iter().position(|s| s.name == name);
        at.map(|i| i as u32).ok_or_else(|| {
            let name = crate::base::doc::clip(name);
            Fault::at(Code::UnknownService, "service", format_args!("there is no service `{name}`"))
        })
    }
    /// All names as JSON: handles of services, their limits and timeouts, features, key names, units, and the words of numeric codes.
    #[inline(never)]
    pub fn names_json(&self) -> String {
        let mut w = Writer::default();
        w.begin();
        w.field_num("epoch", self.epoch);
        w.field_str("policy", &self.policy.name);
        w.field_str("policy_hash", &format!("{:016x}", self.policy.hash));
        w.key("services");
        w.begin_list();
        for (i, s) in self.policy.services.iter().enumerate() {
            w.begin();
            w.field_str("name", &s.name);
            w.field_num("handle", self.service_handle(i as u32));
            words(&mut w, "limits", s.limits.iter().map(|l| l.name.as_str()));
            w.opt_num("timeout_ms", s.timeout.total);
            w.opt_num("first_byte_ms", s.timeout.first_byte);
            w.opt_num("idle_ms", s.timeout.idle);
            w.opt_num("deadline_ms", s.deadline);
            w.opt_str("fallback", s.fallback.as_deref());
            w.field_bool("retries", s.retry.is_some());
            w.field_str("on_engine_failure", s.on_engine_failure.word());
            w.end();
        }
        w.end_list();
        words(&mut w, "features", self.policy.status.features.iter().map(|f| f.name.as_str()));
        words(&mut w, "keys", self.policy.key_names.iter().map(String::as_str));
        words(&mut w, "units", self.policy.units.iter().map(String::as_str));
        words(&mut w, "outcomes", OUTCOMES.into_iter());
        words(&mut w, "gates", GATES.into_iter());
        words(&mut w, "refusals", REFUSALS.into_iter());
        w.end();
        w.finish()
    }
}

fn words<'a>(w: &mut Writer, key: &str, items: impl Iterator<Item = &'a str>) {
    w.key(key);
    w.begin_list();
    items.for_each(|i| w.str(i));
    w.end_list();
}
