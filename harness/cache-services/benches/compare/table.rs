//! Tables in Markdown, and the document that they go into.
#![expect(clippy::disallowed_methods, reason = "versions are asked for here, and only here")]

use std::fs;
use std::path::Path;
use std::process::Command;

/// The cells of a row.
pub type Row = Vec<String>;

/// The document, and what surrounds the tables in it.
const DOCUMENT: &str = "README.md";
const BEGIN: &str = "<!-- benchmarks: made by `--bench compare -- --write` -->";
const END: &str = "<!-- end of benchmarks -->";

pub fn render(head: &[String], rows: &[Row]) -> String {
    let mut text = format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len()));
    for row in rows {
        text += &format!("| {} |\n", row.join(" | "));
    }
    text
}

pub fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let (low, high) = ((values.len() - 1) / 2, values.len() / 2);
    f64::midpoint(values[low], values[high])
}

/// The ratios of pairs: median, least and most.
pub fn ratio(ours: &[f64], others: &[f64]) -> String {
    let ratios: Vec<f64> = ours.iter().zip(others).map(|(a, b)| a / b).collect();
    let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
    let most = ratios.iter().copied().fold(0.0, f64::max);
    format!("{:.2} ({least:.2}–{most:.2})", median(&ratios))
}

/// The machine and the programs.
pub fn machine() -> String {
    let first = |words: &[&str]| {
        let output = Command::new(words[0]).args(&words[1..]).output().ok()?;
        let text = [output.stdout, output.stderr].concat();
        Some(String::from_utf8_lossy(&text).lines().next()?.to_owned())
    };
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.unwrap_or("unknown").trim_start_matches(['\t', ' ', ':']);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let dufs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench-clients/bin/dufs");
    let programs = [
        first(&["uname", "-sr"]),
        first(&["nginx", "-v"]),
        first(&[&dufs.display().to_string(), "--version"]),
        first(&["rclone", "version"]),
        first(&["rustc", "--version"]),
    ];
    let programs: Vec<String> = programs.into_iter().flatten().collect();
    format!("On {model}, {cores} logical processors; {}.\n", programs.join("; "))
}

/// Puts the tables into the document.
pub fn write(text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(DOCUMENT);
    let old = fs::read_to_string(&path).unwrap();
    let (before, rest) = old.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    fs::write(path, format!("{before}{BEGIN}\n\n{text}\n{END}{after}")).unwrap();
}
