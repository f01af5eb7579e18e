//! A claim's file: what is said, what is measured, what must hold.
//! Every scenario, job and metric that it names is looked up here, so that a claim that is read
//! can be tested. Whether it holds is nobody's business here.

use lukewarm_model::{
    Caveat, Claim, ClaimRole, Experiment, Predicate, Registration, SampleWorkspace, Scenario,
    Setting, Story, Sweep, Tested, Timestamp,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use crate::catalogue::Files;
use crate::claim_hash::claim_hash;
use crate::compatibility::{check_profile, mismatches};
use crate::document::Table;
use crate::forms::{Filled, Sha256, Written};
use crate::problem::unknown;
use crate::variant::{swept, variant};

use super::predicate::{KnownExperiment, PredicateTable};

/// What an experiment is called where a claim has only one.
const ONLY: &str = "main";

/// A claim about build caches, and the experiment that tests it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClaimFile {
    /// One line.
    title: Filled,
    /// Markdown: what is claimed, in our own words.
    claim: Filled,
    /// Who claims it, and where.
    source: Filled,
    /// When, as a date, a month or a year.
    date: Filled,
    /// How closely the test follows the claim.
    tested: Tested,
    /// The conditions of the claim or of the test: cores, network, size.
    conditions: Filled,
    /// Markdown: how to read the result.
    essay: Filled,
    /// `thesis` where it is the main claim of its source: it then stands first. Left out: `detail`
    #[serde(default)]
    role: ClaimRole,
    /// Markdown: what would change the verdict. Left out: nothing is said of it
    would_change: Option<Filled>,
    /// What those whose work the claim is about would want to be read beside it. Left out: none
    #[serde(default)]
    caveat: Vec<CaveatTable>,
    /// The cargo profile of experiments that name none. Left out: `dev`
    profile: Option<String>,
    /// The part that cannot be tested here, and why; required where `tested` is `nowhere`. Left
    /// out: nothing
    untested: Option<String>,
    /// The file's last table: that text, experiments and bounds were fixed before anything was
    /// measured; `lukewarm claims --register ID` writes it. Left out: the claim is explored
    registered: Option<RegisteredTable>,
    /// What is measured; experiments of all claims on one workspace and story become one run. Left
    /// out: only where `tested` is `nowhere`
    #[serde(default)]
    experiment: Vec<ExperimentTable>,
    /// What must hold. Left out: only where `tested` is `nowhere`
    #[serde(default)]
    predicate: Vec<PredicateTable>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct CaveatTable {
    /// Whose work it is: a tool, a service, an author.
    of: Filled,
    /// Markdown: one sentence or two in our words, not a quotation.
    says: Filled,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RegisteredTable {
    /// When, as a UTC timestamp: `2026-11-27T05:00:00Z`.
    at: Written<Timestamp>,
    /// The SHA-256 of the claim's text, experiments and bounds at that time.
    #[schemars(with = "Written<Sha256>")]
    hash: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(extend("dependencies" = { "sweep": ["values"], "values": ["sweep"] }))]
struct ExperimentTable {
    /// The experiment's name within the claim. Left out: `main`
    name: Option<String>,
    /// A sample workspace's name.
    workspace: Filled,
    /// A story's name.
    story: Filled,
    /// Scenarios by name, with versions and settings after the name; the reference is `none`, or
    /// else the first.
    #[schemars(length(min = 1))]
    scenarios: Vec<Filled>,
    /// A setting (below) that is swept over the `values`, for every scenario to which it applies.
    /// Left out: no sweep
    #[serde(default)]
    #[schemars(schema_with = "ordered_settings")]
    sweep: Option<Setting>,
    /// The setting's values, with units; more are added around a crossover. Left out: no sweep
    #[serde(default)]
    #[schemars(length(min = 1))]
    values: Vec<Filled>,
    /// The cargo profile of its builds. Left out: the claim's
    profile: Option<String>,
    /// The iterations after which its times are analysed, in ascending order, from 2; the last is
    /// the most that are measured. Left out: 2, 8 and 16
    #[serde(default)]
    #[schemars(length(min = 1))]
    looks: Vec<u32>,
}

/// Only what has an order can be swept.
fn ordered_settings(_: &mut SchemaGenerator) -> Schema {
    let ordered = Setting::ALL.into_iter().filter(|it| it.has_order());
    let names: Vec<&str> = ordered.map(Setting::name).collect();
    json_schema!({ "type": "string", "enum": names })
}

impl ClaimFile {
    /// The claim of that id; what does not go together or is not known is noted.
    pub fn claim(self, id: &str, table: Table<'_>, files: &Files) -> Claim {
        self.check_untested(table);
        let profile = self.profile.unwrap_or_else(|| "dev".to_owned());
        check_profile_of(table, &profile);
        let mut known: Vec<KnownExperiment> = Vec::new();
        for (experiment, table) in self.experiment.into_iter().zip(table.each("experiment")) {
            known.extend(experiment.experiment(&profile, &known, table, files));
        }
        let predicates = self.predicate.into_iter().zip(table.each("predicate"));
        let predicates: Vec<Predicate> =
            predicates.filter_map(|(it, table)| it.predicate(&known, table)).collect();
        let mut claim = Claim {
            id: id.to_owned(),
            title: self.title.0,
            claim: self.claim.0,
            source: self.source.0,
            date: self.date.0,
            tested: self.tested,
            conditions: self.conditions.0,
            profile,
            registered: self.registered.map(RegisteredTable::registration),
            hash: String::new(),
            untested: self.untested,
            essay: self.essay.0,
            role: self.role,
            would_change: self.would_change.map(|it| it.0),
            caveats: self.caveat.into_iter().map(CaveatTable::caveat).collect(),
            experiments: known.into_iter().map(|it| it.experiment).collect(),
            predicates,
        };
        claim.hash = claim_hash(&claim);
        claim
    }

    fn check_untested(&self, table: Table<'_>) {
        let nowhere = table.is_right("tested") && self.tested == Tested::Nowhere;
        if nowhere && self.untested.is_none() {
            table.problem("tested", "`tested = \"nowhere\"` without an `untested` that says why");
        }
        for key in ["experiment", "predicate"] {
            if !nowhere && !table.has(key) {
                table.problem(key, format!("`{key}` is missing"));
            }
        }
    }
}

/// Notes a profile that Cargo would not take.
fn check_profile_of(table: Table<'_>, profile: &str) {
    if let Err(error) = check_profile(profile) {
        table.problem("profile", format!("`profile`: {error}"));
    }
}

impl CaveatTable {
    fn caveat(self) -> Caveat {
        Caveat { of: self.of.0, says: self.says.0 }
    }
}

impl RegisteredTable {
    fn registration(self) -> Registration {
        Registration { at: self.at.0, hash: self.hash.to_lowercase() }
    }
}

impl ExperimentTable {
    fn experiment(
        self,
        profile: &str,
        before: &[KnownExperiment],
        table: Table<'_>,
        files: &Files,
    ) -> Option<KnownExperiment> {
        let name = self.name.clone().unwrap_or_else(|| ONLY.to_owned());
        if before.iter().any(|it| it.experiment.name == name) {
            table.problem("name", format!("an earlier experiment is called `{name}`"));
        }
        let (workspace, story) = (&self.workspace.0, &self.story.0);
        let workspace = look_up(table, "workspace", workspace, &files.workspaces, |it| &it.name);
        let story = look_up(table, "story", story, &files.stories, |it| &it.name);
        if let (Some(story), Some(workspace)) = (story, workspace) {
            let found = mismatches(story, workspace).into_iter();
            found.for_each(|mismatch| table.problem("story", mismatch.to_string()));
        }
        let scenarios: Vec<String> = self.scenarios.iter().map(|it| it.0.clone()).collect();
        if let Some(profile) = &self.profile {
            check_profile_of(table, profile);
        }
        self.check_looks(table);
        let resolved = self.resolve(&scenarios, table, files);
        let (workspace, story): (&SampleWorkspace, &Story) = (workspace?, story?);
        let (resolved, sweep) = resolved?;
        let experiment = Experiment {
            name,
            workspace: workspace.clone(),
            story: story.clone(),
            scenarios: resolved,
            profile: self.profile.unwrap_or_else(|| profile.to_owned()),
            sweep,
            looks: self.looks,
        };
        Some(KnownExperiment { experiment, scenarios })
    }

    /// Looks ascend, and the first has the two values that show whether something repeats.
    fn check_looks(&self, table: Table<'_>) {
        let ascend = self.looks.is_sorted_by(|one, next| one < next);
        if !ascend || self.looks.first().is_some_and(|first| *first < 2) {
            let what = format!("`looks = {:?}` must ascend, from 2 or more", self.looks);
            table.problem("looks", what);
        }
    }

    /// The scenarios, at each value where a setting is swept.
    fn resolve(
        &self,
        names: &[String],
        table: Table<'_>,
        files: &Files,
    ) -> Option<(Vec<Scenario>, Option<Sweep>)> {
        if let (Some(setting), false) = (self.sweep, self.values.is_empty()) {
            let values: Vec<String> = self.values.iter().map(|it| it.0.clone()).collect();
            return match swept(files, names, setting.name(), &values) {
                Ok((scenarios, sweep)) => Some((scenarios, Some(sweep))),
                Err(error) => {
                    table.problem("sweep", error.to_string());
                    None
                }
            };
        }
        let mut scenarios = Vec::new();
        for name in names {
            match variant(files, name) {
                Ok(scenario) => scenarios.push(scenario),
                Err(error) => table.problem("scenarios", error.to_string()),
            }
        }
        Some((scenarios, None))
    }
}

/// What a key names, where it names something that is there.
fn look_up<'a, T, N: AsRef<str>>(
    table: Table<'_>,
    key: &str,
    wanted: &str,
    all: &'a [T],
    name: fn(&T) -> &N,
) -> Option<&'a T> {
    let found = all.iter().find(|it| name(it).as_ref() == wanted);
    if found.is_none() && table.is_right(key) {
        table.problem(key, unknown(key, wanted, all.iter().map(|it| name(it).as_ref())));
    }
    found
}
