//! The services beside what people use: speed, CPU time and memory against nginx, dufs and
//! rclone; the link against its setting and against the kernel's token bucket. Owns the command:
//! `cargo bench -p lukewarm-cache-services --bench compare [-- --quick] [--write]`.
#![expect(clippy::print_stdout, reason = "the tables are what this program is for")]
#![expect(clippy::print_stderr, reason = "progress is said beside them")]
#![expect(clippy::unwrap_used, reason = "a benchmark may stop at the first surprise")]

mod cells;
mod link;
mod load;
mod roundtrips;
mod servers;
mod table;

/// What is measured, and for how long.
pub struct Settings {
    /// How often everything is measured; ratios are of one round.
    pub rounds: usize,
    /// Seconds of one measurement.
    pub window: f64,
    /// Seconds that a transfer takes over a shaped link.
    pub transfer: f64,
    /// Whether the kernel's own link is measured too.
    pub kernel: bool,
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.first().is_some_and(|word| word == "--serve") {
        return servers::serve(&words[1..]);
    }
    let has = |word: &str| words.iter().any(|it| it == word);
    // Its many connections take minutes, as it drops what does not fit.
    let kernel = has("--kernel");
    let settings = match has("--quick") {
        true => Settings { rounds: 2, window: 0.4, transfer: 1.0, kernel },
        false => Settings { rounds: 3, window: 0.7, transfer: 2.0, kernel },
    };
    let all = !has("--speed") && !has("--round-trips") && !has("--link");
    let mut text = table::machine();
    if all || has("--speed") {
        let only = words.iter().position(|word| word == "--only").map(|at| words[at + 1].as_str());
        text += &cells::measure(&settings, only.unwrap_or_default());
    }
    if all || has("--round-trips") {
        text += &roundtrips::measure(&settings);
    }
    if all || has("--link") {
        text += &link::measure(&settings);
    }
    println!("{text}");
    if has("--write") {
        table::write(&text);
    }
}
