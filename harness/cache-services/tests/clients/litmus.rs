//! litmus, the WebDAV conformance suite, whole (<https://github.com/notroj/litmus>).

use crate::common::webdav;
use crate::machine::{find, run};

/// Runs one of its suites: every test passes, and none warns.
fn suite(name: &str) {
    let Some(litmus) = find("litmus", "apt-get install litmus") else { return };
    let (house, place) = (webdav(), tempfile::tempdir().unwrap());
    let url = format!("{}/", house.service.url());
    let ended = run(&litmus, place.path())
        .env("TESTS", name)
        .args([url.as_str(), "anybody", house.service.token()])
        .folder(place.path())
        .end();
    let told = ended.out + &ended.err;
    assert!(ended.success, "{told}");
    assert!(told.contains("0 failed. 100.0%"), "{told}");
    assert!(!told.contains("WARNING") && !told.contains("FAIL"), "{told}");
    assert!(house.ledger().iter().all(|request| request.status != 0 && request.status < 500));
}

#[test]
fn litmus_basic() {
    suite("basic");
}

#[test]
fn litmus_copymove() {
    suite("copymove");
}

#[test]
fn litmus_props() {
    suite("props");
}

#[test]
fn litmus_locks() {
    suite("locks");
}

#[test]
fn litmus_http() {
    suite("http");
}
