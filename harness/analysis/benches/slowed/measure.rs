//! Measures the series: blocks first, then hyperfine's serial runs of as many builds as the gate
//! needed. Owns the order of things; goes on where it was stopped.

use std::path::Path;
use std::time::Instant;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::repetitions;
use crate::series::{Arm, Block, Growing, Head, SerialRun};
use crate::workshop::{Tools, Workshop, rustc};

const FORMAT: u32 = 1;
const SEED: u64 = 1;

/// How much is measured.
pub struct Settings {
    /// How much slower the slowed compiler is, in percent.
    pub percent: u32,
    pub blocks: usize,
    /// Builds by hyperfine, at least.
    pub serial: usize,
    /// Builds of one serial run; where nothing is said, what the gate needed.
    pub each: Option<usize>,
}

pub fn measure(path: &Path, settings: &Settings) {
    let tools = Tools::installed();
    let shop = Workshop::new(settings.percent);
    let head = Head {
        format: FORMAT,
        percent: settings.percent,
        seed: SEED,
        rustc: rustc(),
        hyperfine: tools.version(),
        cores: std::thread::available_parallelism().unwrap().get(),
    };
    let mut growing = Growing::open(path, head);
    estimate(&shop, &growing, settings);
    for number in growing.series.blocks.len()..settings.blocks {
        growing.block(block(&shop, number));
        if (number + 1) % 10 == 0 {
            eprintln!("{} of {} blocks", number + 1, settings.blocks);
        }
    }
    // What began with so many builds goes on with them.
    let begun = growing.series.runs.first().map(|run| run.times.len());
    let each = begun.or(settings.each);
    let each = each.unwrap_or_else(|| repetitions::builds_needed(&growing.series));
    let runs = settings.serial.div_ceil(Arm::ALL.len() * each) * Arm::ALL.len();
    for number in growing.series.runs.len()..runs {
        let arm = Arm::ALL[number % Arm::ALL.len()];
        growing.run(SerialRun { arm, times: shop.hyperfine(&tools, arm, each) });
        eprintln!("{} of {runs} runs of {each} builds by hyperfine", number + 1);
    }
}

/// Builds each arm once, in an order that the block's number decides.
fn block(shop: &Workshop, number: usize) -> Block {
    let mut order = Arm::ALL;
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(SEED + number as u64));
    let mut seconds = [0.0; 3];
    for arm in order {
        seconds[Arm::ALL.iter().position(|it| *it == arm).unwrap()] = shop.build(arm);
    }
    Block { order, seconds }
}

/// Warms up, and says how long the rest takes.
fn estimate(shop: &Workshop, growing: &Growing, settings: &Settings) {
    shop.build(Arm::Plain);
    let began = Instant::now();
    shop.build(Arm::Slowed);
    let each = began.elapsed().as_secs_f64();
    let done: usize = growing.series.runs.iter().map(|run| run.times.len()).sum();
    let blocks = settings.blocks.saturating_sub(growing.series.blocks.len());
    let serial = settings.serial.saturating_sub(done);
    eprintln!(
        "{blocks} blocks of 3 builds, and about {serial} builds by hyperfine and its warm-ups: \
         about {:.0} minutes. It may be stopped at any moment and goes on from there.",
        each * (3.0 * blocks as f64 + 1.08 * serial as f64) / 60.0
    );
}
