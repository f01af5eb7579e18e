//! One function for each kind of file: its keys, and what they become.
//! `scenarios/README.md` and `sample-workspaces/README.md` specify them. Where files are is
//! `files`'. A file with a problem may give a value all the same: nobody gets to see it.

mod claim;
mod scenario;
mod story;
mod workspace;

use std::collections::BTreeMap;

use lukewarm_model::{LatencyQuantile, Network, Priming, Seconds};

use crate::problem::unknown;
use crate::reader::Reader;

pub use claim::claim;
pub use scenario::{scenario, version_problem};
pub use story::story;
pub use workspace::workspace;

/// Everything of one kind by name; a file that could not be read is a name without a value.
pub type Named<T> = BTreeMap<String, Option<T>>;

/// What is run where nothing else is said.
#[derive(Clone, Debug, PartialEq)]
pub struct PresetFile {
    /// The scenarios, in the order of reports.
    pub scenarios: Vec<String>,
    /// The workspaces, in the order of reports.
    pub workspaces: Vec<String>,
    /// The story.
    pub story: String,
    /// How often everything is measured.
    pub length: Length,
    /// No further iteration starts that would not end within this time.
    pub budget: Option<Seconds>,
    /// How states are made.
    pub priming: Priming,
}

/// How often everything is measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Length {
    /// So many iterations.
    Iterations(u32),
    /// Until comparisons are decided, which is looked at after so many iterations each.
    Looks(Vec<u32>),
}

/// The names that a preset may choose from.
#[derive(Default)]
pub struct Known<'a> {
    /// Of scenarios.
    pub scenarios: Vec<&'a str>,
    /// Of sample workspaces.
    pub workspaces: Vec<&'a str>,
    /// Of stories.
    pub stories: Vec<&'a str>,
}

/// A network.
pub fn network(name: &str, mut reader: Reader<'_>) -> Network {
    let network = Network {
        name: name.to_owned(),
        title: reader.text("title"),
        source: reader.text("source"),
        essay: reader.text("essay"),
        round_trip: reader.quantity("round-trip").unwrap_or(Seconds(0.0)),
        jitter: reader.quantity("jitter").unwrap_or(Seconds(0.0)),
        down: reader.quantity("down"),
        up: reader.quantity("up"),
        per_connection: reader.quantity("per-connection"),
        connect_round_trips: reader.count("connect-round-trips", 0).unwrap_or(0),
        first_byte: reader.quantity("first-byte").unwrap_or(Seconds(0.0)),
        initial_window: reader.quantity("initial-window"),
        latency_quantiles: latency_quantiles(&mut reader),
    };
    if !network.latency_quantiles.is_empty() && reader.has("jitter") {
        reader.problem("jitter", "`jitter` beside `latency-quantiles`: one of them");
    }
    if network.jitter > network.round_trip {
        reader.problem("jitter", "`jitter` is larger than `round-trip`");
    }
    let rates =
        [("down", network.down), ("up", network.up), ("per-connection", network.per_connection)];
    for (key, rate) in rates {
        if rate.is_some_and(|rate| rate.0 == 0) {
            reader.problem(key, format!("`{key}` is 0: leave it out where there is no limit"));
        }
    }
    if network.initial_window.is_some_and(|window| window.0 == 0) {
        reader.problem("initial-window", "`initial-window` is 0: leave it out for none");
    }
    reader.finish("key");
    network
}

/// How long answers take, where that is a distribution.
fn latency_quantiles(reader: &mut Reader<'_>) -> Vec<LatencyQuantile> {
    const KEY: &str = "latency-quantiles";
    let texts = reader.optional_texts(KEY, &LatencyQuantile::pattern());
    let mut points = Vec::new();
    for text in &texts {
        match text.parse() {
            Ok(point) => points.push(point),
            Err(error) => reader.problem(KEY, format!("`{KEY}`: {error}")),
        }
    }
    if points.len() == texts.len()
        && let Some(problem) = LatencyQuantile::problem(&points)
    {
        reader.problem(KEY, format!("`{KEY}`: {problem}"));
    }
    points
}

/// The presets: `default`, `quick` and `full`, in this order.
pub fn presets(mut reader: Reader<'_>, known: &Known<'_>) -> Option<[PresetFile; 3]> {
    let presets = ["default", "quick", "full"].map(|name| {
        reader.require(name);
        reader.table(name).map(|table| preset(table, known))
    });
    reader.finish("preset");
    let [Some(default), Some(quick), Some(full)] = presets else { return None };
    Some([default, quick, full])
}

fn preset(mut reader: Reader<'_>, known: &Known<'_>) -> PresetFile {
    let primings = [("separate", Priming::Separate), ("measured", Priming::Measured)];
    let preset = PresetFile {
        scenarios: reader.texts("scenarios", NAME_PATTERN),
        workspaces: reader.texts("workspaces", NAME_PATTERN),
        story: reader.text_like("story", NAME_PATTERN),
        length: length(&mut reader),
        budget: reader.quantity("budget"),
        priming: reader.word("priming", &primings).unwrap_or(Priming::Separate),
    };
    let names = |names: &[String], key, kind, known: &[&str]| {
        for name in names.iter().filter(|name| !known.contains(&name.as_str())) {
            reader.problem(key, unknown(kind, name, known.iter().copied()));
        }
    };
    names(&preset.scenarios, "scenarios", "scenario", &known.scenarios);
    names(&preset.workspaces, "workspaces", "workspace", &known.workspaces);
    if !preset.story.is_empty() {
        names(std::slice::from_ref(&preset.story), "story", "story", &known.stories);
    }
    reader.finish("key");
    preset
}

/// `iterations`, or else `looks`.
fn length(reader: &mut Reader<'_>) -> Length {
    let iterations = reader.count("iterations", 1);
    let looks = reader.counts("looks");
    reader.one_of("iterations", "looks");
    if !looks.is_sorted_by(|earlier, later| earlier < later) {
        reader.problem("looks", "`looks` must grow, such as `[10, 20, 40, 60]`");
    }
    match looks.is_empty() {
        true => Length::Iterations(iterations.unwrap_or(1)),
        false => Length::Looks(looks),
    }
}

/// What a name may be made of, for editors; `lukewarm_model::is_name` has the same rule.
pub const NAME_PATTERN: &str = "^[a-z0-9-]+$";
