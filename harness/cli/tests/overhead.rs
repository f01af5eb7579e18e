//! `lukewarm overhead` as its users call it, with the real sccache.
#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![expect(clippy::disallowed_methods, reason = "the program is started as its users do")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn overhead(scratch: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lukewarm"));
    command.arg("overhead").args(words).arg("--scratch").arg(scratch).output().unwrap()
}

fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn each_call_of_a_wrapper_is_measured_in_pairs_and_nothing_is_left() {
    let place = tempfile::tempdir_in("/var/tmp").unwrap();
    let output = overhead(place.path(), &["sccache", "--pairs", "3", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", error(&output));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let calls = answer["calls"].as_array().unwrap();
    let names: Vec<&str> = calls.iter().map(|it| it["call"].as_str().unwrap()).collect();
    assert_eq!(names, ["version", "hit", "miss"]);
    for call in calls {
        let number = |name: &str| call[name].as_f64().unwrap();
        assert_eq!((call["tool"].as_str(), call["pairs"].as_u64()), (Some("sccache"), Some(3)));
        assert!(number("direct") > 0.0 && number("wrapped") > 0.0, "{call}");
        let at = |part: &str| call["median"][part].as_f64().unwrap();
        assert!(at("low") <= at("point") && at("point") <= at("high"), "{call}");
    }
    let left = std::fs::read_dir(place.path()).unwrap().flatten();
    let left: Vec<_> = left.map(|it| it.file_name()).filter(|it| it.len() > 20).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn what_is_no_wrapper_and_a_wrapper_that_cannot_start_are_told() {
    let place = tempfile::tempdir_in("/var/tmp").unwrap();
    let unknown = overhead(place.path(), &["scache"]);
    assert_eq!(unknown.status.code(), Some(4));
    assert!(error(&unknown).contains("sccache"), "{}", error(&unknown));
    let archive = overhead(place.path(), &["actions-cache"]);
    assert_eq!(archive.status.code(), Some(4), "{}", error(&archive));
    // It says that it is sccache, and no more.
    let fake = place.path().join("fake");
    std::fs::write(&fake, "#!/bin/sh\n[ \"$1\" = --version ] && echo sccache 0.16.0\n").unwrap();
    std::fs::set_permissions(&fake, std::fs::Permissions::from_mode(0o755)).unwrap();
    let tool = format!("sccache={}", fake.display());
    let broken = overhead(place.path(), &["sccache", "--tool", &tool]);
    assert_eq!(broken.status.code(), Some(4));
    assert!(error(&broken).contains("does not start"), "{}", error(&broken));
}
