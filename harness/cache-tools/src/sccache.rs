//! sccache: a compiler wrapper with a server, on a local disk or a remote service.
//! Owns its environment, its server's life and the meaning of its statistics. It must not count
//! bytes: sccache does not, the service's ledger does.

use std::collections::BTreeMap;

use lukewarm_model::{
    Access, Counts, Endpoint, Scenario, ServiceDescription, ServiceKind, ToolDescription, ToolRole,
    ToolStatement,
};
use semver::Version;
use serde::Deserialize;

use crate::{
    Action, Address, Brings, CacheTool, Checkout, Invocation, JobContext, Program, Recipe, Server,
    StatisticsError, Wheel,
};

/// Mozilla's shared compilation cache.
pub struct Sccache;

/// A bucket, of which there is nothing more to know.
const S3: ServiceKind = ServiceKind::new(&ServiceDescription::ordinary("s3"));

static DESCRIPTION: ToolDescription = ToolDescription {
    name: "sccache",
    summary: "a compiler wrapper that stores each unit by the hash of its inputs",
    role: ToolRole::Wrapper,
    services: &[ServiceKind::GITHUB_ACTIONS, ServiceKind::WEBDAV, S3],
    works_alone: true,
    versioned: true,
    refuses_incremental: true,
    settings: &[],
};

static PROGRAM: Program = Program {
    name: "sccache",
    // Since 0.9 a miss waits for its write, so that statistics are complete when a build ends.
    minimum: "0.9.0",
    // Before, writes may be on their way then: the step that stops the server waits for them.
    oldest: "0.8.2",
    pinned: "0.16.0",
    wheels: &[
        Wheel {
            version: "0.16.0",
            machine: "x86_64-linux",
            sha256: "0bc1d09991eec9f266f495920e669715906cf610a759d2685156e69f9fcde995",
        },
        Wheel {
            version: "0.16.0",
            machine: "aarch64-linux",
            sha256: "c0c14429fa782987f36ea19dc643da204b4f318c3e4fd4c2222a1be78ff6680c",
        },
        Wheel {
            version: "0.10.0",
            machine: "x86_64-linux",
            sha256: "7eb2390b2c4885fa14f8563e309071fdc4b062804a3b7e19396aa035bc4c7805",
        },
        Wheel {
            version: "0.10.0",
            machine: "aarch64-linux",
            sha256: "e5a3ea19005fd673e2599cb21b7f9a62cc67c7326d47dce7f45f381f881d1623",
        },
        Wheel {
            version: "0.9.1",
            machine: "x86_64-linux",
            sha256: "364fab8789a0c4b05d951fcb7a17921ed469849601ab37c5ec8cee29694e6961",
        },
        Wheel {
            version: "0.9.1",
            machine: "aarch64-linux",
            sha256: "865062a554408027b2db19fa5f3fc335099245eca66376544b59e8bd6cfc160f",
        },
    ],
};

impl CacheTool for Sccache {
    fn description(&self) -> &'static ToolDescription {
        &DESCRIPTION
    }

    fn program(&self) -> Option<&'static Program> {
        Some(&PROGRAM)
    }

    fn brings(&self, _scenario: &Scenario) -> Brings {
        Brings::Units
    }

    fn recipe(&self, job: &JobContext<'_>) -> Recipe {
        let program: std::path::PathBuf =
            job.program.unwrap_or(std::path::Path::new(PROGRAM.name)).into();
        let environment = environment(job);
        let call = |args: &[&str]| Invocation {
            program: program.clone(),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            environment: environment.clone(),
        };
        let mut start = call(&[]);
        // In the foreground, so that its children's CPU time is known and nothing is left behind.
        start.environment.insert("SCCACHE_START_SERVER".to_owned(), "1".to_owned());
        start.environment.insert("SCCACHE_NO_DAEMON".to_owned(), "1".to_owned());
        let mut build = environment.clone();
        build.insert("RUSTC_WRAPPER".to_owned(), program.display().to_string());
        Recipe {
            checkout: Checkout::Fresh,
            survives: job.service.is_none().then(|| job.folders.kept.clone()),
            ballast: None,
            environment: build,
            restore: vec![Action::StartServer(Server { start, address: address(job) })],
            statistics: Some(call(&["--show-stats", "--stats-format", "json"])),
            save: vec![Action::StopServer(call(&["--stop-server"]))],
        }
    }

    fn counts(&self, statements: &[ToolStatement]) -> Result<Option<Counts>, StatisticsError> {
        let before = statement(statements, "before")?;
        let after = statement(statements, "after")?;
        Ok(Some(subtract(&before.stats, after)))
    }

    /// Objects are at `a/b/c/HASH`, by the first three digits of their hash.
    fn folders(&self) -> Vec<String> {
        let digits = || "0123456789abcdef".chars();
        let first = digits().map(String::from);
        let below = |folders: &[String]| -> Vec<String> {
            let inside =
                |folder: &String| digits().map(move |it| format!("{folder}/{it}")).collect();
            folders.iter().flat_map(|folder| -> Vec<String> { inside(folder) }).collect()
        };
        let first: Vec<String> = first.collect();
        let second = below(&first);
        let third = below(&second);
        [first, second, third].concat()
    }

    fn stores_in(&self, location: &str, service: Option<ServiceKind>) -> bool {
        let prefix = match service.map(ServiceKind::name) {
            None => "Local disk",
            Some("github-actions") => "ghac",
            Some(name) => name,
        };
        location.starts_with(prefix)
    }

    fn client_environment(&self, endpoint: &Endpoint) -> Vec<(&'static str, String)> {
        let url = &endpoint.url;
        match (endpoint.kind.name(), &endpoint.access) {
            // The runner's own URLs end with a slash, and v1's clients rely on it.
            ("github-actions", Access::Token(token)) => vec![
                ("ACTIONS_RESULTS_URL", format!("{url}/")),
                ("ACTIONS_RUNTIME_TOKEN", token.clone()),
                ("ACTIONS_CACHE_SERVICE_V2", "true".to_owned()),
                // What versions before 0.10 look for, which speak service v1.
                ("ACTIONS_CACHE_URL", format!("{url}/")),
                ("SCCACHE_GHA_ENABLED", "on".to_owned()),
            ],
            ("webdav", Access::Token(token)) => vec![
                ("SCCACHE_WEBDAV_ENDPOINT", url.clone()),
                ("SCCACHE_WEBDAV_TOKEN", token.clone()),
            ],
            ("s3", Access::Keys { bucket, region, access_key, secret_key }) => {
                let has_tls = if url.starts_with("https:") { "on" } else { "off" };
                vec![
                    ("SCCACHE_BUCKET", bucket.clone()),
                    ("SCCACHE_ENDPOINT", url.clone()),
                    ("SCCACHE_REGION", region.clone()),
                    ("SCCACHE_S3_USE_SSL", has_tls.to_owned()),
                    ("AWS_ACCESS_KEY_ID", access_key.clone()),
                    ("AWS_SECRET_ACCESS_KEY", secret_key.clone()),
                ]
            }
            _ => Vec::new(),
        }
    }
}

/// The oldest version that was seen to listen on a socket (mozilla/sccache#2206).
const LISTENS_ON_SOCKETS: Version = Version::new(0, 9, 1);

/// Where the server listens: on a socket where it can, since on a port it runs commands for every
/// user of the machine.
fn address(job: &JobContext<'_>) -> Address {
    let version = job.version.and_then(|version| Version::parse(version).ok());
    let can = version.is_some_and(|version| version >= LISTENS_ON_SOCKETS);
    match job.socket.filter(|_| can) {
        Some(socket) => Address::Socket(socket.to_owned()),
        None => Address::Port(job.port),
    }
}

/// What server and clients alike are told.
fn environment(job: &JobContext<'_>) -> BTreeMap<String, String> {
    let mut pairs = vec![
        match address(job) {
            Address::Socket(path) => ("SCCACHE_SERVER_UDS", path.display().to_string()),
            Address::Port(port) => ("SCCACHE_SERVER_PORT", port.to_string()),
        },
        ("SCCACHE_IDLE_TIMEOUT", "0".to_owned()),
        // A file that does not exist: the user's own configuration must not be read.
        ("SCCACHE_CONF", job.folders.temporary.join("no-sccache.toml").display().to_string()),
        ("SCCACHE_DIR", job.folders.kept.display().to_string()),
    ];
    if let Some(service) = job.service {
        pairs.extend(Sccache.client_environment(service));
    }
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What `sccache --show-stats --stats-format json` prints, as far as it is used.
#[derive(Deserialize)]
struct Statement {
    stats: Stats,
    cache_location: String,
    version: String,
}

#[derive(Deserialize)]
struct Stats {
    compile_requests: u64,
    requests_not_compile: u64,
    requests_executed: u64,
    cache_hits: ByLanguage,
    cache_misses: ByLanguage,
    cache_timeouts: u64,
    cache_read_errors: u64,
    cache_write_errors: u64,
    not_cached: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
struct ByLanguage {
    counts: BTreeMap<String, u64>,
}

impl ByLanguage {
    fn rust(&self) -> u64 {
        self.counts.get("Rust").copied().unwrap_or(0)
    }

    fn others(&self) -> u64 {
        self.counts.values().sum::<u64>() - self.rust()
    }
}

fn statement(
    statements: &[ToolStatement],
    moment: &'static str,
) -> Result<Statement, StatisticsError> {
    let found = statements.iter().find(|statement| statement.moment == moment);
    let found = found.ok_or(StatisticsError::Missing { tool: "sccache", moment })?;
    serde_json::from_str(&found.text).map_err(|source| StatisticsError::Unreadable {
        tool: "sccache",
        moment,
        source,
    })
}

/// The statistics are cumulative since the server started: what one job did is the difference.
fn subtract(before: &Stats, after: Statement) -> Counts {
    let stats = &after.stats;
    let difference =
        |field: fn(&Stats) -> u64| -> u64 { field(stats).saturating_sub(field(before)) };
    let not_cacheable = stats
        .not_cached
        .iter()
        .map(|(reason, count)| {
            let earlier = before.not_cached.get(reason).copied().unwrap_or(0);
            (reason.clone(), count.saturating_sub(earlier))
        })
        .filter(|(_, count)| *count > 0)
        .collect();
    Counts {
        requests: difference(|s| s.compile_requests),
        executed: difference(|s| s.requests_executed),
        hits: difference(|s| s.cache_hits.rust()),
        misses: difference(|s| s.cache_misses.rust()),
        other_hits: difference(|s| s.cache_hits.others()),
        other_misses: difference(|s| s.cache_misses.others()),
        not_cacheable,
        not_compilations: difference(|s| s.requests_not_compile),
        read_errors: difference(|s| s.cache_read_errors),
        write_errors: difference(|s| s.cache_write_errors),
        timeouts: difference(|s| s.cache_timeouts),
        location: after.cache_location,
        version: after.version,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::tests::{context, endpoint, folders, scenario};

    fn said(version: &str, before: &str, after: &str) -> Vec<ToolStatement> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/sccache");
        [("before", before), ("after", after)]
            .map(|(moment, name)| {
                let path = format!("{folder}/{version}/{name}.json");
                let text = std::fs::read_to_string(&path).expect(&path);
                ToolStatement { moment: moment.to_owned(), text }
            })
            .to_vec()
    }

    #[test]
    fn reads_what_each_supported_version_says() {
        for version in ["0.9.1", "0.10.0", "0.16.0"] {
            let cold = Sccache.counts(&said(version, "before", "cold")).unwrap().unwrap();
            assert_eq!((cold.executed, cold.hits, cold.misses), (1, 0, 1), "{version}");
            assert_eq!(cold.version, version);
            assert!(Sccache.stores_in(&cold.location, None), "{}", cold.location);
            assert!(!Sccache.stores_in(&cold.location, Some(ServiceKind::WEBDAV)));
            // The server of the warm build is the same: only the difference is its own.
            let warm = Sccache.counts(&said(version, "cold", "warm")).unwrap().unwrap();
            assert_eq!((warm.executed, warm.hits, warm.misses), (1, 1, 0), "{version}");
            assert_eq!(warm.requests, cold.requests, "{version}");
        }
    }

    #[test]
    fn says_what_is_missing_or_unreadable() {
        let missing = Sccache.counts(&[]).unwrap_err();
        assert_eq!(missing.to_string(), "sccache made no statement before the build");
        let mut statements = said("0.16.0", "before", "cold");
        statements[1].text = "{}".to_owned();
        let unreadable = Sccache.counts(&statements).unwrap_err();
        assert_eq!(unreadable.to_string(), "sccache's statistics after the build cannot be read");
    }

    #[test]
    fn it_listens_on_a_socket_where_it_can() {
        let (scenario, folders) = (scenario("sccache", &[]), folders());
        let socket = std::path::Path::new("/scratch/temporary/server");
        let seen = |version, socket| {
            let job = JobContext { version, socket, ..context(&scenario, None, &folders) };
            let recipe = Sccache.recipe(&job);
            let Action::StartServer(server) = &recipe.restore[0] else { panic!("no server") };
            for environment in [&server.start.environment, &recipe.environment] {
                let variables = ["SCCACHE_SERVER_UDS", "SCCACHE_SERVER_PORT"];
                let told = variables.map(|name| environment.get(name).map(String::as_str));
                assert_eq!(
                    told,
                    match server.address {
                        Address::Socket(_) => [Some("/scratch/temporary/server"), None],
                        Address::Port(_) => [None, Some("4226")],
                    }
                );
            }
            server.address.clone()
        };
        let on_socket = Address::Socket(socket.to_owned());
        assert_eq!(seen(Some("0.16.0"), Some(socket)), on_socket);
        assert_eq!(seen(Some("0.9.1"), Some(socket)), on_socket);
        assert_eq!(seen(Some("0.8.2"), Some(socket)), Address::Port(4226));
        assert_eq!(seen(Some("0.16.0"), None), Address::Port(4226), "the path is too long");
        assert_eq!(seen(None, Some(socket)), Address::Port(4226));
    }

    #[test]
    fn a_used_store_has_the_folders_of_every_hash() {
        let folders = Sccache.folders();
        assert_eq!(folders.len(), 16 + 256 + 4096);
        let parent = |folder: &str| folder.rsplit_once('/').map(|(parent, _)| parent.to_owned());
        let mut made = std::collections::BTreeSet::new();
        for folder in &folders {
            assert!(parent(folder).is_none_or(|parent| made.contains(&parent)), "{folder}");
            assert!(made.insert(folder.clone()), "{folder} twice");
        }
        assert!(made.contains("0") && made.contains("a/f/9"));
    }

    #[test]
    fn only_the_local_disk_survives() {
        let scenario = scenario("sccache", &[]);
        let folders = folders();
        let local = Sccache.recipe(&context(&scenario, None, &folders));
        assert_eq!(local.survives, Some(folders.kept.clone()));
        let webdav = endpoint(ServiceKind::WEBDAV);
        let remote = Sccache.recipe(&context(&scenario, Some(&webdav), &folders));
        assert_eq!(remote.survives, None);
        assert_eq!(remote.environment["SCCACHE_WEBDAV_ENDPOINT"], webdav.url);
        let actions = endpoint(ServiceKind::GITHUB_ACTIONS);
        let actions = Sccache.recipe(&context(&scenario, Some(&actions), &folders));
        // As GitHub's runner sets it, in a form that BuildKit's client takes too.
        assert_eq!(actions.environment["ACTIONS_CACHE_SERVICE_V2"], "true");
        assert!(!remote.environment.contains_key("SCCACHE_GHA_ENABLED"));
        assert!(!remote.environment.contains_key("SCCACHE_NO_DAEMON"));
    }
}
