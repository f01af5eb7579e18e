//! `@actions/cache`, the library of the cache action, under node: services v2 and v1.

use std::fs;
use std::path::Path;
use std::time::Instant;

use lukewarm_model::{Limits, Network, Operation, Request, ServiceKind};
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::common::{House, faulty, github_actions, house};
use crate::machine::{clients, find, run};

const HOW: &str = "tests/clients/install.sh";

/// A runner with a workspace.
struct Runner<'h> {
    house: &'h House,
    place: TempDir,
    /// The host in the service's URL.
    host: &'static str,
    variables: Vec<(String, String)>,
}

/// A runner that speaks service v2; none where node or the library is missing.
fn runner(house: &House) -> Option<Runner<'_>> {
    find("node", "https://nodejs.org")?;
    find("npm/node_modules/@actions/cache/package.json", HOW)?;
    let place = tempfile::tempdir().unwrap();
    fs::create_dir(place.path().join("temp")).unwrap();
    let variables = vec![("ACTIONS_CACHE_SERVICE_V2".to_owned(), "on".to_owned())];
    Some(Runner { house, place, host: "127.0.0.1", variables })
}

impl Runner<'_> {
    /// Calls the library: its result, and all that it printed.
    fn call(&self, words: &[&str]) -> (Value, String) {
        let node = find("node", "https://nodejs.org").unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/actions_cache.mjs");
        let port = self.house.address().split(':').next_back().unwrap();
        let url = format!("http://{}:{port}/", self.host);
        let temp = self.place.path().join("temp");
        let ended = run(&node, self.place.path())
            .env("ACTIONS_RESULTS_URL", &url)
            .env("ACTIONS_CACHE_URL", &url)
            .env("ACTIONS_RUNTIME_TOKEN", self.house.service.token())
            .env("RUNNER_TEMP", temp.display())
            .env("GITHUB_WORKSPACE", self.place.path().display())
            .envs(&self.variables)
            .args([script.display().to_string(), clients().join("npm").display().to_string()])
            .args(words)
            .folder(self.place.path())
            .must();
        let result = ended.out.lines().find_map(|line| line.strip_prefix("RESULT "));
        let result = serde_json::from_str(result.unwrap()).unwrap();
        (result, ended.out + &ended.err)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.place.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn read(&self, name: &str) -> Option<Vec<u8>> {
        fs::read(self.place.path().join(name)).ok()
    }

    fn clear(&self, name: &str) {
        fs::remove_dir_all(self.place.path().join(name)).unwrap();
    }
}

/// Bytes that no compressor makes smaller.
fn noise(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    rand_chacha::ChaCha8Rng::seed_from_u64(7).fill(&mut bytes[..]);
    bytes
}

fn count(ledger: &[Request], operation: Operation) -> usize {
    ledger.iter().filter(|request| request.operation == operation).count()
}

fn saves_and_restores(runner: &Runner<'_>) {
    runner.write("target/a", b"artifact");
    let (saved, told) = runner.call(&["save", "linux-1", "target"]);
    assert!(saved.as_i64().is_some_and(|id| id >= 0), "{saved} {told}");
    let (again, told) = runner.call(&["save", "linux-1", "target"]);
    assert_eq!(again, json!(-1), "{told}");
    assert!(told.to_ascii_lowercase().contains("unable to reserve"), "{told}");
    runner.clear("target");
    assert_eq!(runner.call(&["restore", "linux-1", "target"]).0, json!("linux-1"));
    assert_eq!(runner.read("target/a").unwrap(), b"artifact");
    runner.clear("target");
    assert_eq!(
        runner.call(&["restore", "linux-2", "target", "mac-", "linux-"]).0,
        json!("linux-1")
    );
    assert_eq!(runner.read("target/a").unwrap(), b"artifact");
    assert_eq!(runner.call(&["restore", "linux-2", "target"]).0, Value::Null);
    // Other paths are another version.
    assert_eq!(runner.call(&["restore", "linux-1", "other"]).0, Value::Null);
}

#[test]
fn actions_cache_saves_and_restores_with_service_v2() {
    let house = github_actions();
    let Some(runner) = runner(&house) else { return };
    saves_and_restores(&runner);
    assert!(house.ledger().iter().any(|request| request.verb == "CreateCacheEntry"));
}

#[test]
fn actions_cache_saves_and_restores_with_service_v1() {
    let house = github_actions();
    let Some(mut runner) = runner(&house) else { return };
    runner.variables.clear();
    saves_and_restores(&runner);
    let ledger = house.ledger();
    assert!(ledger.iter().any(|request| request.verb == "PATCH"));
    assert!(ledger.iter().all(|request| request.verb != "CreateCacheEntry"));
}

#[test]
fn actions_cache_moves_large_archives_in_blocks_and_in_parallel() {
    let house = github_actions();
    let Some(mut runner) = runner(&house) else { return };
    // What makes the library believe that it speaks to Azure.
    runner.host = "productionresultssa0.blob.core.windows.net";
    let body = noise(140 << 20);
    runner.write("target/large", &body);
    let (saved, told) = runner.call(&["save", "large", "target"]);
    assert!(saved.as_i64().is_some_and(|id| id >= 0), "{told}");
    let ledger = house.ledger();
    // 140 MiB are three blocks of up to 64 MiB, which its version 6.3 takes for service v2.
    assert_eq!(count(&ledger, Operation::Write), 3);
    let up: u64 = ledger.iter().map(|request| request.body_up.0).sum();
    assert!(up > 140 << 20, "{up}");
    runner.clear("target");
    assert_eq!(runner.call(&["restore", "large", "target"]).0, json!("large"));
    assert!(runner.read("target/large").unwrap() == body);
    let ledger = house.ledger();
    // Segments of 4 MiB.
    let parts = ledger.iter().filter(|request| request.status == 206).count();
    assert!(parts >= 35, "{parts} parts");
    let connections = |it: &&Request| it.operation == Operation::Read;
    let mut used: Vec<u64> = ledger.iter().filter(connections).map(|it| it.connection).collect();
    used.sort_unstable();
    used.dedup();
    assert!(used.len() >= 4, "{} connections", used.len());
}

#[test]
fn actions_cache_does_not_repeat_what_a_429_refused() {
    let limits = Limits { uploads_per_minute: Some(1), ..Limits::default() };
    let house = house(ServiceKind::GithubActions, Network::unlimited(), limits);
    let Some(runner) = runner(&house) else { return };
    runner.write("target/a", b"artifact");
    assert!(runner.call(&["save", "one", "target"]).0.as_i64().is_some_and(|id| id >= 0));
    let (refused, told) = runner.call(&["save", "two", "target"]);
    assert_eq!(refused, json!(-1));
    assert!(told.to_ascii_lowercase().contains("rate limit"), "{told}");
    let limited = house.ledger().iter().filter(|request| request.status == 429).count();
    assert_eq!(limited, 1);
}

#[test]
fn actions_cache_repeats_after_a_503() {
    let house = faulty(ServiceKind::GithubActions, &["503/lookup=#1", "500/manage=#1"]);
    let Some(runner) = runner(&house) else { return };
    runner.write("target/a", b"artifact");
    let began = Instant::now();
    assert!(runner.call(&["save", "one", "target"]).0.as_i64().is_some_and(|id| id >= 0));
    runner.clear("target");
    assert_eq!(runner.call(&["restore", "one", "target"]).0, json!("one"));
    assert!(began.elapsed().as_secs_f64() > 3.0, "it waits before it asks again");
    let ledger = house.ledger();
    let faults = ledger.iter().filter(|request| request.fault.is_some()).count();
    assert_eq!((faults, count(&ledger, Operation::Lookup)), (2, 2));
}
