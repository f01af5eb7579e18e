//! Variations and pieces of the museum: what their files may say, and the plans that test them.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use lukewarm_model::{Plan, Priming};
use lukewarm_plan::{Files, Layer, Problems, Selection, VariationSet, read_layers, soundness};

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn files() -> Files {
    lukewarm_plan::read(&root(), &lukewarm_cache_tools::descriptions()).unwrap()
}

fn planned(set: VariationSet, scenarios: &[&str], only: &[&str]) -> Result<Plan, Problems> {
    let all = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect();
    let selection =
        Selection { scenarios: all(scenarios), workspaces: all(only), ..Selection::default() };
    soundness(&files(), set, &selection)
}

#[test]
fn every_variation_is_built_twice_without_a_cache_and_once_with_each() {
    let files = files();
    let plan = planned(VariationSet::Soundness, &["persistent-target", "sccache-local"], &[]);
    let plan = plan.unwrap();
    let names: Vec<&str> = plan.scenarios.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["none", "persistent-target", "sccache-local", "none-again"]);
    assert_eq!(plan.workspaces, files.soundness);
    assert_eq!(plan.cases.len(), 4 * files.soundness.len());
    let distinct: BTreeSet<_> = plan.cases.iter().collect();
    assert_eq!(distinct.len(), plan.cases.len());
    assert_eq!((plan.iterations, plan.priming), (1, Priming::Measured));
    assert_eq!(
        (plan.reference.as_deref(), plan.twin.as_deref()),
        (Some("none"), Some("none-again"))
    );
    // What is laid out in another way each time could not be compared.
    assert!(plan.scenarios.iter().all(|it| !it.incremental));
    let jobs: Vec<&str> = plan.story.jobs.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(jobs, ["before", "after"]);
}

#[test]
fn a_record_of_such_a_plan_can_be_carried_out_again() {
    let plan = planned(VariationSet::Museum, &["persistent-target"], &["commit-times"]).unwrap();
    assert_eq!(lukewarm_plan::carried_out(&files(), &plan).unwrap(), plan);
    let mut crafted = plan;
    let variation = crafted.workspaces[0].variation.as_mut().unwrap();
    variation.after.environment.insert("RUSTC".to_owned(), "/tmp/evil".to_owned());
    let refused = lukewarm_plan::carried_out(&files(), &crafted).unwrap_err().to_string();
    assert!(refused.contains("there is no such sample"), "{refused}");
}

#[test]
fn a_piece_of_the_museum_says_where_it_was_published_and_a_variation_has_no_bug() {
    let files = files();
    assert!(files.soundness.len() >= 20 && files.museum.len() >= 8);
    for piece in &files.museum {
        let published = piece.variation.as_ref().unwrap().published.as_ref().unwrap();
        let is_address = |it: &String| it.starts_with("https://");
        assert!(published.sources.iter().all(is_address) && !published.sources.is_empty());
    }
    let has_none =
        |it: &&lukewarm_model::SampleWorkspace| it.variation.as_ref().unwrap().published.is_some();
    assert_eq!(files.soundness.iter().find(has_none), None);
}

#[test]
fn unknown_names_are_told_with_the_nearest() {
    let said = |set, only: &[&str]| planned(set, &["none"], only).unwrap_err().to_string();
    let text = said(VariationSet::Soundness, &["env-macros", "umask"]);
    assert!(text.contains("unknown variation `env-macros`; did you mean `env-macro`?"), "{text}");
    let text = said(VariationSet::Museum, &["commit-time"]);
    assert!(text.contains("unknown piece `commit-time`; did you mean `commit-times`?"), "{text}");
}

/// The problems of a project with this variation over the shipped files.
fn problems(text: &str) -> String {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("scenarios/variations/soundness");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("mine.toml"), text).unwrap();
    let layers = [Layer::project(&root()), Layer::overlay(place.path())];
    match read_layers(&layers, &lukewarm_cache_tools::descriptions()) {
        Ok(files) => {
            assert!(files.soundness.iter().any(|it| it.name == "mine"));
            String::new()
        }
        Err(problems) => problems.to_string(),
    }
}

#[test]
fn a_variation_of_ones_own_may_use_a_shipped_workspace() {
    let head = "title = 't'\nessay = 'e'\nworkspace = 'plain'\n";
    assert_eq!(problems(&format!("{head}[after.environment]\nA = 'b'\n")), "");
}

#[test]
fn what_a_variation_cannot_say_is_refused_with_its_place() {
    let head = "title = 't'\nessay = 'e'\nworkspace = 'plain'\n";
    let cases = [
        ("", "nothing varies"),
        ("[after.files]\n'../x' = 'y'\n", "`../x`: a path below the workspace's folder is wanted"),
        ("[after.files]\n'src/none.rs' = 'y'\n", "`src/none.rs`: the workspace has no such file"),
        ("[after.environment]\n'A=B' = 'y'\n", "`A=B`: a variable's name has no `=`"),
        ("[after]\numask = '7;x'\n", "three octal digits are wanted"),
        ("[after]\ncheckout = '../x'\n", "`checkout = \"../x\"`: a name has only"),
        (
            "[after]\nfile-times = 'yesterday'\n",
            "`file-times = \"yesterday\"` is not a UTC timestamp",
        ),
        ("[after]\nfoo = 1\n", "unknown key `foo`"),
    ];
    for (rest, wanted) in cases {
        let said = problems(&format!("{head}{rest}"));
        assert!(said.contains(wanted) && said.contains("mine.toml:"), "{rest}: {said}");
    }
    let elsewhere = "title = 't'\nessay = 'e'\nworkspace = 'plane'\n[after]\numask = '077'\n";
    let said = problems(elsewhere);
    assert!(said.contains("there is no `sample-workspaces/soundness/plane/Cargo.toml`"), "{said}");
}
