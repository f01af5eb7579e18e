//! A sample workspace's file: its keys, and the patches that it names.
//! It reads those patches, and looks whether the folder is a Cargo workspace with its lock file.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use lukewarm_model::{
    Change, Counter, Expected, Mutation, MutationKind, Origin, Place, PublishedPackage, Reuse,
    SampleWorkspace, Seconds, ToolDescription, Verify, goes_down,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::story::check_place;
use crate::check::KEYS;
use crate::document::Table;
use crate::forms::{Filled, Sha256, Written};
use crate::source::Sample;

/// A Cargo workspace that jobs build.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct WorkspaceFile {
    /// One line for lists.
    title: Filled,
    /// Markdown: why it is here, what its shape shows, how to read results on it.
    essay: Filled,
    /// Wall-clock of a build from nothing on 2 cores, for estimates only. Left out: no estimate
    typical_build: Option<Written<Seconds>>,
    /// What a build from nothing must look like, in the dev profile on Linux. Left out: nothing is
    /// checked
    expected: Option<ExpectedTable>,
    /// A run of the finished program from the checkout's root, not timed. Left out: no program is
    /// run
    verify: Option<VerifyTable>,
    /// What is reused after one change, see below. Left out: nothing is checked
    #[serde(default)]
    #[schemars(schema_with = "changes")]
    reuse: Option<BTreeMap<String, ReuseTable>>,
    /// Changes that the sample offers. Left out: none
    #[serde(default)]
    mutation: Vec<MutationTable>,
    /// Packages of crates.io whose sources belong to it: each is fetched once and laid into every
    /// copy of the sample. Left out: all sources lie in its folder
    #[serde(default)]
    source: Vec<SourceTable>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct SourceTable {
    /// The package's name on crates.io.
    #[serde(rename = "crate")]
    name: Filled,
    /// Its version, in full: `1.2.3`.
    version: Filled,
    /// SHA-256 of its archive, as crates.io's index has it (`cksum`).
    #[schemars(with = "Written<Sha256>")]
    sha256: String,
    /// Where it is laid, as a path below the sample's folder. Left out: `crates/NAME`
    folder: Option<Filled>,
}

// A table of a wrapper has the wrapper's name: the schema refuses any other.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct ExpectedTable {
    /// `compiler-artifact` messages of `cargo build --workspace --message-format json`. Left out:
    /// not checked
    units: Option<u32>,
    /// Those of packages that are not members. Left out: not checked
    registry_units: Option<u32>,
    /// The figures of each wrapper, by its name.
    #[serde(flatten)]
    #[schemars(skip)]
    tools: BTreeMap<String, BTreeMap<String, u32>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct VerifyTable {
    /// The binary target.
    bin: Filled,
    /// Its arguments. Left out: none
    #[serde(default)]
    #[schemars(length(min = 1))]
    args: Vec<String>,
    /// A text that must be in its output, before and after every mutation.
    stdout_contains: Filled,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ReuseTable {
    /// Units that a wrapper hits, by the wrapper's name. Left out: not checked
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, u32>")]
    hit: BTreeMap<String, u32>,
    /// Units that Cargo skips, in a checkout with new times. Left out: not checked
    fresh: Option<u32>,
    /// Units that Cargo skips, where unchanged files keep their times. Left out: not checked
    kept: Option<u32>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct MutationTable {
    /// What kind of change.
    #[schemars(schema_with = "edits")]
    kind: MutationKind,
    /// `leaf` or `core`, for `comment`, `body` and `signature`. Left out: the change has no place
    place: Option<Place>,
    /// Whose artifact must contain the token after the build, but for a comment; for `features` it
    /// must be built with a feature of that name; for `dependency` it is the crate and the version
    /// that must be built, `itoa@1.0.18`.
    package: Filled,
    /// The patch, as a path below the sample's folder.
    patch: Filled,
}

/// Only what is an edit needs a patch.
fn edits(_: &mut SchemaGenerator) -> Schema {
    let edits = MutationKind::ALL.into_iter().filter(|kind| kind.is_edit());
    let names: Vec<&str> = edits.map(MutationKind::name).collect();
    json_schema!({ "type": "string", "enum": names })
}

/// A table for each change that there is.
fn changes(generator: &mut SchemaGenerator) -> Schema {
    let mut one = generator.subschema_for::<ReuseTable>();
    one.insert(
        "description".to_owned(),
        "Units that are reused after that change. Left out: not checked".into(),
    );
    let all: serde_json::Map<_, _> =
        Change::all().into_iter().map(|it| (it.name().to_owned(), one.clone().into())).collect();
    let mut schema = json_schema!({
        "type": "object", "properties": all, "additionalProperties": false,
    });
    schema.insert(KEYS.to_owned(), "change".into());
    schema
}

/// Completes the schema by what wrappers say of themselves: the counters of each that a workspace
/// may declare, and that each has hits of its own.
pub fn complete(schema: &mut Value, tools: &[ToolDescription]) {
    let most = u32::MAX;
    let count = |said: String| {
        let mut schema = json!({ "type": "integer", "minimum": 0, "maximum": most });
        schema["description"] = json!(said);
        schema
    };
    let wrappers: Vec<_> = tools.iter().filter(|tool| tool.is_wrapper()).collect();
    let (mut hits, expected) = (Map::new(), &mut schema["properties"]["expected"]);
    for tool in wrappers {
        let units = "Units of the kinds that it can cache. Left out: not checked".to_owned();
        let units = (Counter::CACHEABLE_UNITS.name().to_owned(), count(units));
        let own = tool.expected_counters.iter().map(|counter| {
            let said = format!("What it counts as `{counter}`. Left out: not checked");
            (counter.name().to_owned(), count(said))
        });
        let counters: Map<String, Value> = [units].into_iter().chain(own).collect();
        expected["properties"][tool.name] = json!({
            "type": "object",
            "description": format!(
                "The same of `{}`, in a job that compiles everything. Left out: not checked",
                tool.name
            ),
            "properties": counters,
            "additionalProperties": false,
            KEYS: "counter",
        });
        let said = format!("Units that `{}` hits. Left out: not checked", tool.name);
        hits.insert(tool.name.to_owned(), count(said));
    }
    expected["additionalProperties"] = json!(false);
    let changes = schema["properties"]["reuse"]["properties"].as_object_mut();
    for (_, change) in changes.into_iter().flatten() {
        let hit = &mut change["properties"]["hit"];
        hit["properties"] = Value::Object(hits.clone());
        hit["additionalProperties"] = json!(false);
        hit[KEYS] = json!("tool");
    }
}

impl WorkspaceFile {
    /// The sample of that name; what does not go together is noted, and what its folder lacks.
    pub fn workspace(self, name: &str, table: Table<'_>, sample: &Sample<'_>) -> SampleWorkspace {
        let mut mutations: Vec<Mutation> = Vec::new();
        for (mutation, table) in self.mutation.into_iter().zip(table.each("mutation")) {
            mutations.extend(mutation.mutation(&mutations, table, sample));
        }
        for file in ["Cargo.toml", "Cargo.lock"] {
            if !sample.has(file) {
                table.problem("", format!("there is no `{file}` in its folder"));
            }
        }
        let mut packages: Vec<PublishedPackage> = Vec::new();
        for (source, table) in self.source.into_iter().zip(table.each("source")) {
            packages.extend(source.package(&packages, table));
        }
        SampleWorkspace {
            name: name.into(),
            title: self.title.0,
            essay: self.essay.0,
            folder: sample.folder.to_owned(),
            origin: Origin::Sample,
            changes: Default::default(),
            include: Vec::new(),
            typical_build: self.typical_build.map(|it| it.0),
            expected: self.expected.map(ExpectedTable::expected).unwrap_or_default(),
            verify: self.verify.map(VerifyTable::verify),
            mutations,
            reuse: reuse(&self.reuse.unwrap_or_default()),
            variation: None,
            packages,
        }
    }
}

impl SourceTable {
    /// The package; none where its name, version or folder cannot be one.
    fn package(self, before: &[PublishedPackage], table: Table<'_>) -> Option<PublishedPackage> {
        let (name, version) = (self.name.0, self.version.0);
        let folder = self.folder.map_or_else(|| format!("crates/{name}"), |it| it.0);
        let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let mut right = true;
        let mut wrong = |key: &str, what: String| {
            table.problem(key, what);
            right = false;
        };
        let is_named = name.chars().all(is_letter);
        if !is_named {
            wrong("crate", format!("`crate = \"{name}\"` is no name of a package"));
        }
        if semver::Version::parse(&version).is_err() {
            let what = format!("`version = \"{version}\"` must be one in full, such as 1.2.3");
            wrong("version", what);
        }
        let place = Path::new(&folder);
        let is_below =
            goes_down(place) && place.components().all(|part| matches!(part, Component::Normal(_)));
        if is_named && !is_below {
            let what = "a path below the workspace's folder is wanted";
            wrong("folder", format!("`folder = \"{folder}\"`: {what}"));
        }
        if before.iter().any(|it| it.folder == place) {
            wrong("folder", format!("`{folder}` is an earlier package's folder"));
        }
        let sha256 = self.sha256.to_lowercase();
        right.then(|| PublishedPackage { name, version, sha256, folder: folder.into() })
    }
}

impl ExpectedTable {
    fn expected(self) -> Expected {
        Expected {
            units: self.units.map(u64::from),
            registry_units: self.registry_units.map(u64::from),
            tools: self.tools.into_iter().map(|(tool, it)| (tool, counts(&it))).collect(),
        }
    }
}

impl VerifyTable {
    /// The run of the program.
    pub fn verify(self) -> Verify {
        Verify { bin: self.bin.0, args: self.args, stdout_contains: self.stdout_contains.0 }
    }
}

fn counts(written: &BTreeMap<String, u32>) -> BTreeMap<String, u64> {
    written.iter().map(|(name, count)| (name.clone(), u64::from(*count))).collect()
}

/// What is reused after each change, in the order of changes.
fn reuse(written: &BTreeMap<String, ReuseTable>) -> Vec<Reuse> {
    let of = |change: Change| {
        let ReuseTable { hit, fresh, kept } = written.get(change.name())?;
        let count = |count: &Option<u32>| count.map(u64::from);
        Some(Reuse { change, hit: counts(hit), fresh: count(fresh), kept: count(kept) })
    };
    Change::all().into_iter().filter_map(of).collect()
}

impl MutationTable {
    fn mutation(
        self,
        before: &[Mutation],
        table: Table<'_>,
        sample: &Sample<'_>,
    ) -> Option<Mutation> {
        let (kind, place, package) = (self.kind, self.place, self.package.0);
        if table.is_right("kind") {
            check_place(table, "kind", kind);
            let same = |it: &Mutation| (it.kind, it.place) == (kind, place);
            if kind != MutationKind::Dependency && before.iter().any(same) {
                table.problem("kind", "an earlier mutation has this `kind` and `place`");
            }
            let has_version = package.is_empty() || package.contains('@');
            if kind == MutationKind::Dependency && !has_version {
                let what = "the version is missing that is built after it, as in `itoa@1.0.18`";
                table.problem("package", format!("`package = \"{package}\"`: {what}"));
            }
        }
        let path = &self.patch.0;
        let patch = match table.is_right("patch").then(|| patch(sample, path))? {
            Ok(patch) => patch,
            Err(what) => {
                table.problem("patch", format!("`patch = \"{path}\"`: {what}"));
                return None;
            }
        };
        Some(Mutation { kind, place, package, patch })
    }
}

/// The text of a patch.
fn patch(sample: &Sample<'_>, path: &str) -> Result<String, String> {
    if !Path::new(path).components().all(|part| matches!(part, Component::Normal(_))) {
        return Err("a path below the workspace's folder is wanted".to_owned());
    }
    let text = sample.read(path).map_err(|error| format!("cannot be read: {error}"))?;
    if !text.contains("@TOKEN@") {
        let what = "the patch has no `@TOKEN@`, which makes each iteration's edit new";
        return Err(what.to_owned());
    }
    match sample.misplaced(&text) {
        Some(what) => Err(format!("the patch {what}")),
        None => Ok(text),
    }
}
