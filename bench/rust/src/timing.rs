//! How a case is timed: by the processor time of the process, in turns with all others, so that a disturbance hits all alike.
use cpu_time::ProcessTime;
use std::time::Duration;

/// One thing that is repeated.
pub struct Case<'a> {
    name: &'static str,
    work: Box<dyn FnMut(u64) + 'a>,
    /// How often the work is done in a turn.
    times: u64,
    samples: Vec<f64>,
}

impl<'a> Case<'a> {
    /// `work(n)` does the same thing n times.
    pub fn new(name: &'static str, work: impl FnMut(u64) + 'a) -> Self {
        Case { name, work: Box::new(work), times: 0, samples: Vec::new() }
    }

    fn turn(&mut self, times: u64) -> Duration {
        let begin = ProcessTime::now();
        (self.work)(times);
        begin.elapsed()
    }

    /// As often as fills a turn of this length; what it takes to find out has warmed the caches.
    fn calibrate(&mut self, turn: Duration) {
        let mut times = 1_000;
        loop {
            let took = self.turn(times);
            if took >= turn / 4 {
                self.times = (times as f64 * turn.as_secs_f64() / took.as_secs_f64()) as u64;
                return;
            }
            times *= 2;
        }
    }
}

/// All cases in turns, and one line each: nanoseconds of every turn.
pub fn run(mut cases: Vec<Case>, turns: u32, turn: Duration) {
    cases.iter_mut().for_each(|case| case.calibrate(turn));
    for _ in 0..turns {
        for case in &mut cases {
            let took = case.turn(case.times);
            case.samples.push(took.as_nanos() as f64 / case.times as f64);
        }
    }
    for case in &cases {
        tell(case.name, "ns", &case.samples);
    }
}

/// One figure, as the bench's other programs write it.
pub fn tell(name: &str, unit: &str, samples: &[f64]) {
    println!(r#"{{"figure":"{name}","unit":"{unit}","samples":{samples:?}}}"#);
}
