//! A poisoned cache: an entry of one library is replaced by one that was made of other sources, as
//! a service with an error would hand it out. What is built of it is found to be wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use lukewarm_cache_tools::Tools;
use lukewarm_model::{MutationKind, OutputComparison, Place, Plan, RawRecord, UncachedBuilds};
use lukewarm_runner::{Event, Processes};

use crate::support::{counts, job, plan, record_told, scenario};

/// The entries of sccache's local cache below a folder, each with the names of what it holds.
fn entries(folder: &Path) -> Vec<(PathBuf, BTreeSet<String>)> {
    let files = walkdir::WalkDir::new(folder).into_iter().flatten();
    let files = files.filter(|it| it.file_type().is_file()).map(walkdir::DirEntry::into_path);
    let read = |path: PathBuf| {
        let archive = zip::ZipArchive::new(std::fs::File::open(&path).ok()?).ok()?;
        let names = archive.file_names().flatten().map(|it| it.into_owned()).collect();
        Some((path, names))
    };
    files.filter_map(read).collect()
}

/// Replaces what the second job added to its kept cache by what the first one had of the same
/// names; gives how many entries.
fn poison(scratch: &Path) -> usize {
    let name = |path: &Path| path.file_name().unwrap().to_owned();
    let mut old = BTreeMap::new();
    let mut poisoned = 0;
    // The cache as each job left it lies in a folder of its own.
    let all = entries(scratch);
    let known: BTreeSet<_> = all.iter().map(|(path, _)| name(path)).collect();
    for key in known {
        let copies: Vec<_> = all.iter().filter(|(path, _)| name(path) == key).collect();
        // In the caches of both jobs.
        if let [(path, names), _, ..] = copies.as_slice() {
            old.insert(names.clone(), path.clone());
        }
    }
    for (path, names) in &all {
        let copies = all.iter().filter(|(other, _)| name(other) == name(path)).count();
        if let Some(before) = old.get(names).filter(|_| copies == 1) {
            std::fs::copy(before, path).unwrap();
            poisoned += 1;
        }
    }
    poisoned
}

fn compared(plan: &Plan, record: &RawRecord, case: &str, name: &str) -> OutputComparison {
    let tools = Tools::shipped();
    let builds = UncachedBuilds::of(plan, &record.jobs, |it| tools.build_traits(it));
    let case = format!("tiny/{case}");
    let facts = record.jobs.iter().find(|it| it.case == case && it.job == name).unwrap();
    assert!(facts.failure.is_none(), "{:?}", facts.failure);
    builds.compare(facts).unwrap()
}

#[test]
fn an_entry_of_other_sources_in_the_cache_is_found() {
    let mut plan = plan(vec![scenario("none", "none", None), scenario("local", "sccache", None)]);
    plan.story.jobs = vec![
        job("cold", MutationKind::None, None),
        job("core-body", MutationKind::Body, Some(Place::Core)),
        job("again", MutationKind::None, None),
    ];
    let place = tempfile::tempdir_in("/var/tmp").unwrap();
    let scratch = place.path().join("runs");
    let mut poisoned = 0;
    let record =
        record_told(plan.clone(), place.path(), &Processes::default(), &mut |event: &Event| {
            if let Event::JobFinished(facts) = event
                && facts.case == "tiny/local"
                && facts.job == "core-body"
            {
                poisoned = poison(&scratch);
            }
            Ok(())
        });
    assert!(poisoned > 0, "no entry was made anew by the edit");
    let sound = compared(&plan, &record, "local", "core-body");
    assert!(sound.is_complete(), "{sound:?}");
    let facts = record.jobs.iter().find(|it| it.case == "tiny/local" && it.job == "again").unwrap();
    let counts = counts(facts);
    assert_eq!((counts.misses, counts.read_errors), (0, 0), "sccache took what was there");
    let wrong = compared(&plan, &record, "local", "again");
    assert!(wrong.wrong.iter().any(|path| path.contains("libtally_")), "{wrong:?}");
    assert!(wrong.wrong.iter().any(|path| &**path == "debug/tally"), "{wrong:?}");
}
