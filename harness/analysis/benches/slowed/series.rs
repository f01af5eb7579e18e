//! The series: a file of JSON lines, one a finished block or serial run, which only grows.
//! Owns its format, and going on after a stop at any moment.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// What is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arm {
    /// With the compiler as it is.
    Plain,
    /// The same once more, under another name.
    Alike,
    /// With the slowed compiler.
    Slowed,
}

impl Arm {
    /// All, in the order of values and of serial runs.
    pub const ALL: [Arm; 3] = [Arm::Plain, Arm::Alike, Arm::Slowed];
}

/// What does not change within a series: with anything else, another series begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    pub format: u32,
    /// How much slower the slowed compiler is.
    pub percent: u32,
    /// Decides the order within blocks.
    pub seed: u64,
    pub rustc: String,
    pub hyperfine: String,
    pub cores: usize,
}

/// Each arm built once, in random order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Block {
    pub order: [Arm; 3],
    /// Wall-clock of each arm, as `Arm::ALL` has them.
    pub seconds: [f64; 3],
}

/// What one call of hyperfine measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SerialRun {
    pub arm: Arm,
    pub times: Vec<f64>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    Head(Head),
    Block(Block),
    Serial(SerialRun),
}

/// All that was measured so far.
#[derive(Debug)]
pub struct Series {
    pub head: Head,
    pub blocks: Vec<Block>,
    /// One after the other, arm after arm.
    pub runs: Vec<SerialRun>,
}

impl Series {
    /// What a file holds; a last line that was cut short counts as not there.
    pub fn read(path: &Path) -> Series {
        let text = std::fs::read_to_string(path).unwrap();
        let mut lines = whole(&text).lines().map(|line| serde_json::from_str(line).unwrap());
        let Some(Line::Head(head)) = lines.next() else { panic!("{}: no head", path.display()) };
        let mut series = Series { head, blocks: Vec::new(), runs: Vec::new() };
        for line in lines {
            match line {
                Line::Block(block) => series.blocks.push(block),
                Line::Serial(run) => series.runs.push(run),
                Line::Head(_) => panic!("{}: a second head", path.display()),
            }
        }
        series
    }

    /// One arm's times, block by block.
    pub fn row(&self, arm: Arm) -> Vec<f64> {
        let place = Arm::ALL.iter().position(|it| *it == arm).unwrap();
        self.blocks.iter().map(|block| block.seconds[place]).collect()
    }
}

/// A series that is being measured.
pub struct Growing {
    pub series: Series,
    file: File,
}

impl Growing {
    /// Goes on with a file, or begins it.
    pub fn open(path: &Path, head: Head) -> Growing {
        let mut file = OpenOptions::new().append(true).create(true).open(path).unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        file.set_len(whole(&text).len() as u64).unwrap();
        if whole(&text).is_empty() {
            append(&mut file, &Line::Head(head.clone()));
        }
        let series = Series::read(path);
        let shown = path.display();
        assert_eq!(series.head, head, "{shown} was measured otherwise: give another file");
        Growing { series, file }
    }

    /// Keeps a block.
    pub fn block(&mut self, block: Block) {
        append(&mut self.file, &Line::Block(block.clone()));
        self.series.blocks.push(block);
    }

    /// Keeps a serial run.
    pub fn run(&mut self, run: SerialRun) {
        append(&mut self.file, &Line::Serial(run.clone()));
        self.series.runs.push(run);
    }
}

/// The lines that end.
fn whole(text: &str) -> &str {
    text.rfind('\n').map_or("", |end| &text[..=end])
}

fn append(file: &mut File, line: &Line) {
    let text = serde_json::to_string(line).unwrap() + "\n";
    file.write_all(text.as_bytes()).unwrap();
    file.sync_data().unwrap();
}
