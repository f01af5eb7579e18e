//! A claim's file: what is said, what is measured, what must hold.
//! Every scenario, job and metric that it names is looked up here, so that a claim that is read
//! can be tested. Whether it holds is nobody's business here.

use lukewarm_model::{
    Bound, Claim, Experiment, Metric, Observed, Predicate, Registration, Scenario, Setting, Step,
    Story, Sweep, Tested,
};
use sha2::{Digest, Sha256};

use crate::files::Files;
use crate::problem::unknown;
use crate::reader::Reader;
use crate::shape::NOT_EMPTY;
use crate::variant::{swept, variant};

/// What an experiment is called where a claim has only one.
const ONLY: &str = "main";

/// An experiment, and the names that predicates may use in it.
struct Known {
    experiment: Experiment,
    scenarios: Vec<String>,
}

/// A claim; without files of the project nothing that it names is looked up.
pub fn claim(id: &str, mut reader: Reader<'_>, files: Option<&Files>) -> Claim {
    let tested = reader.word("tested", &Tested::ALL.map(|it| (it.name(), it)));
    reader.require("tested");
    let (title, claim) = (reader.text("title"), reader.text("claim"));
    let (source, date) = (reader.text("source"), reader.text("date"));
    let (conditions, essay) = (reader.text("conditions"), reader.text("essay"));
    let untested = reader.optional_text("untested");
    let profile = profile(&mut reader);
    let registered = registration(&mut reader);
    let mut known: Vec<Known> = Vec::new();
    for table in reader.tables("experiment") {
        if let Some(found) = experiment(table, &profile, &known, files) {
            known.push(found);
        }
    }
    let predicates: Vec<Predicate> =
        reader.tables("predicate").into_iter().filter_map(|it| predicate(it, &known)).collect();
    let nowhere = tested == Some(Tested::Nowhere);
    if nowhere && untested.is_none() {
        reader.problem("tested", "`tested = \"nowhere\"` without an `untested` that says why");
    }
    for key in ["experiment", "predicate"] {
        if !nowhere && !reader.has(key) {
            reader.problem(key, format!("`{key}` is missing"));
        }
    }
    reader.finish("key");
    let experiments = known.into_iter().map(|it| it.experiment).collect();
    let mut claim = Claim {
        id: id.to_owned(),
        title,
        claim,
        source,
        date,
        tested: tested.unwrap_or(Tested::Nowhere),
        conditions,
        profile,
        registered,
        hash: String::new(),
        untested,
        essay,
        experiments,
        predicates,
    };
    claim.hash = hash(&claim);
    claim
}

/// The cargo profile of every experiment of the claim.
fn profile(reader: &mut Reader<'_>) -> String {
    let profile = reader.optional_text("profile").unwrap_or_else(|| "dev".to_owned());
    if let Some(what) = crate::select::profile_problem(&profile) {
        reader.problem("profile", format!("`profile`: {what}"));
    }
    profile
}

/// When the claim was registered, and what its hash was.
fn registration(reader: &mut Reader<'_>) -> Option<Registration> {
    let mut table = reader.table("registered")?;
    let at = table.text_like("at", SECOND);
    let hash = table.text_like("hash", HASH).to_lowercase();
    let is_second = at.len() == 20 && at.parse::<jiff::Timestamp>().is_ok();
    if !at.is_empty() && !is_second {
        let what = format!("`at = \"{at}\"` is no second of UTC such as `2026-11-27T05:00:00Z`");
        table.problem("at", what);
    }
    let is_hash = hash.len() == 64 && hash.chars().all(|it| it.is_ascii_hexdigit());
    if !hash.is_empty() && !is_hash {
        let what = "`hash` is no SHA-256 of 64 hexadecimal digits: `lukewarm claims --register ID` \
                    writes it";
        table.problem("hash", what);
    }
    table.finish("key");
    Some(Registration { at, hash })
}

/// A second of UTC, as RFC 3339 writes it.
const SECOND: &str = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$";
/// A SHA-256 in hexadecimal.
const HASH: &str = "^[0-9a-f]{64}$";

/// What stands for a claim's text, experiments and bounds. Its essay and what is said of what was
/// not tested say how to read a result, and may be mended afterwards.
fn hash(claim: &Claim) -> String {
    let (essay, untested, registered) = (String::new(), None, None);
    let fixed = Claim { essay, untested, registered, hash: String::new(), ..claim.clone() };
    let text = serde_json::to_vec(&fixed).expect("a claim has no map with keys that are no text");
    hex::encode(Sha256::digest(text))
}

fn experiment(
    mut reader: Reader<'_>,
    profile: &str,
    before: &[Known],
    files: Option<&Files>,
) -> Option<Known> {
    let name = reader.optional_text("name").unwrap_or_else(|| ONLY.to_owned());
    if before.iter().any(|it| it.experiment.name == name) {
        reader.problem("name", format!("an earlier experiment is called `{name}`"));
    }
    let (workspace, story) = (reader.text("workspace"), reader.text("story"));
    let names = reader.texts("scenarios", NOT_EMPTY);
    let sweep = sweep(&mut reader);
    let found = files.and_then(|files| {
        let found_workspace = files.workspaces.iter().find(|it| it.name == workspace);
        if found_workspace.is_none() && !workspace.is_empty() {
            let known = files.workspaces.iter().map(|it| it.name.as_str());
            reader.problem("workspace", unknown("workspace", &workspace, known));
        }
        let found_story = files.stories.iter().find(|it| it.name == story);
        if found_story.is_none() && !story.is_empty() {
            let known = files.stories.iter().map(|it| it.name.as_str());
            reader.problem("story", unknown("story", &story, known));
        }
        let resolved = resolve(&reader, files, &names, sweep);
        let (workspace, story) = (found_workspace?, found_story?);
        for what in crate::select::misfits(story, workspace) {
            reader.problem("story", what);
        }
        Some((workspace.clone(), story.clone(), resolved?))
    });
    reader.finish("key");
    let (workspace, story, (scenarios, sweep)) = found?;
    let profile = profile.to_owned();
    let experiment = Experiment { name, workspace, story, scenarios, profile, sweep };
    Some(Known { experiment, scenarios: names })
}

/// A setting and its values, which come together or not at all.
fn sweep(reader: &mut Reader<'_>) -> Option<(String, Vec<String>)> {
    let settings = Setting::ALL.into_iter().filter(|it| it.has_order());
    let settings: Vec<(&str, Setting)> = settings.map(|it| (it.name(), it)).collect();
    let setting = reader.word("sweep", &settings);
    let values = reader.optional_texts("values", NOT_EMPTY);
    reader.needs("sweep", "values");
    reader.needs("values", "sweep");
    (!values.is_empty()).then_some((setting?.name().to_owned(), values))
}

fn resolve(
    reader: &Reader<'_>,
    files: &Files,
    names: &[String],
    sweep: Option<(String, Vec<String>)>,
) -> Option<(Vec<Scenario>, Option<Sweep>)> {
    if let Some((setting, values)) = sweep {
        return match swept(files, names, &setting, &values) {
            Ok((scenarios, sweep)) => Some((scenarios, Some(sweep))),
            Err(what) => {
                reader.problem("sweep", what);
                None
            }
        };
    }
    let mut scenarios = Vec::new();
    for name in names {
        match variant(files, name) {
            Ok(scenario) => scenarios.push(scenario),
            Err(what) => reader.problem("scenarios", what),
        }
    }
    Some((scenarios, None))
}

fn predicate(mut reader: Reader<'_>, known: &[Known]) -> Option<Predicate> {
    let says = reader.text("says");
    let named = reader.optional_text("experiment");
    let found = match (&named, known) {
        (None, [only]) => Some(only),
        (None, [_, _, ..]) => {
            reader.problem("experiment", "`experiment` is missing: the claim has several");
            None
        }
        (Some(name), known) => {
            let found = known.iter().find(|it| it.experiment.name == *name);
            if found.is_none() {
                let names = known.iter().map(|it| it.experiment.name.as_str());
                reader.problem("experiment", unknown("experiment", name, names));
            }
            found
        }
        (None, []) => None,
    };
    let value = reader.text("value");
    let over = reader.optional_text("over");
    let quantity = |key: &'static str, text: &str| {
        let known = found?;
        match read_quantity(text, known) {
            Ok(quantity) => Some(quantity),
            Err(what) => {
                reader.problem(key, format!("`{key} = \"{text}\"`: {what}"));
                None
            }
        }
    };
    let value = quantity("value", &value);
    let over = over.map(|text| quantity("over", &text));
    let bound = bound(&mut reader);
    let (claimed, when) = (reader.optional_text("claimed"), reader.optional_text("when"));
    if let (Some(value), None, false) = (&value, &over, bound.is_open())
        && value.metric.is_noisy()
    {
        let what = format!(
            "`{}` differs from machine to machine: compare it with another, by `over`, or leave \
             the bound out to show it",
            value.metric
        );
        reader.problem("value", what);
    }
    reader.finish("key");
    let experiment = found?.experiment.name.clone();
    let over = match over {
        Some(over) => Some(over?),
        None => None,
    };
    Some(Predicate { says, experiment, value: value?, over, bound, claimed, when })
}

/// `exactly`, or `at-least` and `at-most`.
fn bound(reader: &mut Reader<'_>) -> Bound {
    let exactly = reader.number("exactly");
    let (at_least, at_most) = (reader.number("at-least"), reader.number("at-most"));
    if exactly.is_some() && (at_least.is_some() || at_most.is_some()) {
        reader.problem("exactly", "`exactly` beside `at-least` or `at-most`");
    }
    if at_least.zip(at_most).is_some_and(|(least, most)| least > most) {
        reader.problem("at-least", "`at-least` is more than `at-most`");
    }
    Bound { at_least: exactly.or(at_least), at_most: exactly.or(at_most) }
}

/// `METRIC[:STEP] SCENARIO JOB`.
fn read_quantity(text: &str, known: &Known) -> Result<Observed, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [what, scenario, job] = words[..] else {
        return Err("it must be `METRIC SCENARIO JOB` or `METRIC:STEP SCENARIO JOB`".to_owned());
    };
    let (name, step) = match what.split_once(':') {
        Some((name, step)) => (name, Some(step)),
        None => (what, None),
    };
    let metric = Metric::ALL.into_iter().find(|it| it.name() == name);
    let metric = metric.ok_or_else(|| unknown("metric", name, Metric::ALL.map(Metric::name)))?;
    let step = match step {
        None => None,
        Some(name) => {
            let found = Step::ALL.into_iter().find(|it| it.name() == name);
            Some(found.ok_or_else(|| unknown("step", name, Step::ALL.map(Step::name)))?)
        }
    };
    if !known.scenarios.iter().any(|it| it == scenario) {
        return Err(unknown("scenario", scenario, known.scenarios.iter().map(String::as_str)));
    }
    let story: &Story = &known.experiment.story;
    if !story.jobs.iter().any(|it| it.name == job) {
        return Err(unknown("job", job, story.jobs.iter().map(|it| it.name.as_str())));
    }
    Ok(Observed { metric, step, scenario: scenario.to_owned(), job: job.to_owned() })
}
