//! A story's file: its jobs, and what changes before each.
//! Owns what a change must say of itself; whether a workspace offers it is `fit`'s.

use lukewarm_model::{Change, JobSpec, Mtime, MutationKind, Place, Seconds, Story};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::at_once::{self, Wrong};
use crate::document::Table;
use crate::forms::{Filled, Name, Written};

/// The jobs of a case.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StoryFile {
    /// One line.
    title: Filled,
    /// Markdown: what the story shows.
    essay: Filled,
    /// Modification times of a checkout's files, see below. Left out: `fresh`
    mtime: Option<Mtime>,
    /// The jobs, in order.
    #[schemars(length(min = 1))]
    job: Vec<JobTable>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(extend("dependencies" = { "place": ["change"] }))]
struct JobTable {
    /// The job's name, unique in the story.
    #[schemars(with = "Written<Name>")]
    name: String,
    /// What is another than in the job before, see below; the first job has none. Left out: `none`,
    /// nothing changes
    change: Option<MutationKind>,
    /// Where: `leaf` or `core`; required with `comment`, `body` and `signature`, and with no other.
    /// Left out: the change has no place
    place: Option<Place>,
    /// How often the job runs at once: 2 to 8 copies, each on a machine of its own, with one cache
    /// service, one quota and one minute's limit between them. Left out: it runs alone
    at_once: Option<u32>,
    /// How much later each copy starts than the one before it, such as `5 s`. Left out: all start
    /// together
    stagger: Option<Written<Seconds>>,
}

impl StoryFile {
    /// The story of that name; what does not go together is noted.
    pub fn story(self, name: &str, table: Table<'_>) -> Story {
        let mut jobs: Vec<JobSpec> = Vec::new();
        for (job, table) in self.job.into_iter().zip(table.each("job")) {
            jobs.push(job.job(&jobs, table));
        }
        Story {
            name: name.to_owned(),
            title: self.title.0,
            essay: self.essay.0,
            mtime: self.mtime.unwrap_or_default(),
            jobs,
        }
    }
}

impl JobTable {
    fn job(self, before: &[JobSpec], table: Table<'_>) -> JobSpec {
        let JobTable { name, change: kind, place, at_once: copies, stagger } = self;
        if table.is_right("name") && before.iter().any(|other| other.name == name) {
            table.problem("name", format!("`name = \"{name}\"`: an earlier job has that name"));
        }
        if let Some(kind) = kind {
            check_place(table, "change", kind);
        }
        if before.is_empty() && kind.is_some_and(|kind| kind != MutationKind::None) {
            table.problem("change", "the first job has nothing to change from");
        }
        let at_once = at_once::at_once(copies, stagger.map(|it| it.0)).unwrap_or_else(|wrong| {
            let (key, what) = match wrong {
                Wrong::Copies(what) => ("at-once", what),
                Wrong::Stagger(what) => ("stagger", what),
            };
            // A value that is wrong by itself was noted.
            let is_wrong = |key: &str| table.has(key) && !table.is_right(key);
            if !is_wrong("at-once") && !is_wrong("stagger") {
                table.problem(key, format!("`{key}`: {what}"));
            }
            None
        });
        JobSpec {
            name: name.into(),
            change: Change { kind: kind.unwrap_or(MutationKind::None), place },
            at_once,
        }
    }
}

/// Notes where a kind of change and the `place` beside it do not fit; `key` is the kind's.
pub fn check_place(table: Table<'_>, key: &str, kind: MutationKind) {
    match (kind.has_place(), table.has("place")) {
        (true, false) => {
            table.problem(key, format!("`{key}` without a `place`: leaf or core"));
        }
        (false, true) => {
            table.problem("place", format!("`place` with `{key} = \"{kind}\"`: leave it out"));
        }
        _ => {}
    }
}
