//! A run in the formats of other tools: what their readers ask for is there, and says what the
//! record says.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod made;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use assert_cmd::Command;
use serde::Deserialize;
use serde_json::Value;

/// The published run with its report.
static REPORTED: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let place = tempfile::tempdir().unwrap();
    made::reported(place.path());
    place
});

fn file(name: &str) -> std::path::PathBuf {
    Path::join(REPORTED.path(), name)
}

/// The published run in a format.
fn formatted(format: &str) -> String {
    let run = made::published_folder().display().to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_lukewarm"));
    let output = command.args(["report", &run, "--format", format]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The values of a metric of each case and job, as the long table has them.
fn published(metric: &str) -> BTreeMap<String, Vec<f64>> {
    let mut reader = csv::Reader::from_path(file("samples.csv")).unwrap();
    let mut values: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for row in reader.records().map(Result::unwrap) {
        let whole = row[7].is_empty() && &row[5] != "0";
        if whole && &row[8] == metric {
            let name = format!("{} {}", &row[0], &row[4]);
            values.entry(name).or_default().push(row[9].parse().unwrap());
        }
    }
    values
}

/// The fields that hyperfine writes and its scripts read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hyperfine {
    results: Vec<HyperfineResult>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HyperfineResult {
    command: String,
    mean: f64,
    stddev: Option<f64>,
    median: f64,
    user: f64,
    system: f64,
    min: f64,
    max: f64,
    times: Vec<f64>,
    exit_codes: Vec<i32>,
}

#[test]
fn hyperfine_has_every_time_and_what_follows_from_it() {
    let made: Hyperfine = serde_json::from_str(&formatted("hyperfine")).unwrap();
    let walls = published("wall");
    assert_eq!(made.results.len(), walls.len());
    for result in made.results {
        let times = &walls[&result.command];
        assert_eq!(&result.times, times);
        assert_eq!(result.exit_codes, vec![0; times.len()]);
        assert!((result.mean - times.iter().sum::<f64>() / times.len() as f64).abs() < 1e-12);
        assert!(result.stddev.unwrap() >= 0.0 && result.user + result.system > 0.0);
        assert!(result.min <= result.median && result.median <= result.max);
    }
}

/// One measure as Bencher's JSON schema has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BencherValue {
    value: f64,
    lower_value: f64,
    upper_value: f64,
}

#[test]
fn bencher_has_a_measure_a_metric() {
    let made: BTreeMap<String, BTreeMap<String, BencherValue>> =
        serde_json::from_str(&formatted("bencher")).unwrap();
    let requests = published("requests");
    assert_eq!(made.len(), requests.len());
    for (name, measures) in &made {
        assert!(measures.keys().all(|it| it.chars().all(|c| c.is_ascii_lowercase() || c == '-')));
        let BencherValue { value, lower_value, upper_value } = &measures["requests"];
        let (low, high) = (
            requests[name].iter().copied().fold(f64::INFINITY, f64::min),
            requests[name].iter().copied().fold(0.0, f64::max),
        );
        assert_eq!((*lower_value, *upper_value), (low, high));
        assert!(low <= *value && *value <= high);
    }
}

#[test]
fn github_action_benchmark_has_names_values_and_units() {
    let made: Vec<BTreeMap<String, Value>> =
        serde_json::from_str(&formatted("github-action-benchmark")).unwrap();
    // Its extraction takes these keys, and wants a name, a value and a unit.
    for entry in &made {
        let keys: Vec<&str> = entry.keys().map(String::as_str).collect();
        assert_eq!(keys, ["extra", "name", "range", "unit", "value"]);
        assert!(entry["value"].is_number() && entry["unit"].is_string(), "{entry:?}");
    }
    let walls = made.iter().filter(|it| it["name"].as_str().unwrap().ends_with(" wall"));
    assert_eq!(walls.count(), published("wall").len());
}

#[test]
fn the_wide_table_has_a_line_a_job_and_the_values_of_the_long_one() {
    let text = formatted("csv-wide");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let head = reader.headers().unwrap().clone();
    let column = |name: &str| head.iter().position(|it| it == name).unwrap();
    let mut walls: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for row in reader.records().map(Result::unwrap) {
        if &row[column("iteration")] != "0" {
            let name = format!("{} {}", &row[column("case")], &row[column("job")]);
            walls.entry(name).or_default().push(row[column("wall")].parse().unwrap());
        }
    }
    assert_eq!(walls, published("wall"));
}

#[test]
fn json_and_markdown_are_the_files_of_the_report() {
    let file = |name: &str| std::fs::read_to_string(file(name)).unwrap();
    assert_eq!(formatted("json"), file("summary.json"));
    assert_eq!(formatted("markdown"), file("summary.md"));
}
