//! Measures the core beside its rivals: one line of JSON per figure. `--quick` tries everything and measures badly, `--hot`
//! leaves out all but the hot path.
mod cases;
mod memory;
mod rivals;
mod speed;
mod timing;

fn main() {
    let asked = |word: &str| std::env::args().any(|arg| arg == word);
    let (quick, hot) = (asked("--quick"), asked("--hot"));
    println!(r#"{{"fact":"governor","value":"0.10.4"}}"#);
    println!(r#"{{"fact":"failsafe","value":"1.3.0"}}"#);
    speed::hot(quick);
    if !hot {
        speed::rest(quick);
        memory::all(quick);
    }
}
