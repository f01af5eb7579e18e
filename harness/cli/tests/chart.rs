//! `lukewarm chart`: which files are written, what they are called, and what is said of a name
//! that is not known.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../analysis/testdata/example");

/// The width and height that a PNG says it has.
fn pixels(bytes: &[u8]) -> (u32, u32) {
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

fn lukewarm(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lukewarm")).args(words).output().unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn every_chart_is_drawn_and_its_path_is_printed() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().display().to_string();
    let output = lukewarm(&["chart", EXAMPLE, "--out", &out]);
    assert!(output.status.success(), "{output:?}");
    let names = names(place.path());
    for wanted in ["ratio-finder.svg", "wall-finder.svg"] {
        assert!(names.iter().any(|name| name == wanted), "{names:?}");
    }
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(printed.lines().count(), names.len());
    assert!(printed.lines().all(|path| Path::new(path).is_file()), "{printed}");
    // The report's own pictures are these, byte for byte.
    let run = tempfile::tempdir().unwrap();
    fs::copy(Path::new(EXAMPLE).join("journal.jsonl"), run.path().join("journal.jsonl")).unwrap();
    lukewarm(&["report", &run.path().display().to_string(), "--png"]);
    let reported = self::names(&run.path().join("charts"));
    let reported = reported.into_iter().filter(|name| name.ends_with(".svg"));
    assert_eq!(reported.collect::<Vec<_>>(), names);
    for name in &names {
        let made = fs::read(place.path().join(name)).unwrap();
        let reported = run.path().join("charts").join(name);
        assert!(made == fs::read(&reported).unwrap(), "{name} differs");
        let (width, height) = pixels(&fs::read(reported.with_extension("png")).unwrap());
        assert!(width == 1640 && height > 300, "{name}: {width}×{height}");
    }
}

#[test]
fn a_chosen_look_has_its_own_file_and_leaves_the_reports() {
    let run = tempfile::tempdir().unwrap();
    fs::copy(Path::new(EXAMPLE).join("journal.jsonl"), run.path().join("journal.jsonl")).unwrap();
    let folder = run.path().display().to_string();
    let look = ["--theme", "dark", "--size", "1200x630", "--png"];
    let output = lukewarm(&[&["chart", &folder, "wall-finder"][..], &look].concat());
    assert!(output.status.success(), "{output:?}");
    let charts = run.path().join("charts");
    let stem = "wall-finder-dark-1200x630";
    assert_eq!(names(&charts), [format!("{stem}.png"), format!("{stem}.svg")]);
    let png = fs::read(charts.join(format!("{stem}.png"))).unwrap();
    assert_eq!(pixels(&png), (1200, 630));
    let again = lukewarm(&[&["chart", &folder, "wall-finder"][..], &look].concat());
    assert!(again.status.success());
    assert!(png == fs::read(charts.join(format!("{stem}.png"))).unwrap(), "not the same bytes");
}

#[test]
fn an_unknown_name_is_told_with_the_nearest_and_nothing_is_written() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("charts");
    let out_name = out.display().to_string();
    let words = ["chart", EXAMPLE, "wall-finder", "wal-finder", "growth-cli", "--out", &out_name];
    let output = lukewarm(&words);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("unknown chart `wal-finder`; did you mean `wall-finder`?"), "{said}");
    assert!(said.contains("unknown chart `growth-cli`"), "{said}");
    assert!(!out.exists());
    for wrong in [&["--size", "big"][..], &["--theme", "sepia"]] {
        let output = lukewarm(&[&["chart", EXAMPLE][..], wrong].concat());
        assert_eq!(output.status.code(), Some(4), "{wrong:?}");
    }
}
