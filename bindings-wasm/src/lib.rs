//! Brownout for JavaScript as wasm: numbers in and out on the hot path, JSON text for everything else.
//!
//! Three builds of this crate: `engine`, `status` (what a browser loads for the banner) and `tools` (what the command line asks).
//! No logic and no default lives here.
#![allow(missing_docs)]
#![cfg_attr(target_family = "wasm", no_std)]
extern crate alloc;
use alloc::string::String;

#[cfg(feature = "engine")]
mod engine;
#[cfg(all(feature = "engine", feature = "faulty"))]
mod faulty;
#[cfg(feature = "status")]
mod status;
#[cfg(feature = "tools")]
mod tools;

#[cfg(target_family = "wasm")]
mod bare {
    //! What the standard library would bring, smaller: a panic is a trap that says nothing, so nothing of what it would say is in the module.
    use core::panic::PanicInfo;

    #[global_allocator]
    static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

    #[panic_handler]
    fn stop(_: &PanicInfo) -> ! {
        core::arch::wasm32::unreachable()
    }
}

/// The version of the core.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn version() -> String {
    brownout::VERSION.into()
}
