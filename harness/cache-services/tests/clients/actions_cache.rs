//! `@actions/cache`, the library of the cache action, under node: services v2 and v1.

use std::fs;
use std::path::Path;
use std::time::Instant;

use lukewarm_cache_services::Permission;
use lukewarm_model::{Limits, Network, Operation, Request, ServiceKind};
use lukewarm_testing::{Missing, Tried};
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::common::{
    House, faulty, github_actions, github_actions_known_as, github_actions_with_v1, house,
};
use crate::machine::{clients, find, run};

/// A runner with a workspace.
struct Runner<'h> {
    house: &'h House,
    place: TempDir,
    /// The host in the service's URL.
    host: &'static str,
    token: String,
    variables: Vec<(String, String)>,
}

/// A runner that speaks service v2; none where node or the library is missing.
fn runner(house: &House) -> Result<Runner<'_>, Missing> {
    find("node")?;
    find("npm/node_modules/@actions/cache/package.json")?;
    let place = tempfile::tempdir().unwrap();
    fs::create_dir(place.path().join("temp")).unwrap();
    let variables = vec![("ACTIONS_CACHE_SERVICE_V2".to_owned(), "true".to_owned())];
    let token = house.service.token().to_owned();
    Ok(Runner { house, place, host: "127.0.0.1", token, variables })
}

impl Runner<'_> {
    /// Calls the library: its result, and all that it printed.
    fn call(&self, words: &[&str]) -> (Value, String) {
        let node = find("node").unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/actions_cache.mjs");
        let port = self.house.address().split(':').next_back().unwrap();
        let url = format!("http://{}:{port}/", self.host);
        let temp = self.place.path().join("temp");
        let ended = run(&node, self.place.path())
            .env("ACTIONS_RESULTS_URL", &url)
            .env("ACTIONS_CACHE_URL", &url)
            .env("ACTIONS_RUNTIME_TOKEN", &self.token)
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

pub fn actions_cache_saves_and_restores_with_service_v2() -> Tried {
    let house = github_actions();
    let runner = runner(&house)?;
    saves_and_restores(&runner);
    assert!(house.ledger().iter().any(|request| request.verb == "CreateCacheEntry"));
    Ok(())
}

pub fn actions_cache_saves_and_restores_with_service_v1() -> Tried {
    let house = github_actions_with_v1(Limits::default());
    let mut runner = runner(&house)?;
    runner.variables.clear();
    saves_and_restores(&runner);
    let ledger = house.ledger();
    assert!(ledger.iter().any(|request| request.verb == "PATCH"));
    assert!(ledger.iter().all(|request| request.verb != "CreateCacheEntry"));
    Ok(())
}

pub fn actions_cache_moves_large_archives_in_blocks_and_in_parallel() -> Tried {
    // What makes the library believe that it speaks to Azure.
    const AZURE: &str = "productionresultssa0.blob.core.windows.net";
    let house = github_actions_known_as(AZURE);
    let mut runner = runner(&house)?;
    runner.host = AZURE;
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
    downloads_by_segments(&ledger);
    // A host that is not Azure's: one plain GET of the whole, whatever its size.
    runner.host = "127.0.0.1";
    runner.clear("target");
    assert_eq!(runner.call(&["restore", "large", "target"]).0, json!("large"));
    assert!(runner.read("target/large").unwrap() == body);
    let ledger = house.ledger();
    let reads: Vec<(u16, u64)> = ledger
        .iter()
        .filter(|request| request.operation == Operation::Read)
        .map(|request| (request.status, request.body_down.0))
        .collect();
    assert_eq!(reads, [(200, house.service.stored().bytes.0)], "one answer with all of it");
    Ok(())
}

/// With service v2 the library takes Azure's SDK: the size by `HEAD`, ranges of 4 MiB, at most 8 at
/// once, and a segment of 128 MiB is all there before the next begins. Its other parallel download
/// (`concurrentBlobDownloads`, 10 at once without segments) is service v1's.
fn downloads_by_segments(ledger: &[Request]) {
    let heads = ledger.iter().filter(|request| request.verb == "HEAD").count();
    assert!(heads >= 1, "no properties were asked for");
    let mut reads: Vec<&Request> =
        ledger.iter().filter(|request| request.operation == Operation::Read).collect();
    reads.sort_by(|a, b| a.at.0.total_cmp(&b.at.0));
    let in_a_segment = 128 / 4;
    assert!(reads[..in_a_segment].iter().all(|request| request.body_down.0 == 4 << 20));
    let ended = reads[..in_a_segment].iter().map(|request| request.end.0).fold(0.0, f64::max);
    assert!(reads[in_a_segment..].iter().all(|request| request.at.0 >= ended));
    let at_once = |moment: f64| {
        let open = |it: &&&Request| it.at.0 <= moment && moment < it.end.0;
        reads.iter().filter(open).count()
    };
    let most = reads.iter().map(|request| at_once(request.at.0)).max();
    assert!(most.is_some_and(|most| (2..=8).contains(&most)), "{most:?} at once");
}

pub fn actions_cache_says_that_a_token_may_not_write() -> Tried {
    let house = github_actions();
    let mut runner = runner(&house)?;
    runner.write("target/a", b"artifact");
    assert!(runner.call(&["save", "one", "target"]).0.as_i64().is_some_and(|id| id >= 0));
    let main = "refs/heads/main";
    runner.token = house.service.token_for(&[(main, Permission::Read)]);
    let (refused, told) = runner.call(&["save", "two", "target"]);
    assert_eq!(refused, json!(-1));
    let wanted = "::warning::Failed to save: Unable to reserve cache with key two. More details: \
                  cache write denied: token has no writable scopes";
    assert!(told.contains(wanted), "{told}");
    assert!(!told.contains("another job may be creating this cache"), "{told}");
    runner.clear("target");
    assert_eq!(runner.call(&["restore", "one", "target"]).0, json!("one"));
    runner.token = house.service.token_for(&[(main, Permission::Write)]);
    let (missed, told) = runner.call(&["restore", "one", "target"]);
    assert_eq!(missed, Value::Null);
    assert!(told.contains("cache read denied: "), "{told}");
    Ok(())
}

pub fn actions_cache_does_not_repeat_what_a_429_refused() -> Tried {
    let limits = Limits { uploads_per_minute: Some(1), ..Limits::default() };
    let house = house(ServiceKind::GithubActions, Network::unlimited(), limits);
    let runner = runner(&house)?;
    runner.write("target/a", b"artifact");
    assert!(runner.call(&["save", "one", "target"]).0.as_i64().is_some_and(|id| id >= 0));
    let (refused, told) = runner.call(&["save", "two", "target"]);
    assert_eq!(refused, json!(-1));
    assert!(told.to_ascii_lowercase().contains("rate limit"), "{told}");
    let limited = house.ledger().iter().filter(|request| request.status == 429).count();
    assert_eq!(limited, 1);
    Ok(())
}

pub fn actions_cache_repeats_after_a_503() -> Tried {
    let house = faulty(ServiceKind::GithubActions, &["503/lookup=#1", "500/manage=#1"]);
    let runner = runner(&house)?;
    runner.write("target/a", b"artifact");
    let began = Instant::now();
    assert!(runner.call(&["save", "one", "target"]).0.as_i64().is_some_and(|id| id >= 0));
    runner.clear("target");
    assert_eq!(runner.call(&["restore", "one", "target"]).0, json!("one"));
    assert!(began.elapsed().as_secs_f64() > 3.0, "it waits before it asks again");
    let ledger = house.ledger();
    let faults = ledger.iter().filter(|request| request.fault.is_some()).count();
    assert_eq!((faults, count(&ledger, Operation::Lookup)), (2, 2));
    Ok(())
}
