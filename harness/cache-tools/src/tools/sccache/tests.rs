//! What sccache is told, and what real output of it means.

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
    assert_eq!((count(&cold, "disk-writes"), count(&cold, "remote-writes")), (Some(1), Some(1)));
    let stored = cold.stored_in.unwrap();
    assert!(stored.is_wanted && stored.location.contains(", then webdav"), "{stored:?}");
    // A fresh disk: the server has it, and it is brought to the disk.
    let remote = report(&job_of("0.16.0", "levels-before", "levels-remote"), &levels);
    assert_eq!((count(&remote, "disk-misses"), count(&remote, "remote-hits")), (Some(1), Some(1)));
    assert_eq!(remote.counters.get(Counter::HITS), Some(1));
    // Without the second level it fell back, and so it did where levels were not asked for.
    let alone = report(&job_of("0.16.0", "before", "cold"), &levels);
    assert!(!alone.stored_in.as_ref().unwrap().is_wanted);
    let mut one = scenario("sccache", &[]);
    one.service = Some(ServiceKind::WEBDAV);
    assert!(!report(&job, &one).stored_in.unwrap().is_wanted);
    assert_eq!(count(&alone, "disk-hits"), None);
}
