//! Edits of workspaces of the user's, built for real: each must be in what was built, however that
//! is optimised.

use lukewarm_model::{JobSpec, MutationKind, Place, RawRecord};
use lukewarm_runner::Processes;

use crate::support::{foreign_plan, job, manifest, record_in};

/// Measures such a workspace without any cache.
fn measured(files: &[(&str, &str)], profile: &str, jobs: Vec<JobSpec>) -> RawRecord {
    let place = tempfile::tempdir_in("/var/tmp").unwrap();
    let plan = foreign_plan(place.path(), files, profile, jobs);
    record_in(plan, place.path(), &Processes::default())
}

/// The edits that were seen in what each job built, by the job's name.
fn seen(record: &RawRecord) -> Vec<(String, usize)> {
    let of = |job: &lukewarm_model::JobFacts| {
        assert!(job.failure.is_none(), "{}: {:?}", job.job, job.failure);
        let edits: Vec<_> = job.checks.iter().filter(|it| it.name == "edit built").collect();
        assert!(edits.iter().all(|it| it.held == Some(true)), "{}: {edits:?}", job.job);
        (job.job.to_string(), edits.len())
    };
    record.jobs.iter().map(of).collect()
}

fn edits() -> Vec<JobSpec> {
    vec![
        job("cold", MutationKind::None, None),
        job("leaf-body", MutationKind::Body, Some(Place::Leaf)),
        job("core-body", MutationKind::Body, Some(Place::Core)),
        job("core-signature", MutationKind::Signature, Some(Place::Core)),
    ]
}

fn all_seen() -> Vec<(String, usize)> {
    let wanted = [("cold", 0), ("leaf-body", 1), ("core-body", 2), ("core-signature", 3)];
    wanted.map(|(job, edits)| (job.to_owned(), edits)).to_vec()
}

const LIBRARY: &str = "#![no_std]\n#![forbid(unsafe_code)]\n#![deny(warnings, missing_docs)]\n\
                       //! Docs.\n/// F.\npub fn f() -> u32 {\n    1\n}\n";

#[test]
fn an_edit_stays_in_what_is_linked_with_everything_optimised_and_stripped() {
    let workspace = "[workspace]\nmembers = [\"app\", \"base\"]\nresolver = \"2\"\n\
                     [profile.release]\nlto = \"fat\"\nstrip = true\ncodegen-units = 1\n\
                     panic = \"abort\"\nopt-level = \"z\"\n";
    let files = [
        ("Cargo.toml", workspace),
        ("app/Cargo.toml", &manifest("app", "[dependencies]\nbase = { path = \"../base\" }\n")),
        ("app/src/main.rs", "fn main() {\n    println!(\"{}\", base::f());\n}\n"),
        ("base/Cargo.toml", &manifest("base", "")),
        ("base/src/lib.rs", LIBRARY),
    ];
    let record = measured(&files, "release", edits());
    assert_eq!(seen(&record), all_seen());
    let chosen = &record.run.edits[&record.run.plan.workspaces[0].name];
    let packages: Vec<&str> = chosen.iter().map(|it| it.package.as_str()).collect();
    assert_eq!(packages, ["app", "base", "base"]);
}

#[test]
fn libraries_for_other_languages_and_macros_are_edited_where_nothing_else_is_there() {
    for kind in ["crate-type = [\"cdylib\"]", "crate-type = [\"staticlib\"]", "proc-macro = true"] {
        let rest = format!("[lib]\n{kind}\n[profile.release]\nlto = true\nstrip = true\n");
        let files = [("Cargo.toml", manifest("alone", &rest)), ("src/lib.rs", String::new())];
        let files = files.each_ref().map(|(name, text)| (*name, text.as_str()));
        let record = measured(&files, "release", edits());
        assert_eq!(seen(&record), all_seen(), "{kind}");
    }
}

#[test]
fn features_build_scripts_flags_and_comments_are_changed_without_a_patch() {
    let jobs = vec![
        job("cold", MutationKind::None, None),
        job("features", MutationKind::Features, None),
        job("build-script", MutationKind::BuildScript, None),
        job("flags", MutationKind::Flags, None),
        job("comment", MutationKind::Comment, Some(Place::Core)),
        job("path", MutationKind::Path, None),
    ];
    let manifest = manifest("alone", "[features]\ndefault = [\"std\"]\nstd = []\n");
    let files = [("Cargo.toml", manifest.as_str()), ("src/lib.rs", LIBRARY)];
    let record = measured(&files, "dev", jobs);
    let counts: Vec<usize> = seen(&record).into_iter().map(|(_, edits)| edits).collect();
    assert_eq!(counts, [0, 1, 2, 2, 2, 2]);
    // The new build script is a unit of its own.
    let units: Vec<usize> = record.jobs.iter().map(|job| job.units.len()).collect();
    assert_eq!(units, [1, 1, 2, 2, 2, 2]);
}
