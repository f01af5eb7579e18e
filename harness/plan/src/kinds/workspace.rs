//! A sample workspace's file: its keys, and the patches that it names.
//! It reads those patches, and looks whether the folder is a Cargo workspace with its lock file.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path};

use lukewarm_model::{
    Change, Counter, Expected, Mutation, MutationKind, Origin, Reuse, SampleWorkspace,
    ToolDescription, Verify,
};

use super::story::{fits, place};
use crate::patch::misplaced;
use crate::reader::Reader;

/// A sample workspace.
pub fn workspace(
    name: &str,
    folder: &Path,
    mut reader: Reader<'_>,
    tools: &[ToolDescription],
) -> SampleWorkspace {
    let (title, essay) = (reader.text("title"), reader.text("essay"));
    let typical_build = reader.quantity("typical-build");
    let wrappers: Vec<_> = tools.iter().filter(|tool| tool.is_wrapper()).collect();
    let expected = reader.table("expected").map(|it| expected(it, &wrappers)).unwrap_or_default();
    let verify = reader.table("verify").map(verify);
    let reuse = reader.table("reuse").map(|it| reuse(it, &wrappers)).unwrap_or_default();
    let mut mutations: Vec<Mutation> = Vec::new();
    for table in reader.tables("mutation") {
        let mutation = mutation(table, folder, &mutations);
        mutations.extend(mutation);
    }
    for file in ["Cargo.toml", "Cargo.lock"] {
        if !folder.join(file).is_file() {
            reader.problem("", format!("no `{file}` beside it"));
        }
    }
    reader.finish("key");
    SampleWorkspace {
        name: name.to_owned(),
        title,
        essay,
        folder: folder.to_owned(),
        origin: Origin::Sample,
        typical_build,
        expected,
        verify,
        mutations,
        reuse,
    }
}

/// `[expected]`, with a table of its counters for each wrapper: `[expected.sccache]`.
fn expected(mut reader: Reader<'_>, wrappers: &[&ToolDescription]) -> Expected {
    let mut count = |key| reader.count(key, 0).map(u64::from);
    let (units, registry_units) = (count("units"), count("registry-units"));
    let mut tools = BTreeMap::new();
    for tool in wrappers {
        let Some(table) = reader.table(tool.name) else { continue };
        let own = tool.expected_counters.iter().copied();
        let names = [Counter::CACHEABLE_UNITS].into_iter().chain(own).map(Counter::name);
        tools.insert(tool.name.to_owned(), counts(table, names, "counter"));
    }
    reader.finish("key");
    Expected { units, registry_units, tools }
}

/// Whole numbers by name; `kind` is what the names are called.
fn counts(
    mut reader: Reader<'_>,
    names: impl Iterator<Item = &'static str>,
    kind: &str,
) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for name in names {
        let count = reader.count(name, 0).map(u64::from);
        counts.extend(count.map(|count| (name.to_owned(), count)));
    }
    reader.finish(kind);
    counts
}

fn verify(mut reader: Reader<'_>) -> Verify {
    let verify = Verify {
        bin: reader.text("bin"),
        args: reader.optional_texts("args", ""),
        stdout_contains: reader.text("stdout-contains"),
    };
    reader.finish("key");
    verify
}

/// What is reused after each change: a table of tables, by the changes' names. Hits are each
/// wrapper's own: `hit.sccache = 33`.
fn reuse(mut reader: Reader<'_>, wrappers: &[&ToolDescription]) -> Vec<Reuse> {
    let mut declared = Vec::new();
    for change in Change::all() {
        let Some(mut table) = reader.table(change.name()) else { continue };
        let names = wrappers.iter().map(|tool| tool.name);
        let hit = table.table("hit").map(|hits| counts(hits, names, "tool")).unwrap_or_default();
        let mut count = |key| table.count(key, 0).map(u64::from);
        let (fresh, kept) = (count("fresh"), count("kept"));
        table.finish("key");
        declared.push(Reuse { change, hit, fresh, kept });
    }
    reader.finish("change");
    declared
}

fn mutation(mut reader: Reader<'_>, folder: &Path, before: &[Mutation]) -> Option<Mutation> {
    // What is no edit needs no patch.
    let kinds: Vec<_> = MutationKind::ALL.into_iter().filter(|kind| kind.is_edit()).collect();
    let kinds: Vec<_> = kinds.into_iter().map(|kind| (kind.name(), kind)).collect();
    let kind = reader.word("kind", &kinds);
    let place = place(&mut reader);
    reader.require("kind");
    if let Some(kind) = kind {
        fits(&reader, "kind", kind);
    }
    let package = reader.text("package");
    if kind == Some(MutationKind::Dependency) && !package.is_empty() && !package.contains('@') {
        let what = "the version is missing that is built after it, as in `itoa@1.0.18`";
        reader.problem("package", format!("`package = \"{package}\"`: {what}"));
    }
    let path = reader.text("patch");
    let patch = patch(&reader, folder, &path);
    let same = |it: &Mutation| (Some(it.kind), it.place) == (kind, place);
    if kind != Some(MutationKind::Dependency) && before.iter().any(same) {
        reader.problem("kind", "an earlier mutation has this `kind` and `place`");
    }
    reader.finish("key");
    Some(Mutation { kind: kind?, place, package, patch: patch? })
}

/// The text of a patch, as far as it can be read.
fn patch(reader: &Reader<'_>, folder: &Path, path: &str) -> Option<String> {
    if path.is_empty() {
        return None;
    }
    let problem = |what: &str| reader.problem("patch", format!("`patch = \"{path}\"`: {what}"));
    if !Path::new(path).components().all(|part| matches!(part, Component::Normal(_))) {
        problem("a path below the workspace's folder is wanted");
        return None;
    }
    match fs::read_to_string(folder.join(path)) {
        Ok(text) if !text.contains("@TOKEN@") => {
            problem("the patch has no `@TOKEN@`, which makes each iteration's edit new");
            None
        }
        Ok(text) => match misplaced(folder, &text) {
            Some(what) => {
                problem(&format!("the patch {what}"));
                None
            }
            None => Some(text),
        },
        Err(error) => {
            problem(&format!("cannot be read: {error}"));
            None
        }
    }
}
