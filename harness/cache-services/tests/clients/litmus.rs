//! litmus, the WebDAV conformance suite, whole (<https://github.com/notroj/litmus>).

use lukewarm_testing::Tried;

use crate::common::webdav;
use crate::machine::{find, run};

/// Runs one of its suites: every test passes, and none warns.
fn suite(name: &str) -> Tried {
    let litmus = find("litmus")?;
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
    Ok(())
}

pub fn litmus_basic() -> Tried {
    suite("basic")
}

pub fn litmus_copymove() -> Tried {
    suite("copymove")
}

pub fn litmus_props() -> Tried {
    suite("props")
}

pub fn litmus_locks() -> Tried {
    suite("locks")
}

pub fn litmus_http() -> Tried {
    suite("http")
}
