//! The project's own files are read whole, and selections among them become plans.

use std::fs;
use std::path::{Path, PathBuf};

use lukewarm_model::{
    Allocation, Bytes, Order, Origin, Plan, Priming, Seconds, ServiceKind, Stopping, StoreState,
};
use lukewarm_plan::{DEFAULT_SEED, Files, Floor, LOOKS, Pairing, Preset, Selection, plan, read};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn files() -> Files {
    read(&root(), &lukewarm_cache_tools::descriptions()).unwrap_or_else(|error| panic!("{error}"))
}

fn estimate(plan: &Plan, cores: u32) -> Option<Seconds> {
    lukewarm_plan::estimate(plan, &lukewarm_cache_tools::descriptions(), cores)
}

#[test]
fn the_projects_files_make_every_preset() {
    let files = files();
    let sizes = [Preset::Quick, Preset::Default, Preset::Full].map(|preset| {
        let plan = plan(&files, &Selection { preset, ..Selection::default() }).unwrap();
        assert_eq!(plan.reference.as_deref(), Some("none"));
        assert!(estimate(&plan, 2) > Some(Seconds(60.0)));
        assert_eq!(plan.cases.len(), plan.scenarios.len() * plan.workspaces.len());
        (plan.cases.len(), plan.job_count())
    });
    assert!(sizes.is_sorted_by(|one, next| one.0 < next.0 && one.1 < next.1), "{sizes:?}");
}

#[test]
fn scenarios_of_the_default_run_share_one_link() {
    let files = files();
    let plan = plan(&files, &Selection::default()).unwrap();
    let links: Vec<(&str, &str)> = plan
        .scenarios
        .iter()
        .filter_map(|it| Some((it.name.as_str(), it.network.as_ref()?.name.as_str())))
        .collect();
    let wanted = [
        ("actions-cache", "github-hosted"),
        ("actions-cache-rolling", "github-hosted"),
        ("rust-cache", "github-hosted"),
        ("sccache-github-actions", "github-hosted"),
        ("sccache-webdav", "github-hosted"),
    ];
    assert_eq!(links, wanted);
    let jobs: Vec<&str> = plan.story.jobs.iter().map(|job| job.name.as_str()).collect();
    assert_eq!(jobs, ["cold", "unchanged", "leaf-body", "core-signature"]);
    assert_eq!((plan.name.as_str(), plan.cargo_profile.as_str()), ("cli", "dev"));
    assert_eq!(plan.seed, DEFAULT_SEED);
}

#[test]
fn every_network_starts_slowly_and_githubs_is_as_users_report() {
    let files = files();
    for network in &files.networks {
        assert_eq!(network.initial_window, Some(Bytes(14_600)), "{}", network.name);
    }
    let github = files.networks.iter().find(|it| it.name == "github-hosted").unwrap();
    // A hit is a look-up and a read, a write a reservation, an upload and a finalisation.
    let mean = github.mean_latency().0;
    let (hit, write) = (2.0 * mean, 3.0 * mean);
    assert!((0.114..=0.317).contains(&hit) && (0.143..=0.451).contains(&write), "{hit} {write}");
    let tail = github.latency_at(0.99).0 / github.latency_at(0.5).0;
    assert!(tail > 3.0, "the slowest of a hundred answers takes {tail} times the median");
}

#[test]
fn stores_have_been_used_and_the_throttled_limits_are_githubs_by_one_factor() {
    let files = files();
    let find = |name: &str| files.scenarios.iter().find(|it| it.name == name).unwrap();
    for scenario in &files.scenarios {
        let used = scenario.service.is_some_and(|kind| kind == ServiceKind::WEBDAV);
        assert_eq!(scenario.store, used.then_some(StoreState::Used), "{}", scenario.name);
        assert!(!scenario.with_v1, "{}: GitHub.com has no service v1", scenario.name);
    }
    let limits = &find("sccache-throttled").limits;
    let (up, down) = (limits.uploads_per_minute.unwrap(), limits.downloads_per_minute.unwrap());
    assert_eq!((up * 10, down * 10), (200, 1500));
}

#[test]
fn every_sample_offers_what_every_story_wants_but_for_what_it_has_not() {
    let files = files();
    let refusals = |workspace: &str, story: &str| {
        let (workspaces, story) = (vec![workspace.to_owned()], Some(story.to_owned()));
        let selection = Selection { workspaces, story, ..Default::default() };
        plan(&files, &selection).err().map(|problems| problems.to_string())
    };
    for workspace in &files.workspaces {
        for story in &files.stories {
            let refused = refusals(&workspace.name, &story.name);
            match (workspace.name.as_str(), story.name.as_str()) {
                // `tiny` has no registry crate, and no member of `service` has a build script. Those
                // that others published have edits alone.
                ("tiny", "dependencies" | "month" | "week")
                | ("service", "build-script")
                | (
                    "mdbook" | "uutils",
                    "dependencies" | "month" | "week" | "build-script" | "features",
                ) => {
                    let refused = refused.expect("this is refused");
                    assert!(refused.contains("does not offer"), "{refused}");
                }
                _ => assert_eq!(refused, None),
            }
        }
    }
    let path = "./../../sample-workspaces/cli/";
    // For any other workspace the edits are made, whatever the story.
    for story in &files.stories {
        assert_eq!(refusals(path, &story.name), None);
    }
}

#[test]
fn a_selection_is_resolved() {
    let selection = Selection {
        scenarios: vec!["sccache-webdav@0.10.0".into(), "none".into(), "none".into()],
        workspaces: vec!["tiny".into(), "./../../sample-workspaces/tiny/".into()],
        network: Some("slow".into()),
        iterations: Some(7),
        ..Selection::default()
    };
    let plan = plan(&files(), &selection).unwrap();
    let names: Vec<&str> = plan.scenarios.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["sccache-webdav@0.10.0", "none"]);
    assert_eq!(plan.scenarios[0].tool.to_string(), "sccache@0.10.0");
    assert_eq!(plan.scenarios[0].network.as_ref().unwrap().name, "slow");
    assert!(plan.scenarios[1].network.is_none());
    assert_eq!((plan.iterations, plan.priming), (7, Priming::Separate));
    let origins: Vec<Origin> = plan.workspaces.iter().map(|it| it.origin).collect();
    assert_eq!(origins, [Origin::Sample, Origin::Foreign]);
    assert_ne!(plan.workspaces[0].name, plan.workspaces[1].name);
}

#[test]
fn a_folder_of_the_users_gets_a_name_of_its_own() {
    let root = tempfile::tempdir().unwrap();
    let folders = ["My Crate!", "deeper/my-crate", "tiny", "+"].map(|name| root.path().join(name));
    for folder in &folders {
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join("Cargo.toml"), "").unwrap();
    }
    let mut workspaces = folders.map(|folder| folder.display().to_string()).to_vec();
    workspaces.push(format!("{}/./deeper/../deeper/my-crate", root.path().display()));
    let selection = Selection { workspaces, ..Selection::default() };
    let plan = plan(&files(), &selection).unwrap();
    let names: Vec<&str> = plan.workspaces.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["my-crate", "my-crate-2", "tiny-2", "workspace"]);
    assert_eq!(plan.name, "my-crate-my-crate-2-tiny-2-workspace");
    assert!(plan.workspaces.iter().all(|it| it.origin == Origin::Foreign));
    assert!(plan.workspaces.iter().all(|it| it.folder.is_absolute()));
}

#[test]
fn the_reference_is_the_first_where_none_is_not_selected() {
    let scenarios = vec!["sccache-local".to_owned(), "actions-cache".to_owned()];
    let plan = plan(&files(), &Selection { scenarios, ..Selection::default() }).unwrap();
    assert_eq!(plan.reference.as_deref(), Some("sccache-local"));
}

#[test]
fn an_estimate_follows_cores_iterations_and_budget() {
    let files = files();
    let minutes = |iterations, budget, cores| {
        let selection = Selection { iterations, budget, ..Selection::default() };
        estimate(&plan(&files, &selection).unwrap(), cores).unwrap().0 / 60.0
    };
    let usual = minutes(Some(2), None, 2);
    assert!((3.0..15.0).contains(&usual), "{usual}");
    assert!(minutes(Some(2), None, 16) < usual / 2.0);
    assert!((minutes(None, None, 2) - 10.0).abs() < 0.1, "the default has a budget");
    // Priming counts as a pass: six of them against three.
    // Priming leaves out the last of four jobs: (5 + 0.75) passes over (2 + 0.75).
    assert!((minutes(Some(5), None, 2) / usual - 5.75 / 2.75).abs() < 0.05);
    assert!(minutes(Some(50), Some(Seconds(60.0)), 2) < usual);
}

/// The source that the estimate names: what each job of it took.
#[test]
fn an_estimate_is_near_what_its_source_took() {
    let record = lukewarm_record::read(&root().join("results/published/cli")).unwrap();
    assert_eq!(record.run.host.cores, 2);
    let lukewarm_model::TimeSpent { measured, laying, own } = record.end.unwrap().time;
    let took = (measured + laying + own).0;
    let estimated = estimate(&record.run.plan, 2).unwrap().0;
    assert!((0.8..1.25).contains(&(estimated / took)), "{estimated} s, and it took {took} s");
    assert!(lukewarm_plan::ESTIMATE_SOURCE.contains("results/published/cli"));
}

#[test]
fn of_a_workspace_that_nobody_measured_there_is_no_estimate() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("Cargo.toml"), "").unwrap();
    let foreign = root.path().display().to_string();
    let estimated = |workspaces: &[&str]| {
        let workspaces = workspaces.iter().map(ToString::to_string).collect();
        let selection = Selection { workspaces, ..Selection::default() };
        estimate(&plan(&files(), &selection).unwrap(), 2)
    };
    assert!(estimated(&["cli"]).is_some());
    assert_eq!(estimated(&[&foreign]), None);
    assert_eq!(estimated(&["cli", &foreign]), None, "half an estimate is none");
}

#[test]
fn a_story_runs_several_times_at_once_where_that_is_said() {
    let files = files();
    let of = |story: &str, at_once, stagger: Option<f64>| {
        let (story, stagger) = (Some(story.to_owned()), stagger.map(Seconds));
        let selection = Selection { story, at_once, stagger, ..Selection::default() };
        plan(&files, &selection).map(|plan| {
            let jobs = plan.story.jobs.iter().map(|job| job.at_once);
            jobs.map(|it| it.map(|it| (it.copies, it.stagger.0))).collect::<Vec<_>>()
        })
    };
    assert_eq!(of("matrix", None, None).unwrap(), [Some((4, 0.0)); 3]);
    assert_eq!(of("matrix", Some(2), None).unwrap(), [Some((2, 0.0)); 3]);
    assert_eq!(of("short", Some(8), Some(5.0)).unwrap(), [Some((8, 5.0)); 2]);
    assert_eq!(of("short", None, None).unwrap(), [None; 2]);
    for (copies, stagger, wanted) in [
        (Some(1), None, "--at-once: one alone is an ordinary job: 2 to 8"),
        (Some(9), None, "--at-once: 9 cannot run at once: 2 to 8"),
        (Some(2), Some(7200.0), "--stagger: 2 h 00 min apart is not at once: 1 h 00 min at most"),
        (
            None,
            Some(5.0),
            "--stagger: a job that runs alone has nothing to start behind: say how many run at \
             once too",
        ),
    ] {
        let said = of("short", copies, stagger).unwrap_err().to_string();
        assert_eq!(said, wanted);
    }
}

#[test]
fn every_problem_of_a_selection_is_named_at_once() {
    let selection = Selection {
        scenarios: vec!["sccache-webdv".into(), "none@1.0.0".into()],
        workspaces: vec!["cly".into(), "/no/such/folder".into()],
        story: Some("defalt".into()),
        network: Some("slo".into()),
        iterations: Some(0),
        budget: Some(Seconds(0.0)),
        prime_every: Some(0),
        cargo_profile: Some("dev; rm".into()),
        ..Selection::default()
    };
    let said = plan(&files(), &selection).unwrap_err().to_string();
    let wanted = [
        "--network: unknown network `slo`; did you mean `slow`?",
        "SCENARIO: unknown scenario `sccache-webdv`; did you mean `sccache-webdav`?",
        "SCENARIO: `none@1.0.0`: tool `none` has no versions to choose from",
        "--workspace: unknown workspace `cly`; did you mean `cli`? (a path is one with a `/`)",
        "--workspace: `/no/such/folder`: No such file or directory (os error 2)",
        "--story: unknown story `defalt`; did you mean `default`?",
        "--iterations: 0 iterations measure nothing: 1 or more",
        "--budget: a budget of 0 measures nothing: more than that",
        "--prime-every: states cannot be made anew after 0 iterations: 1 or more, as 4",
        "--cargo-profile: `dev; rm`: a cargo profile's name has only the letters a to z, digits, \
         `-` and `_`",
    ];
    assert_eq!(said.lines().collect::<Vec<_>>(), wanted);
}

#[test]
fn iterations_a_budget_or_the_preset_say_how_long_it_goes_on() {
    let files = files();
    let planned = |iterations, budget, preset| {
        let selection = Selection { iterations, budget, preset, ..Selection::default() };
        plan(&files, &selection).unwrap()
    };
    let looks = Stopping::Sequential { looks: LOOKS.to_vec() };
    let default = planned(None, None, Preset::Default);
    assert_eq!((&default.stopping, default.iterations), (&looks, 60));
    assert_eq!(default.budget, Some(Seconds(600.0)));
    let spent = |plan: &Plan| (plan.allocation, plan.priming);
    assert_eq!(spent(&default), (Allocation::Adaptive, Priming::Measured));
    let fixed = planned(Some(3), None, Preset::Default);
    let length = (&fixed.stopping, fixed.iterations, fixed.budget);
    assert_eq!(length, (&Stopping::Fixed, 3, None));
    assert_eq!(spent(&fixed), (Allocation::Even, Priming::Separate));
    let pairing = Pairing::BaselineAndCandidate;
    let gate = plan(&files, &Selection { pairing, ..Selection::default() }).unwrap();
    assert_eq!((gate.stopping, gate.allocation), (looks.clone(), Allocation::Even));
    let hour = Some(Seconds(3600.0));
    let budget = planned(None, hour, Preset::Quick);
    assert_eq!((&budget.stopping, budget.iterations, budget.budget), (&looks, 60, hour));
    let quick = planned(None, None, Preset::Quick);
    assert_eq!((&quick.stopping, quick.budget), (&looks, Some(Seconds(180.0))));
    let serial = Selection { order: Order::Serial, ..Selection::default() };
    let error = plan(&files, &serial).unwrap_err().to_string();
    assert!(error.contains("--order: cases that follow each other"), "{error}");
    assert!(plan(&files, &Selection { iterations: Some(5), ..serial }).is_ok());
}

#[test]
fn the_reference_may_be_measured_twice() {
    let selection = Selection {
        scenarios: vec!["sccache-local".to_owned(), "none".to_owned()],
        floor: Floor::Measured,
        ..Selection::default()
    };
    let plan = plan(&files(), &selection).unwrap();
    let names: Vec<&str> = plan.scenarios.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["sccache-local", "none", "none-again"]);
    assert_eq!((plan.reference.as_deref(), plan.cases.len()), (Some("none"), 3));
    assert_eq!(plan.twin.as_deref(), Some("none-again"));
    let again = &plan.scenarios[2];
    let none = &plan.scenarios[1];
    assert_eq!((&again.tool, &again.essay), (&none.tool, &none.essay));
}
