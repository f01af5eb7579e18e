//! A story's file: its jobs, and what changes before each.
//! Owns what a change must say of itself; whether a workspace offers it is `select`'s.

use lukewarm_model::{Change, JobSpec, Mtime, MutationKind, NAME_RULE, Place, Story, is_name};

use super::NAME_PATTERN;
use crate::reader::Reader;

/// A story.
pub fn story(name: &str, mut reader: Reader<'_>) -> Story {
    let (title, essay) = (reader.text("title"), reader.text("essay"));
    let mtime = reader.word("mtime", &Mtime::ALL.map(|mtime| (mtime.name(), mtime)));
    let mut jobs: Vec<JobSpec> = Vec::new();
    for table in reader.some_tables("job") {
        let job = job(table, &jobs);
        jobs.push(job);
    }
    reader.finish("key");
    Story { name: name.to_owned(), title, essay, mtime: mtime.unwrap_or_default(), jobs }
}

fn job(mut reader: Reader<'_>, before: &[JobSpec]) -> JobSpec {
    let name = reader.text_like("name", NAME_PATTERN);
    let kinds = MutationKind::ALL.map(|kind| (kind.name(), kind));
    let kind = reader.word("change", &kinds);
    let place = place(&mut reader);
    if !name.is_empty() && !is_name(&name) {
        reader.problem("name", format!("`name = \"{name}\"`: {NAME_RULE}"));
    }
    if before.iter().any(|other| other.name == name) {
        reader.problem("name", format!("`name = \"{name}\"`: an earlier job has that name"));
    }
    reader.needs("place", "change");
    if let Some(kind) = kind {
        fits(&reader, "change", kind);
    }
    if before.is_empty() && kind.is_some_and(|kind| kind != MutationKind::None) {
        reader.problem("change", "the first job has nothing to change from");
    }
    reader.finish("key");
    JobSpec { name, change: Change { kind: kind.unwrap_or(MutationKind::None), place } }
}

/// The place of a change, which not every kind has.
pub fn place(reader: &mut Reader<'_>) -> Option<Place> {
    reader.word("place", &Place::ALL.map(|place| (place.name(), place)))
}

/// Whether a kind of change and the `place` beside it fit; `key` is the kind's.
pub fn fits(reader: &Reader<'_>, key: &str, kind: MutationKind) {
    match (kind.has_place(), reader.has("place")) {
        (true, false) => {
            reader.problem(key, format!("`{key}` without a `place`: leaf or core"));
        }
        (false, true) => {
            reader.problem("place", format!("`place` with `{key} = \"{kind}\"`: leave it out"));
        }
        _ => {}
    }
}
