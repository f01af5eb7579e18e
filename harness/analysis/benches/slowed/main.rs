//! A known slowdown on this machine: how often the gate and hyperfine find a compiler that is 5 %
//! slower, after how many builds. `cargo bench -p lukewarm-analysis --bench slowed -- measure`
//! builds for most of an hour; `-- judge [--write]` prints the table, or puts it into
//! `harness/docs/methodology.md`. Is also the compiler's wrapper, by the name it is called by.
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]
#![expect(clippy::print_stderr, reason = "progress is said beside it")]
#![expect(clippy::unwrap_used, reason = "a benchmark may stop at the first surprise")]

mod judge;
mod measure;
mod repetitions;
mod series;
mod shim;
mod workshop;

use std::path::{Path, PathBuf};

use measure::Settings;
use series::Series;
use workshop::Tools;

const BEGIN: &str = "<!-- slowed: made by `--bench slowed -- judge --write` -->\n";
const END: &str = "<!-- end of slowed -->";
const USAGE: &str = "measure | judge [--write]  [--series FILE]
measure also takes [--percent 5] [--blocks 300] [--serial 1000] [--each N]: how much slower, blocks,
builds by hyperfine, and builds of each of its runs where it is not what the gate needed";

fn main() {
    let mut words = std::env::args();
    if let Some(percent) = words.next().as_deref().and_then(shim::percent) {
        shim::run(percent, words);
    }
    let words: Vec<String> = words.collect();
    let has = |word: &str| words.iter().any(|it| it == word);
    let after = |name: &str| {
        let at = words.iter().position(|word| word == name)?;
        Some(words[at + 1].clone())
    };
    let number = |name: &str, default: usize| after(name).map_or(default, |it| it.parse().unwrap());
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let path = after("--series").map_or_else(|| docs.join("slowed.jsonl"), PathBuf::from);
    match (has("measure"), has("judge")) {
        (true, false) => measure::measure(
            &path,
            &Settings {
                percent: number("--percent", 5) as u32,
                blocks: number("--blocks", 300),
                serial: number("--serial", 1000),
                each: after("--each").map(|it| it.parse().unwrap()),
            },
        ),
        (false, true) => {
            let text = judge::judge(&Series::read(&path), &Tools::installed());
            match has("--write") {
                true => write(&docs.join("methodology.md"), &text),
                false => println!("{text}"),
            }
        }
        _ => eprintln!("{USAGE}"),
    }
}

/// Puts the text between its marks.
fn write(path: &Path, text: &str) {
    let page = std::fs::read_to_string(path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    std::fs::write(path, format!("{before}{BEGIN}{text}{END}{after}")).unwrap();
}
