//! kache with a bucket, set up as its guide has it for CI: three crates built with an empty
//! bucket, and again where there is nothing but the bucket.

use std::fs;
use std::path::{Path, PathBuf};

use lukewarm_model::{Access, Limits, Network, Operation, ServiceKind};
use lukewarm_testing::{Missing, Tried};
use serde_json::Value;
use tempfile::TempDir;

use crate::common::{House, house};
use crate::machine::{Run, answer, clients, run};

const CRATES: [&str; 3] = ["one", "two", "three"];

/// One job on a fresh runner: nothing is there but the sources.
struct Job {
    program: PathBuf,
    place: TempDir,
    keys: (String, String),
}

/// kache takes 13 minutes to build: it is looked for where `.ci/run` links it, and nowhere else.
fn program() -> Result<PathBuf, Missing> {
    let path = clients().join("kache/kache");
    if path.is_file() {
        return Ok(path);
    }
    Err(Missing::optional(
        "kache",
        "cargo install kache@2.0.0; then link its `bin` to target/clients/kache",
    ))
}

impl Job {
    fn new(program: &Path, house: &House) -> Job {
        let endpoint = house.service.endpoint();
        let Access::Keys { bucket, region, access_key, secret_key } = endpoint.access.clone()
        else {
            panic!("{endpoint:?}");
        };
        let place = tempfile::tempdir().unwrap();
        let url = &endpoint.url;
        // A daemon that kache itself starts takes no bucket from its environment.
        let remote = format!(
            "[cache.remote]\ntype = \"s3\"\nbucket = \"{bucket}\"\nendpoint = \"{url}\"\n\
             region = \"{region}\"\n"
        );
        fs::write(place.path().join("kache.toml"), remote).unwrap();
        let members = CRATES.map(|name| format!("\"{name}\"")).join(", ");
        let manifest = format!("[workspace]\nresolver = \"3\"\nmembers = [{members}]\n");
        fs::write(place.path().join("Cargo.toml"), manifest).unwrap();
        for name in CRATES {
            let folder = place.path().join(name);
            fs::create_dir_all(folder.join("src")).unwrap();
            let manifest = format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n");
            fs::write(folder.join("Cargo.toml"), manifest).unwrap();
            let text = format!("pub fn {name}() -> &'static str {{ \"{name}\" }}\n");
            fs::write(folder.join("src/lib.rs"), text).unwrap();
        }
        Job { program: program.to_owned(), place, keys: (access_key, secret_key) }
    }

    fn command(&self) -> Run {
        let place = self.place.path();
        run(&self.program, place)
            .env("KACHE_CONFIG", place.join("kache.toml").display())
            .env("KACHE_HOST_CONFIG", "")
            .env("KACHE_CACHE_DIR", place.join("store").display())
            .env("KACHE_RUNTIME_DIR", place.join("runtime").display())
            .env("KACHE_SOCKET_PATH", place.join("socket").display())
            .env("KACHE_S3_ACCESS_KEY", &self.keys.0)
            .env("KACHE_S3_SECRET_KEY", &self.keys.1)
            .folder(place)
    }

    /// Builds every crate, and gives what kache said of each.
    fn results(&self) -> Vec<String> {
        self.command().args(["daemon", "start"]).must();
        let bin = Path::new(&answer("rustc", &["--print", "sysroot"])).join("bin");
        let build = self.command().with(&bin.join("cargo"));
        build
            .args(["build", "--offline"])
            .env("RUSTC", bin.join("rustc").display())
            .env("RUSTC_WRAPPER", self.program.display())
            .env("CARGO_HOME", self.place.path().join("cargo").display())
            .env("CARGO_INCREMENTAL", 0)
            .must();
        let report = self.command().args(["report", "--format", "json", "--top", "1"]).must().out;
        // It ends when what was compiled is uploaded.
        self.command().args(["daemon", "stop"]).must();
        let report: Value = serde_json::from_str(&report).unwrap();
        let events = report["all_events"].as_array().unwrap();
        let results = events.iter().map(|event| event["result"].as_str().unwrap().to_owned());
        results.collect()
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        // A test that failed in between leaves its daemon; a panic now would hide the first.
        if std::thread::panicking() {
            self.command().args(["daemon", "stop"]).try_end();
        }
    }
}

/// Cold: nothing but misses, a manifest and a pack of each in the bucket. Warm: nothing but hits
/// that the bucket gave.
pub fn kache_2_0_0_over_s3() -> Tried {
    let program = program()?;
    let house = house(ServiceKind::named("s3"), Network::unlimited(), Limits::default());
    assert_eq!(Job::new(&program, &house).results(), ["miss"; 3]);
    let stored = house.service.stored().objects;
    assert!(stored >= 2 * CRATES.len() as u64, "{stored} objects");
    house.ledger();
    assert_eq!(Job::new(&program, &house).results(), ["remote_hit"; 3]);
    let ledger = house.ledger();
    let packs = ledger.iter().filter(|request| {
        request.operation == Operation::Read
            && request.status == 200
            && request.key.ends_with(".tar.zst")
    });
    assert_eq!(packs.count(), CRATES.len());
    assert!(ledger.iter().all(|request| request.fault.is_none() && request.status != 0));
    Ok(())
}
