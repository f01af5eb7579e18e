//! The file of a variation, or of a museum's piece: the workspace that is built twice, and what
//! surrounds either build.
//! Owns what may surround a build. It looks whether the workspace is there, and builds nothing.

use std::collections::BTreeMap;
use std::path::Path;

use lukewarm_model::{
    Expected, Origin, PublishedBug, SampleWorkspace, Surroundings, Timestamp, Variation, Verify,
    goes_down, is_mask, is_name,
};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::document::Table;
use crate::forms::{Filled, Name, Written};
use crate::source::{Layer, Sample};

/// Where the workspaces of variations lie, below those that are measured.
const FOLDER: &str = "soundness";

/// The program that every workspace of a variation makes.
const PROGRAM: &str = "app";

/// What the first line of its output begins with.
const PRINTED: &str = "app:";

/// One thing that varies between two builds of a small workspace.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct VariationFile {
    /// One line: what varies.
    title: Filled,
    /// Markdown: who is hit by it, and what a tool must know for it.
    essay: Filled,
    /// The workspace: a folder of `sample-workspaces/soundness`, whose program is called `app`.
    #[schemars(with = "Written<Name>")]
    workspace: String,
    /// What surrounds the job that fills the cache. Left out: nothing
    before: Option<SurroundingsTable>,
    /// What surrounds the job after it. Left out: nothing
    after: Option<SurroundingsTable>,
    /// The bug that a piece of the museum stands for. Left out: none was published
    published: Option<PublishedTable>,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct SurroundingsTable {
    /// Variables of the build command alone. Left out: none
    #[serde(default)]
    environment: BTreeMap<String, String>,
    /// Further words for Cargo. Left out: none
    #[serde(default)]
    #[schemars(length(min = 1))]
    arguments: Vec<String>,
    /// Files of the workspace with another content, by their path in it. Left out: none
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// The name of the checkout's folder. Left out: the usual one
    #[schemars(with = "Option<Written<Name>>")]
    checkout: Option<String>,
    /// The name of the folder of `CARGO_HOME`. Left out: the usual one
    #[schemars(with = "Option<Written<Name>>")]
    cargo_home: Option<String>,
    /// Whether a second toolchain builds, which must be installed. Left out: `false`
    #[serde(default)]
    second_toolchain: bool,
    /// The file mode creation mask of the build, such as `"077"`. Left out: that of lukewarm
    #[schemars(regex(pattern = "^[0-7]{3}$"))]
    umask: Option<String>,
    /// The modification time of every file of the checkout. Left out: that of the checkout
    file_times: Option<Written<Timestamp>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct PublishedTable {
    /// Where it was published.
    #[schemars(length(min = 1))]
    sources: Vec<String>,
    /// What a tool without the bug does, in a sentence.
    expected: Filled,
    /// The versions of tools in which it was seen, such as `"sccache 0.16.0"`. Left out: none is
    /// known
    #[serde(default)]
    #[schemars(length(min = 1))]
    seen: Vec<String>,
    /// The versions of tools in which it was mended. Left out: none is known
    #[serde(default)]
    #[schemars(length(min = 1))]
    mended: Vec<String>,
}

impl VariationFile {
    /// The workspace of that variation, from the last layer that has it; what does not go together
    /// is noted, and what its folder lacks.
    pub fn workspace(self, name: &str, table: Table<'_>, layers: &[Layer]) -> SampleWorkspace {
        let below = format!("{FOLDER}/{}", self.workspace);
        let samples = layers.iter().map(|layer| layer.sample(&below));
        let mut samples: Vec<Sample<'_>> = samples.collect();
        let last = samples.iter().rposition(|it| it.has("Cargo.toml")).unwrap_or(0);
        let sample = samples.swap_remove(last);
        check_folder(&self.workspace, table, &sample);
        let variation = Variation {
            before: self.before.unwrap_or_default().surroundings("before", table, &sample),
            after: self.after.unwrap_or_default().surroundings("after", table, &sample),
            published: self.published.map(PublishedTable::published),
        };
        let is_right = |key: &str| {
            let written = table.below(key);
            written.is_none_or(|it| it.written.keys().all(|key| it.is_right(key.get_ref())))
        };
        let is_same = variation.before == variation.after && name != UNCHANGED;
        if is_same && is_right("before") && is_right("after") {
            table.problem("", "`before` and `after` are the same: nothing varies");
        }
        SampleWorkspace {
            name: name.into(),
            title: self.title.0,
            essay: self.essay.0,
            folder: sample.folder.clone(),
            origin: Origin::Sample,
            changes: Default::default(),
            include: Vec::new(),
            typical_build: None,
            expected: Expected::default(),
            verify: Some(Verify {
                bin: PROGRAM.to_owned(),
                args: Vec::new(),
                stdout_contains: PRINTED.to_owned(),
            }),
            mutations: Vec::new(),
            reuse: Vec::new(),
            variation: Some(variation),
            packages: Vec::new(),
        }
    }
}

/// The variation in which nothing but the time is another.
const UNCHANGED: &str = "time";

fn check_folder(name: &str, table: Table<'_>, sample: &Sample<'_>) {
    if !table.is_right("workspace") || !is_name(name) {
        return;
    }
    for file in ["Cargo.toml", "Cargo.lock"] {
        if !sample.has(file) {
            let what = format!(
                "`workspace = \"{name}\"`: there is no `sample-workspaces/{FOLDER}/{name}/{file}`"
            );
            table.problem("workspace", what);
        }
    }
}

impl SurroundingsTable {
    fn surroundings(self, key: &str, table: Table<'_>, sample: &Sample<'_>) -> Surroundings {
        if let Some(table) = table.below(key) {
            self.check(table, sample);
        }
        Surroundings {
            environment: self.environment,
            arguments: self.arguments,
            files: self.files,
            checkout: self.checkout,
            cargo_home: self.cargo_home,
            second_toolchain: self.second_toolchain,
            umask: self.umask,
            file_times: self.file_times.map(|it| it.0),
        }
    }

    fn check(&self, table: Table<'_>, sample: &Sample<'_>) {
        for path in self.files.keys() {
            if !goes_down(Path::new(path)) {
                let what = format!("`{path}`: a path below the workspace's folder is wanted");
                table.problem("files", what);
            } else if !sample.has(path) {
                let what = format!("`{path}`: the workspace has no such file to replace");
                table.problem("files", what);
            }
        }
        for name in self.environment.keys() {
            if name.is_empty() || name.contains(['=', '\0']) {
                let what = format!("`{name}`: a variable's name has no `=` in it");
                table.problem("environment", what);
            }
        }
        if let Some(mask) = self.umask.as_deref().filter(|it| !is_mask(it)) {
            let what = format!("`umask = \"{mask}\"`: three octal digits are wanted, as in `077`");
            table.problem("umask", what);
        }
    }
}

impl PublishedTable {
    fn published(self) -> PublishedBug {
        PublishedBug {
            sources: self.sources,
            expected: self.expected.0,
            seen: self.seen,
            mended: self.mended,
        }
    }
}
