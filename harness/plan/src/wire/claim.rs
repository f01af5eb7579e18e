//! A claim's file: what is said, what is measured, what must hold.
//! Every scenario, job and metric that it names is looked up here, so that a claim that is read
//! can be tested. Whether it holds is nobody's business here.

use lukewarm_model::{
    Bound, Claim, Experiment, Observed, Predicate, Registration, SampleWorkspace, Scenario,
    Setting, Story, Sweep, Tested, Timestamp,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use crate::catalogue::Files;
use crate::claim_hash::claim_hash;
use crate::compatibility::{check_profile, mismatches};
use crate::document::Table;
use crate::error::GrammarError;
use crate::forms::{Filled, Sha256, Written};
use crate::grammar::observed;
use crate::problem::unknown;
use crate::variant::{swept, variant};

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
    /// The cargo profile of its experiments. Left out: `dev`
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
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct PredicateTable {
    /// A phrase that names the quantity.
    says: Filled,
    /// The experiment that it tests, by name. Left out: the claim's only one
    experiment: Option<String>,
    /// `METRIC SCENARIO JOB`, or `METRIC:STEP SCENARIO JOB`; in a sweep the scenario without its
    /// setting.
    value: Filled,
    /// The divisor, written in the same way; ratios are paired within iterations. Left out: the
    /// value is not divided
    over: Option<String>,
    /// The number that the value must be. Left out: no such bound
    exactly: Option<f64>,
    /// The smallest allowed value. Left out: no such bound
    at_least: Option<f64>,
    /// The largest allowed value. Without any bound the value is shown and decides nothing. Left
    /// out: no such bound
    at_most: Option<f64>,
    /// The claimed figure, as it was published. Left out: nothing
    claimed: Option<String>,
    /// The condition that the predicate covers: a claim that holds under some conditions and not
    /// under others *depends*. Left out: one condition
    when: Option<String>,
}

/// Only what has an order can be swept.
fn ordered_settings(_: &mut SchemaGenerator) -> Schema {
    let ordered = Setting::ALL.into_iter().filter(|it| it.has_order());
    let names: Vec<&str> = ordered.map(Setting::name).collect();
    json_schema!({ "type": "string", "enum": names })
}

/// An experiment, and the names that predicates may use in it.
struct KnownExperiment {
    experiment: Experiment,
    scenarios: Vec<String>,
}

impl ClaimFile {
    /// The claim of that id; what does not go together or is not known is noted.
    pub fn claim(self, id: &str, table: Table<'_>, files: &Files) -> Claim {
        self.check_untested(table);
        let profile = self.profile.unwrap_or_else(|| "dev".to_owned());
        if let Err(error) = check_profile(&profile) {
            table.problem("profile", format!("`profile`: {error}"));
        }
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
        let resolved = self.resolve(&scenarios, table, files);
        let (workspace, story): (&SampleWorkspace, &Story) = (workspace?, story?);
        let (resolved, sweep) = resolved?;
        let experiment = Experiment {
            name,
            workspace: workspace.clone(),
            story: story.clone(),
            scenarios: resolved,
            profile: profile.to_owned(),
            sweep,
        };
        Some(KnownExperiment { experiment, scenarios })
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

impl PredicateTable {
    fn predicate(self, known: &[KnownExperiment], table: Table<'_>) -> Option<Predicate> {
        let found = self.known_experiment(known, table);
        let quantity = |key: &str, text: &str| {
            let known = found.filter(|_| table.is_right(key))?;
            let problem = |error: GrammarError| {
                table.problem(key, format!("`{key} = \"{text}\"`: {error}"));
            };
            observed(text, &known.scenarios, &known.experiment.story).map_err(problem).ok()
        };
        let value = quantity("value", &self.value.0);
        let over = self.over.as_ref().map(|text| quantity("over", text));
        let bound = self.bound(table);
        if let (Some(Observed { metric, .. }), None, false) = (&value, &over, bound.is_open())
            && metric.is_noisy()
        {
            let what = format!(
                "`{metric}` differs from machine to machine: compare it with another, by `over`, \
                 or leave the bound out to show it"
            );
            table.problem("value", what);
        }
        let experiment = found?.experiment.name.clone();
        let PredicateTable { says, claimed, when, .. } = self;
        let over = match over {
            Some(over) => Some(over?),
            None => None,
        };
        Some(Predicate { says: says.0, experiment, value: value?, over, bound, claimed, when })
    }

    fn known_experiment<'k>(
        &self,
        known: &'k [KnownExperiment],
        table: Table<'_>,
    ) -> Option<&'k KnownExperiment> {
        match (&self.experiment, known) {
            (None, [only]) => Some(only),
            (None, [_, _, ..]) => {
                let what = "`experiment` is missing: the claim has several";
                table.problem("experiment", what);
                None
            }
            (Some(name), known) => {
                let found = known.iter().find(|it| it.experiment.name == *name);
                if found.is_none() {
                    let names = known.iter().map(|it| it.experiment.name.as_str());
                    table.problem("experiment", unknown("experiment", name, names));
                }
                found
            }
            (None, []) => None,
        }
    }

    /// `exactly`, or `at-least` and `at-most`.
    fn bound(&self, table: Table<'_>) -> Bound {
        let (exactly, at_least, at_most) = (self.exactly, self.at_least, self.at_most);
        if exactly.is_some() && (at_least.is_some() || at_most.is_some()) {
            table.problem("exactly", "`exactly` excludes `at-least` and `at-most`");
        }
        if at_least.zip(at_most).is_some_and(|(least, most)| least > most) {
            table.problem("at-least", "`at-least` is more than `at-most`");
        }
        Bound { at_least: exactly.or(at_least), at_most: exactly.or(at_most) }
    }
}
