//! Claims and variants: what files may say of them, how they are refused, and how few runs serve.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use lukewarm_model::{
    Bytes, Case, Claim, ClaimRole, Experiment, FaultKind, Operation, Predicate, Priming, Scenario,
    ScenarioName, Seconds, Setting, SettingValue, Standing, Stopping, StoreState, When,
};
use lukewarm_plan::{Effort, Files, Selection, plan, plans, read, refined, select_claims};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn files() -> Files {
    read(&root(), &lukewarm_cache_tools::descriptions()).unwrap_or_else(|error| panic!("{error}"))
}

/// The project's files with one claim of this text beside them, or what is wrong with it.
fn with_claim(text: &str) -> Result<Files, String> {
    let place = tempfile::tempdir().unwrap();
    for folder in ["scenarios", "sample-workspaces"] {
        std::os::unix::fs::symlink(root().join(folder), place.path().join("from")).unwrap();
        copy(&place.path().join("from"), &place.path().join(folder));
        std::fs::remove_file(place.path().join("from")).unwrap();
    }
    std::fs::write(place.path().join("scenarios/claims/x1.toml"), text).unwrap();
    read(place.path(), &lukewarm_cache_tools::descriptions()).map_err(|error| error.to_string())
}

/// Copies what `read` looks at: manifests, patches and definitions.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true if path.ends_with("crates") || path.ends_with("target") => {}
            true => copy(&path, &target),
            false => drop(std::fs::copy(&path, &target).unwrap()),
        }
    }
}

const HEAD: &str = "title = 't'\nclaim = 'c'\nsource = 's'\ndate = 'd'\ntested = 'locally'\n\
                    conditions = 'c'\nessay = 'e'\n";
const EXPERIMENT: &str = "[[experiment]]\nworkspace = 'tiny'\nstory = 'short'\n\
                          scenarios = ['none', 'sccache-webdav']\n";

fn refused(text: &str) -> String {
    with_claim(text).expect_err("this is refused")
}

fn variant(name: &str) -> Result<Scenario, String> {
    let scenarios = vec!["none".to_owned(), name.to_owned()];
    let selection = Selection { scenarios, ..Selection::default() };
    let plan = plan(&files(), &selection).map_err(|problems| problems.to_string())?;
    Ok(plan.scenarios[1].clone())
}

#[test]
fn every_claims_file_is_read_and_claims_stand_in_the_order_of_their_numbers() {
    let files = files();
    let ids: Vec<&str> = files.claims.iter().map(|claim| claim.id.as_str()).collect();
    let number = |id: &str| (id[..1].to_owned(), id[1..].parse::<u32>().unwrap());
    // Main claims stand first.
    let mains = files.claims.iter().filter(|it| it.role == ClaimRole::Thesis).count();
    assert_eq!((mains, &ids[..mains]), (2, &["d0", "d13"][..]));
    assert!(ids[mains..].is_sorted_by_key(|id| number(id)), "{ids:?}");
    let stem = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()
    };
    let found: BTreeSet<String> =
        std::fs::read_dir(root().join("scenarios/claims")).unwrap().map(stem).collect();
    assert_eq!(ids.iter().map(ToString::to_string).collect::<BTreeSet<_>>(), found);
    let some = select_claims(&files, &["D10".to_owned(), "c1".to_owned()]).unwrap();
    assert_eq!(some.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["c1", "d10"]);
    let error = select_claims(&files, &["d99".to_owned()]).unwrap_err().to_string();
    assert!(error.starts_with("ID: unknown claim `d99`; did you mean"), "{error}");
}

#[test]
fn few_runs_serve_all_claims_and_no_case_is_measured_twice() {
    let files = files();
    let wanted: Vec<(&Experiment, Vec<&Predicate>)> =
        files.claims.iter().flat_map(wanted).collect();
    let runs: Vec<_> = plans(&wanted, Effort::Usual).into_iter().map(|it| it.plan).collect();
    let names: BTreeSet<&str> = runs.iter().map(|run| run.name.as_str()).collect();
    assert_eq!(names.len(), runs.len());
    assert!(runs.len() < wanted.len() / 2, "{names:?} for {} experiments", wanted.len());
    for run in &runs {
        let cases: BTreeSet<&Case> = run.cases.iter().collect();
        assert_eq!(cases.len(), run.cases.len());
    }
    let short = runs.iter().find(|run| run.name == "claims-cli-short-release-2-8-24").unwrap();
    assert!(matches!(short.stopping, Stopping::Sequential { .. }), "times are in it");
    assert_eq!(short.reference.as_deref(), Some("none"));
    let counts = runs.iter().find(|run| run.name == "claims-cli-branches-release").unwrap();
    assert_eq!(
        (counts.iterations, counts.priming),
        (2, Priming::Measured),
        "it shows that counts repeat"
    );
    let edits = runs.iter().find(|run| run.name == "claims-cli-default-release-2-10").unwrap();
    let looks = Stopping::Sequential { looks: vec![2, 10] };
    assert_eq!((edits.iterations, &edits.stopping), (10, &looks), "an experiment's own looks");
    assert!(plans(&wanted, Effort::Quick).iter().all(|run| run.plan.iterations == 2));
    // What the reference differs from itself is measured beside times, and not beside counts.
    let twins = |run: &lukewarm_model::Plan| run.cases.iter().any(|it| it.scenario == "none-again");
    assert!(twins(short) && !twins(counts));
    assert_eq!((short.twin.as_deref(), counts.twin.as_deref()), (Some("none-again"), None));
    // What is divided by each other is measured side by side, at each value of a sweep too.
    assert!(counts.pairs.is_empty());
    let has = |one: &str, other: &str| {
        short.pairs.iter().any(|(a, b)| (a.as_str(), b.as_str()) == (one, other))
    };
    assert!(has("none", "none-again"), "{:?}", short.pairs);
    let known = |name: &ScenarioName| short.cases.iter().any(|it| it.scenario == *name);
    assert!(short.pairs.iter().all(|(one, other)| one != other && known(one) && known(other)));
    let timed = |it: &&Predicate| it.is_timed() && it.over.is_some();
    for (experiment, predicates) in
        wanted.iter().filter(|(it, _)| it.workspace.name == "cli" && it.story.name == "short")
    {
        for predicate in predicates.iter().filter(|it| timed(it)) {
            let over = predicate.over.as_ref().unwrap();
            if predicate.value.scenario == over.scenario {
                continue;
            }
            let (one, other) = (&predicate.value.scenario, &over.scenario);
            match &experiment.sweep {
                None => assert!(has(one, other), "{predicate:?}"),
                Some(sweep) => sweep.points.iter().for_each(|point| {
                    assert!(has(point.scenario(one), point.scenario(other)), "{predicate:?}");
                }),
            }
        }
    }
}

const PREDICATE: &str = "[[predicate]]\nsays = 's'\nvalue = 'units none cold'\nexactly = 6\n";

#[test]
fn a_claim_is_built_in_its_own_profile() {
    let text = format!("{HEAD}profile = 'release'\n{EXPERIMENT}{PREDICATE}");
    let files = with_claim(&text).unwrap();
    let claim = files.claims.iter().find(|it| it.id == "x1").unwrap();
    let run = plans(&wanted(claim), Effort::Usual).remove(0);
    assert_eq!(run.serves, [0]);
    assert_eq!(
        (run.plan.name.as_str(), run.plan.cargo_profile.as_str()),
        ("claims-tiny-short-release", "release")
    );
    // Another claim with the same cases in another profile is another run.
    let dev = with_claim(&format!("{HEAD}{EXPERIMENT}{PREDICATE}")).unwrap();
    let dev = dev.claims.iter().find(|it| it.id == "x1").unwrap();
    assert_eq!(dev.profile, "dev");
    let both: Vec<_> = wanted(claim).into_iter().chain(wanted(dev)).collect();
    let serves: Vec<_> = plans(&both, Effort::Usual).into_iter().map(|it| it.serves).collect();
    assert_eq!(serves, [[0], [1]]);
    let debug = format!("{HEAD}profile = 'debug'\n{EXPERIMENT}{PREDICATE}");
    assert!(refused(&debug).contains("did you mean `dev`"), "{}", refused(&debug));
}

#[test]
fn a_registration_is_of_the_text_and_the_bounds() {
    let claim = |text: &str| {
        let files = with_claim(text).unwrap();
        files.claims.into_iter().find(|it| it.id == "x1").unwrap()
    };
    let text = format!("{HEAD}{EXPERIMENT}{PREDICATE}");
    let first = claim(&text);
    let registered =
        format!("{text}[registered]\nat = '2026-11-27T05:00:00Z'\nhash = '{}'\n", first.hash);
    let found = claim(&registered);
    assert_eq!(found.hash, first.hash, "the registration is no part of what is registered");
    assert_eq!(found.standing(&["2026-11-27T05:00:00.5Z".parse().unwrap()]), Standing::Registered);
    assert_ne!(found.standing(&["2026-11-27T04:59:59.9Z".parse().unwrap()]), Standing::Registered);
    assert_eq!(claim(&text.replace("essay = 'e'", "essay = 'f'")).hash, first.hash);
    for (from, to) in [
        ("exactly = 6", "exactly = 7"),
        ("claim = 'c'", "claim = 'd'"),
        ("'short'", "'default'"),
        ("title = 't'", "title = 'u'"),
    ] {
        let edited = claim(&registered.replace(from, to));
        assert!(matches!(edited.standing(&[]), Standing::Explored { .. }), "{to}");
    }
    for (bad, reason) in [
        (registered.replace("T05:00:00Z", ""), "is not a UTC timestamp"),
        (registered.replace("11-27T", "13-27T"), "is not a UTC timestamp"),
        (registered.replace(&first.hash, "abc"), "`hash` is not a SHA-256"),
        (registered.replace("hash =", "hush ="), "hush"),
    ] {
        assert!(refused(&bad).contains(reason), "{}", refused(&bad));
    }
}

#[test]
fn registered_claims_of_the_project_keep_their_hash() {
    let files = files();
    let registered: Vec<_> = files.claims.iter().filter(|it| it.registered.is_some()).collect();
    assert!(!registered.is_empty());
    for claim in registered {
        assert_eq!(claim.standing(&[]), Standing::Registered, "{}", claim.id);
    }
}

fn wanted(claim: &Claim) -> Vec<(&Experiment, Vec<&Predicate>)> {
    let about = |it: &Experiment| {
        claim.predicates.iter().filter(|p| p.experiment == it.name).collect::<Vec<_>>()
    };
    claim.experiments.iter().map(|it| (it, about(it))).collect()
}

#[test]
fn a_sweep_is_refined_between_its_values() {
    let files = files();
    let claim = files.claims.iter().find(|it| it.id == "d11").unwrap();
    let sweep = claim.experiments.iter().find(|it| it.sweep.is_some()).unwrap();
    let finer = refined(&files, sweep, &[0.18]).unwrap();
    let points = &finer.sweep.as_ref().unwrap().points;
    let labels: Vec<&str> = points.iter().map(|it| it.label.as_str()).collect();
    assert_eq!(labels, ["0 ms", "180 ms"]);
    let names: Vec<&str> = finer.scenarios.iter().map(|it| it.name.as_str()).collect();
    let wanted = ["none", "sccache-webdav+round-trip=0ms", "sccache-webdav+round-trip=180ms"];
    assert_eq!(names, wanted);
    let plain = claim.experiments.iter().find(|it| it.sweep.is_none()).unwrap();
    assert!(refined(&files, plain, &[0.1]).unwrap_err().to_string().contains("sweeps nothing"));
}

#[test]
fn each_setting_is_laid_onto_a_scenario() {
    let of = |name: &str| variant(name).unwrap();
    let far = of("sccache-webdav+round-trip=120ms");
    assert_eq!(far.network.as_ref().unwrap().round_trip, Seconds(0.12));
    let near = of("sccache-webdav+round-trip=1ms").network.unwrap();
    let slow = of("sccache-webdav+network=slow+round-trip=1ms").network.unwrap();
    assert_eq!(slow.jitter, Seconds(0.001), "jitter is never more than the round trip");
    assert!(!of("sccache-webdav").network.unwrap().latency_quantiles.is_empty());
    assert!(near.latency_quantiles.is_empty(), "every answer takes what is asked for");
    assert_eq!(of("sccache-webdav").store, Some(StoreState::Used));
    assert_eq!(of("sccache-webdav+store=virgin").store, Some(StoreState::Virgin));
    assert!(of("sccache-github-actions@0.9.1+with-v1=true").with_v1);
    assert!(!of("sccache-github-actions@0.9.1").with_v1);
    for (wrong, told) in [
        ("sccache-webdav+store=old", "unknown store `old`; known are used, virgin"),
        ("sccache-github-actions+store=used", "has no effect"),
        ("sccache-webdav+with-v1=true", "has no effect"),
        ("sccache-github-actions+with-v1=on", "`on` is not `true` or `false`"),
    ] {
        let said = variant(wrong).unwrap_err();
        assert!(said.contains(told), "{wrong}: {said}");
    }
    let slow = of("sccache-webdav+bandwidth=10Mbit/s+first-byte=30ms").network.unwrap();
    assert_eq!((slow.down, slow.up), (slow.up, slow.down));
    assert_eq!((slow.down.unwrap().0, slow.first_byte), (10_000_000, Seconds(0.03)));
    assert_eq!(of("sccache-webdav+network=slow").network.unwrap().name, "slow");
    let fault = of("sccache-webdav+write-latency=200ms").faults.remove(0);
    assert_eq!((fault.kind, fault.on), (FaultKind::Stall(Seconds(0.2)), Some(Operation::Write)));
    let fault = of("sccache-webdav+hit-share=80%").faults.remove(0);
    let When::Share(share) = fault.when else { panic!("{fault:?}") };
    assert!((share - 0.2).abs() < 1e-9 && fault.on == Some(Operation::Read), "{fault:?}");
    let github = of("sccache-github-actions+hit-share=50%").faults.remove(0);
    assert_eq!(github.on, Some(Operation::Lookup), "its clients look entries up before they read");
    assert!(of("sccache-webdav+hit-share=100%").faults.is_empty());
    let limited = of("sccache-github-actions+uploads-per-minute=7+quota=50MB").limits;
    assert_eq!(limited.uploads_per_minute, Some(7));
    assert_eq!(limited.quota, Some(Bytes(50_000_000)));
    let heavy = of("actions-cache+ballast=5MB").settings.remove(Setting::Ballast.name());
    assert_eq!(heavy, Some(SettingValue::Size(Bytes(5_000_000))));
    let both = of("sccache-webdav@0.10.0+network=colocated");
    assert_eq!(both.tool.version.as_deref(), Some("0.10.0"));
    assert_eq!(both.name, "sccache-webdav@0.10.0+network=colocated");
}

#[test]
fn a_setting_that_makes_no_sense_is_refused() {
    let cases = [
        ("none+round-trip=1ms", "setting `round-trip` has no effect on scenario `none`"),
        (
            "sccache-webdav+rount-trip=1ms",
            "unknown setting `rount-trip`; did you mean `round-trip`",
        ),
        ("sccache-webdav+round-trip=1", "`1` is not a time such as"),
        ("sccache-webdav+round-trip", "is not a setting such as `+round-trip=20ms`"),
        ("sccache-webdav+hit-share=0.8", "`0.8` is not a share such as `80%`"),
        ("sccache-webdav+hit-share=120%", "is not a share such as"),
        ("sccache-webdav+uploads-per-minute=0", "is not a whole number from 1 on"),
        ("sccache-webdav+network=farr", "unknown network `farr`"),
        (
            "sccache-webdav+ballast=5MB",
            "setting `ballast` has no effect on scenario `sccache-webdav`",
        ),
    ];
    for (name, reason) in cases {
        let error = variant(name).unwrap_err();
        assert!(error.contains(reason), "{name}: {error}");
    }
}

#[test]
fn a_sweep_takes_the_place_of_what_it_speaks_to() {
    let of = |sweep: &str| {
        let scenarios = vec!["none".to_owned(), "sccache-webdav".to_owned()];
        let sweep = Some(sweep.to_owned());
        plan(&files(), &Selection { scenarios, sweep, ..Selection::default() })
    };
    let plan = of("round-trip=80ms,0ms,20ms,20ms").unwrap();
    let names: Vec<&str> = plan.scenarios.iter().map(|it| it.name.as_str()).collect();
    let wanted = [
        "none",
        "sccache-webdav+round-trip=0ms",
        "sccache-webdav+round-trip=20ms",
        "sccache-webdav+round-trip=80ms",
    ];
    assert_eq!(names, wanted);
    let sweep = plan.sweep.unwrap();
    assert_eq!(
        sweep.points[2].scenario(&"sccache-webdav".into()),
        &"sccache-webdav+round-trip=80ms"
    );
    assert_eq!(sweep.points[2].scenario(&"none".into()), &"none");
    for (sweep, reason) in [
        ("round-trip", "is not a sweep such as"),
        ("round-trip=5ms", "needs two values or more"),
        ("network=slow,near", "cannot be swept"),
        ("ballast=1MB,2MB", "has no effect on none, sccache-webdav"),
    ] {
        let error = of(sweep).unwrap_err().to_string();
        assert!(error.contains("--sweep") && error.contains(reason), "{error}");
    }
}

#[test]
fn a_whole_claim_is_read() {
    let predicate = "[[predicate]]\nsays = 's'\nvalue = 'wall:build sccache-webdav unchanged'\n\
                     over = 'wall none unchanged'\nat-most = 0.9\nclaimed = '0.8'\nwhen = 'near'\n";
    let files = with_claim(&format!("{HEAD}{EXPERIMENT}{predicate}")).unwrap();
    let claim = files.claims.iter().find(|it| it.id == "x1").unwrap();
    assert_eq!(claim.predicates[0].value.to_string(), "wall:build sccache-webdav unchanged");
    assert_eq!(claim.predicates[0].bound.at_most, Some(0.9));
    let nowhere = HEAD.replace("'locally'", "'nowhere'");
    assert!(with_claim(&format!("{nowhere}untested = 'a product'\n")).is_ok());
}

#[test]
fn an_experiment_may_have_a_profile_and_looks_of_its_own() {
    let text = |keys: &str| {
        format!(
            "{HEAD}profile = 'release'\n{EXPERIMENT}name = 'one'\n{keys}{EXPERIMENT}name = 'two'\n"
        )
    };
    let with = |keys: &str| with_claim(&format!("{}{PREDICATE}experiment = 'one'\n", text(keys)));
    let files = with("profile = 'dev'\nlooks = [2, 10]\n").unwrap();
    let claim = files.claims.iter().find(|it| it.id == "x1").unwrap();
    let own: Vec<_> =
        claim.experiments.iter().map(|it| (it.profile.as_str(), &it.looks[..])).collect();
    assert_eq!(own, [("dev", &[2, 10][..]), ("release", &[])]);
    assert_eq!(plans(&wanted(claim), Effort::Usual).len(), 2, "they share no run");
    for (keys, reason) in [
        ("looks = [8, 2]\n", "`looks = [8, 2]` must ascend, from 2 or more"),
        ("looks = [1, 8]\n", "must ascend, from 2 or more"),
        ("looks = [8, 8]\n", "must ascend, from 2 or more"),
        ("profile = 'debug'\n", "did you mean `dev`"),
    ] {
        let error = with(keys).unwrap_err();
        assert!(error.contains(reason), "{keys}: {error}");
    }
}

#[test]
fn a_claimed_size_is_a_figure_and_how_far_off_it_may_be() {
    let with = |keys: &str| {
        let predicate = "[[predicate]]\nsays = 's'\nvalue = 'wall sccache-webdav cold'\n\
                         over = 'wall none cold'\n";
        with_claim(&format!("{HEAD}{EXPERIMENT}{predicate}{keys}"))
    };
    let files = with("figure = 1.42\nwithin = '25%'\n").unwrap();
    let claim = files.claims.iter().find(|it| it.id == "x1").unwrap();
    let size = claim.predicates[0].size.unwrap();
    assert_eq!((size.figure, size.within), (1.42, Some(0.25)));
    assert!(claim.predicates[0].bound.is_open() && claim.predicates[0].needs_test());
    let run = plans(&wanted(claim), Effort::Usual).remove(0).plan;
    assert!(matches!(run.stopping, Stopping::Sequential { .. }), "a size needs a test");
    assert_eq!(run.pairs.len(), 2, "what is divided, and the reference by itself: {:?}", run.pairs);
    // Both are a part of what is registered.
    let others = ["", "figure = 1.42\n", "figure = 1.43\nwithin = '25%'\n"];
    for other in others.map(|keys| with(keys).unwrap()) {
        let other = other.claims.iter().find(|it| it.id == "x1").unwrap();
        assert_ne!(other.hash, claim.hash);
    }
    for (keys, reason) in [
        ("within = '25%'\n", "`within` needs a `figure`"),
        ("figure = 0\n", "`figure = 0` must be above 0"),
        ("figure = 1.4\nwithin = 0.25\n", "`within = 0.25` must be"),
    ] {
        let error = with(keys).unwrap_err();
        assert!(error.contains(reason), "{keys}: {error}");
    }
}

#[test]
fn what_is_said_to_a_verdict_may_be_mended_after_the_registration() {
    let claim = |more: &str| {
        let files = with_claim(&format!("{HEAD}{more}{EXPERIMENT}{PREDICATE}")).unwrap();
        files.claims.into_iter().find(|it| it.id == "x1").unwrap()
    };
    let plain = claim("");
    let said = claim("would-change = 'a'\nrole = 'thesis'\n[[caveat]]\nof = 'b'\nsays = 'c'\n");
    assert_eq!(said.hash, plain.hash);
    assert_eq!(said.would_change.as_deref(), Some("a"));
    assert_eq!((said.caveats[0].of.as_str(), said.caveats[0].says.as_str()), ("b", "c"));
    assert_eq!((plain.role, said.role), (ClaimRole::Detail, ClaimRole::Thesis));
}

#[test]
fn everything_that_a_claim_names_must_be_there() {
    let with = |predicate: &str| {
        refused(&format!("{HEAD}{EXPERIMENT}[[predicate]]\nsays = 's'\n{predicate}"))
    };
    for (predicate, reason) in [
        ("value = 'hitratio none cold'", "unknown metric `hitratio`; did you mean `hit_ratio`?"),
        ("value = 'wall:biuld none cold'", "unknown step `biuld`; did you mean `build`?"),
        ("value = 'wall non cold'", "unknown scenario `non`; did you mean `none`?"),
        ("value = 'wall none cole'", "unknown job `cole`; did you mean `cold`?"),
        ("value = 'wall none'", "it must be `METRIC SCENARIO JOB`"),
        ("value = 'units none cold'\nexactly = 1\nat-most = 2", "`exactly` excludes"),
        ("value = 'units none cold'\nat-least = 3\nat-most = 2", "is more than `at-most`"),
        ("value = 'units none cold'\nat-most = 'two'", "`at-most = 'two'` must be a number"),
        ("value = 'wall none cold'\nat-most = 9", "`wall` differs from machine to machine"),
        ("value = 'units none cold'\nexperiment = 'mian'", "unknown experiment `mian`"),
        ("value = 'units none cold'\natmost = 9", "unknown key `atmost`; did you mean `at-most`?"),
    ] {
        let error = with(predicate);
        assert!(error.contains("scenarios/claims/x1.toml:") && error.contains(reason), "{error}");
    }
    let changed = |from: &str, to: &str| {
        let predicate = "[[predicate]]\nsays = 's'\nvalue = 'units none cold'\n";
        refused(&format!("{HEAD}{EXPERIMENT}{predicate}").replace(from, to))
    };
    for (from, to, reason) in [
        ("'tiny'", "'tinny'", "unknown workspace `tinny`"),
        ("'short'", "'shorty'", "unknown story `shorty`"),
        ("'short'", "'month'", "which workspace `tiny` does not offer"),
        ("['none', ", "['nine', ", "unknown scenario `nine`"),
        ("'locally'", "'here'", "unknown tested `here`"),
        ("'locally'", "'nowhere'", "without an `untested` that says why"),
        ("[[predicate]]", "[predicate]", "tables, each under [[predicate]]"),
        ("story = ", "sweep = 'round-trip'\nstory = ", "`sweep` without a `values`"),
        ("story = ", "values = ['1 ms']\nstory = ", "`values` without a `sweep`"),
        ("claim = 'c'\n", "", "`claim` is missing"),
    ] {
        let error = changed(from, to);
        assert!(error.contains(reason), "{from} → {to}: {error}");
    }
}
