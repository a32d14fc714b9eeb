//! Measures the core beside its rivals: one line of JSON per figure. `--quick` tries everything and measures badly.
mod cases;
mod memory;
mod rivals;
mod speed;
mod timing;

fn main() {
    let quick = std::env::args().any(|arg| arg == "--quick");
    speed::all(quick);
    memory::all(quick);
}
