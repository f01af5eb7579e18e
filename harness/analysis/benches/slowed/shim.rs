//! The compiler's wrapper: runs it, and then spins for a share of the time that it took.
//! It spins and does not sleep: what is slower keeps the processor, as a slower compiler would.
#![expect(clippy::disallowed_methods, reason = "the wrapper starts the compiler")]

use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// What the wrapper is called, before the share in percent.
const NAME: &str = "slowed-by-";

/// The name under which this program is a wrapper that slows by so much.
pub fn name(percent: u32) -> String {
    format!("{NAME}{percent}")
}

/// The share in percent, where this is the name of a wrapper.
pub fn percent(program: &str) -> Option<u32> {
    Path::new(program).file_name()?.to_str()?.strip_prefix(NAME)?.parse().ok()
}

/// Runs the compiler with its words, spins, and ends as it ended.
pub fn run(percent: u32, mut words: impl Iterator<Item = String>) -> ! {
    let compiler = words.next().unwrap();
    let began = Instant::now();
    let status = Command::new(compiler).args(words).status().unwrap();
    let end = began.elapsed().mul_f64(1.0 + f64::from(percent) / 100.0);
    while began.elapsed() < end {
        std::hint::spin_loop();
    }
    std::process::exit(status.code().unwrap_or(1));
}
