//! A fixed piece of work in a row of turns: how much this machine varies from one to the next.
//! Owns the work and its bound. The calibration load of runs is another, and a compiler's.

use std::time::Instant;

use lukewarm_model::Warning;
use sha2::{Digest, Sha256};

/// How much a fixed piece of work varies on this machine.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Noise {
    /// The slowest turn over the fastest, less one.
    pub spread: f64,
    /// How often the work was done.
    pub turns: u32,
}

/// Does a fixed piece of work, the hash of 16 MB, in a row of turns, and compares their times.
pub fn noise() -> Noise {
    const TURNS: u32 = 20;
    let block = vec![7_u8; 1 << 20];
    let turn = || {
        let began = Instant::now();
        let mut hash = Sha256::new();
        (0..16).for_each(|_| hash.update(&block));
        std::hint::black_box(hash.finalize());
        began.elapsed().as_secs_f64()
    };
    let times: Vec<f64> = (0..TURNS).map(|_| turn()).collect();
    let least = times.iter().copied().fold(f64::INFINITY, f64::min);
    let most = times.iter().copied().fold(0.0, f64::max);
    Noise { spread: most / least - 1.0, turns: TURNS }
}

impl Noise {
    /// A warning where the spread is large.
    pub fn warning(self) -> Option<Warning> {
        (self.spread > 0.15).then(|| {
            Warning::new(
                format!("a fixed piece of work varies by {:.0} %", self.spread * 100.0),
                "stop other work, or take more iterations: small differences will not be seen",
            )
        })
    }
}
