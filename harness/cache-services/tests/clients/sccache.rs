//! sccache, from the last version that speaks the GitHub Actions cache's service v1 to the newest:
//! three crates compiled with an empty cache, and again by a fresh server that only has the
//! service.

use std::fs;
use std::path::{Path, PathBuf};

use lukewarm_model::{Access, Limits, Network, Operation, ServiceKind};
use lukewarm_testing::{Missing, Tried};
use serde_json::Value;
use tempfile::TempDir;

use crate::common::{House, faulty, github_actions, github_actions_with_v1, house, webdav};
use crate::machine::{Run, answer, find, free_port, run};

const CRATES: [&str; 3] = ["one", "two", "three"];

/// One sccache server at a time, of one version, with one service.
struct Sccache {
    program: PathBuf,
    variables: Vec<(String, String)>,
    place: TempDir,
    port: u16,
}

/// What a server counted.
struct Counted {
    hits: u64,
    misses: u64,
    writes: u64,
    write_errors: u64,
}

impl Sccache {
    fn new(version: &str, variables: Vec<(String, String)>) -> Result<Sccache, Missing> {
        let program = find(&format!("sccache-{version}/sccache"))?;
        let place = tempfile::tempdir().unwrap();
        for name in CRATES {
            let text = format!("pub fn {name}() -> &'static str {{ \"{name}\" }}\n");
            fs::write(place.path().join(format!("{name}.rs")), text).unwrap();
        }
        fs::write(place.path().join("empty.conf"), "").unwrap();
        Ok(Sccache { program, variables, place, port: free_port() })
    }

    fn command(&self) -> Run {
        let place = self.place.path();
        run(&self.program, place)
            .env("SCCACHE_CONF", place.join("empty.conf").display())
            .env("SCCACHE_DIR", place.join("local").display())
            .env("SCCACHE_SERVER_PORT", self.port)
            .env("SCCACHE_IDLE_TIMEOUT", 0)
            .envs(&self.variables)
            .folder(place)
    }

    /// Compiles every crate with a server of its own, and gives what that counted.
    fn job(&self) -> Counted {
        self.command().args(["--start-server"]).must();
        let rustc = rustc();
        let out = self.place.path().join("out");
        let _ = fs::remove_dir_all(&out);
        fs::create_dir(&out).unwrap();
        for name in CRATES {
            let words = ["--crate-name", name, "--edition=2024", "--crate-type", "lib"];
            let emit = ["--emit=dep-info,metadata,link", "--out-dir", "out"];
            let file = format!("{name}.rs");
            let words = words.into_iter().chain(emit).chain([file.as_str()]);
            self.command().args([rustc.as_str()]).args(words).must();
            assert!(out.join(format!("lib{name}.rlib")).exists(), "{name}");
        }
        self.counted_and_stopped()
    }

    fn counted_and_stopped(&self) -> Counted {
        let stats = self.command().args(["--show-stats", "--stats-format", "json"]).must().out;
        self.command().args(["--stop-server"]).must();
        let stats: Value = serde_json::from_str(&stats).unwrap();
        let stats = &stats["stats"];
        let rust = |name: &str| stats[name]["counts"]["Rust"].as_u64().unwrap_or(0);
        Counted {
            hits: rust("cache_hits"),
            misses: rust("cache_misses"),
            writes: stats["cache_writes"].as_u64().unwrap(),
            write_errors: stats["cache_write_errors"].as_u64().unwrap(),
        }
    }
}

impl Drop for Sccache {
    fn drop(&mut self) {
        // A test that failed in between leaves its server; a panic now would hide the first.
        if std::thread::panicking() {
            self.command().args(["--stop-server"]).try_end();
        }
    }
}

/// The compiler itself: a proxy in front of it would look for its own home.
fn rustc() -> String {
    Path::new(&answer("rustc", &["--print", "sysroot"])).join("bin/rustc").display().to_string()
}

pub fn variables<const N: usize>(pairs: [(&str, String); N]) -> Vec<(String, String)> {
    pairs.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

fn service_v2(house: &House) -> Vec<(String, String)> {
    variables([
        ("SCCACHE_GHA_ENABLED", "on".to_owned()),
        ("ACTIONS_RESULTS_URL", format!("{}/", house.service.url())),
        ("ACTIONS_RUNTIME_TOKEN", house.service.token().to_owned()),
        ("ACTIONS_CACHE_SERVICE_V2", "true".to_owned()),
    ])
}

fn service_v1(house: &House) -> Vec<(String, String)> {
    variables([
        ("SCCACHE_GHA_ENABLED", "on".to_owned()),
        ("ACTIONS_CACHE_URL", format!("{}/", house.service.url())),
        ("ACTIONS_RUNTIME_TOKEN", house.service.token().to_owned()),
    ])
}

fn bearer(house: &House) -> Vec<(String, String)> {
    variables([
        ("SCCACHE_WEBDAV_ENDPOINT", house.service.url().to_owned()),
        ("SCCACHE_WEBDAV_TOKEN", house.service.token().to_owned()),
    ])
}

fn basic(house: &House) -> Vec<(String, String)> {
    variables([
        ("SCCACHE_WEBDAV_ENDPOINT", house.service.url().to_owned()),
        ("SCCACHE_WEBDAV_USERNAME", "anybody".to_owned()),
        ("SCCACHE_WEBDAV_PASSWORD", house.service.token().to_owned()),
        ("SCCACHE_WEBDAV_KEY_PREFIX", "some/prefix".to_owned()),
    ])
}

fn s3(house: &House) -> Vec<(String, String)> {
    let endpoint = house.service.endpoint();
    let Access::Keys { bucket, region, access_key, secret_key } = endpoint.access.clone() else {
        panic!("{endpoint:?}");
    };
    variables([
        ("SCCACHE_BUCKET", bucket),
        ("SCCACHE_ENDPOINT", endpoint.url.clone()),
        ("SCCACHE_REGION", region),
        ("SCCACHE_S3_USE_SSL", "off".to_owned()),
        ("AWS_ACCESS_KEY_ID", access_key),
        ("AWS_SECRET_ACCESS_KEY", secret_key),
    ])
}

/// Cold: nothing but misses, all of them stored. Warm: nothing but hits, each read once.
pub fn cold_and_warm(version: &str, house: &House, variables: Vec<(String, String)>) -> Tried {
    let sccache = Sccache::new(version, variables)?;
    let all = CRATES.len() as u64;
    let cold = sccache.job();
    assert_eq!((cold.hits, cold.misses, cold.writes, cold.write_errors), (0, all, all, 0));
    house.service.gather().unwrap();
    let stored = house.service.stored().objects;
    // Beside the crates there is what sccache tries the store with, where it is writable.
    assert!((all..=all + 1).contains(&stored), "{stored} entries");
    house.ledger();
    let warm = sccache.job();
    assert_eq!((warm.hits, warm.misses, warm.writes), (all, 0, 0));
    let ledger = house.ledger();
    let read = |request: &&lukewarm_model::Request| {
        let check = request.key.ends_with(".sccache_check");
        request.operation == Operation::Read && request.status == 200 && !check
    };
    assert_eq!(ledger.iter().filter(read).count() as u64, all);
    assert!(ledger.iter().all(|request| request.fault.is_none() && request.status != 0));
    Ok(())
}

pub fn sccache_0_9_1_speaks_service_v1() -> Tried {
    let house = github_actions_with_v1(Limits::default());
    cold_and_warm("0.9.1", &house, service_v1(&house))
}

/// As on GitHub.com since 2025-04-15: 0.9 knows no other service, and a newer one that is not told
/// of service v2 takes the old one too (mozilla/sccache#2386).
pub fn sccache_does_not_start_where_service_v1_is_gone() -> Tried {
    for version in ["0.9.1", "0.16.0"] {
        let house = github_actions();
        let sccache = Sccache::new(version, service_v1(&house))?;
        let started = sccache.command().args(["--start-server"]).end();
        let told = started.out + &started.err;
        assert!(!started.success && told.contains("legacy service"), "{version}: {told}");
        assert_eq!(house.service.stored().objects, 0);
    }
    Ok(())
}

pub fn sccache_0_10_0_speaks_service_v2() -> Tried {
    let house = github_actions();
    cold_and_warm("0.10.0", &house, service_v2(&house))
}

pub fn sccache_0_16_0_speaks_service_v2() -> Tried {
    let house = github_actions();
    cold_and_warm("0.16.0", &house, service_v2(&house))
}

pub fn sccache_0_9_1_over_webdav_with_bearer() -> Tried {
    let house = webdav();
    cold_and_warm("0.9.1", &house, bearer(&house))
}

pub fn sccache_0_10_0_over_webdav_with_basic() -> Tried {
    let house = webdav();
    cold_and_warm("0.10.0", &house, basic(&house))
}

pub fn sccache_0_16_0_over_webdav_with_bearer() -> Tried {
    let house = webdav();
    cold_and_warm("0.16.0", &house, bearer(&house))
}

pub fn sccache_0_16_0_over_webdav_with_basic() -> Tried {
    let house = webdav();
    cold_and_warm("0.16.0", &house, basic(&house))
}

/// The check at start is refused: all that follows is read-only, and nothing fails.
pub fn sccache_is_read_only_after_a_429_at_its_start() -> Tried {
    let limits = Limits { uploads_per_minute: Some(1), ..Limits::default() };
    let house = house(ServiceKind::GITHUB_ACTIONS, Network::unlimited(), limits);
    let first = Sccache::new("0.16.0", service_v2(&house))?;
    first.job();
    house.ledger();
    let limited = first.job();
    assert_eq!((limited.hits, limited.misses), (0, CRATES.len() as u64));
    let ledger = house.ledger();
    assert!(ledger.iter().any(|request| request.status == 429));
    assert!(ledger.iter().all(|request| request.operation != Operation::Write));
    Ok(())
}

/// What a service breaks, sccache takes for a miss or a lost write; the build goes on. (A broken
/// answer to its check at the start is another matter: then it does not start.)
pub fn sccache_survives_broken_connections_and_errors() -> Tried {
    // Each job reads its check first, and a writable one writes it.
    let faults = ["503/write=#2", "reset@1 B/read=#6", "truncate@10 B/read=#7"];
    let house = faulty(ServiceKind::WEBDAV, &faults);
    let sccache = Sccache::new("0.16.0", bearer(&house))?;
    let all = CRATES.len() as u64;
    let cold = sccache.job();
    assert_eq!((cold.misses, cold.writes, cold.write_errors), (all, all - 1, 1));
    let broken = sccache.job();
    assert_eq!((broken.hits + broken.misses, broken.hits < all), (all, true));
    let ledger = house.ledger();
    assert_eq!(ledger.iter().filter(|request| request.fault.is_some()).count(), 3);
    assert_eq!(sccache.job().hits, all);
    Ok(())
}

pub fn sccache_0_10_0_over_s3() -> Tried {
    let house = house(ServiceKind::named("s3"), Network::unlimited(), Limits::default());
    cold_and_warm("0.10.0", &house, s3(&house))
}

pub fn sccache_0_16_0_over_s3() -> Tried {
    let house = house(ServiceKind::named("s3"), Network::unlimited(), Limits::default());
    cold_and_warm("0.16.0", &house, s3(&house))
}
