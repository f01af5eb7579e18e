//! The plan of a test of soundness: every variation as a workspace of its own, under each way of
//! caching and twice without any. Owns what is built how often; it must not judge what came out.

use lukewarm_model::{Plan, Priming, SampleWorkspace};

use crate::catalogue::Files;
use crate::problem::{Problem, Problems, unknown};
use crate::select;
use crate::selection::{Floor, Selection};

/// The scenario without a cache, by which the others are judged.
const UNCACHED: &str = "none";

/// The story of two jobs, before and after a variation.
const STORY: &str = "soundness";

/// Which variations are tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VariationSet {
    /// What a key must have in it, thing by thing.
    Soundness,
    /// Published bugs.
    Museum,
}

impl VariationSet {
    /// Its name, also that of its plans.
    pub fn name(self) -> &'static str {
        match self {
            VariationSet::Soundness => "soundness",
            VariationSet::Museum => "museum",
        }
    }

    /// What one of it is called.
    fn item(self) -> &'static str {
        match self {
            VariationSet::Soundness => "variation",
            VariationSet::Museum => "piece",
        }
    }
}

impl Files {
    /// The variations of a set, in the order of their names.
    pub fn variations(&self, set: VariationSet) -> &[SampleWorkspace] {
        match set {
            VariationSet::Soundness => &self.soundness,
            VariationSet::Museum => &self.museum,
        }
    }
}

/// The plan that tests the scenarios of a selection by the variations that are named in it as
/// workspaces; all of the set where none is.
///
/// Every scenario builds without incremental compilation, whose artifacts are laid out in another
/// way each time: whether they are right could not be said. The reference is built twice, so that
/// it is known what reproduces.
///
/// # Errors
/// Names every problem of the selection.
pub fn soundness(
    files: &Files,
    set: VariationSet,
    selection: &Selection,
) -> Result<Plan, Problems> {
    let known = files.variations(set);
    let mut problems = Vec::new();
    for name in &selection.workspaces {
        if !known.iter().any(|it| it.name == *name) {
            let what = unknown(set.item(), name, known.iter().map(|it| it.name.as_str()));
            problems.push(Problem { place: "--only".to_owned(), what });
        }
    }
    if known.is_empty() {
        let what = format!("there is none: `scenarios/variations/{}` has no file", set.name());
        problems.push(Problem { place: set.item().to_owned(), what });
    }
    if !problems.is_empty() {
        return Err(Problems(problems));
    }
    let is_asked = |it: &&SampleWorkspace| {
        selection.workspaces.is_empty() || selection.workspaces.iter().any(|name| it.name == *name)
    };
    let workspaces: Vec<SampleWorkspace> = known.iter().filter(is_asked).cloned().collect();
    let mut scenarios = vec![UNCACHED.to_owned()];
    scenarios.extend(selection.scenarios.iter().filter(|it| *it != UNCACHED).cloned());
    let selection = Selection {
        scenarios,
        workspaces: workspaces.iter().take(1).map(|it| it.name.to_string()).collect(),
        story: Some(STORY.to_owned()),
        iterations: Some(1),
        floor: Floor::Measured,
        ..selection.clone()
    };
    let files = Files { workspaces: known.to_vec(), ..files.clone() };
    let mut plan = select::plan(&files, &selection)?;
    plan.scenarios.iter_mut().for_each(|scenario| scenario.incremental = false);
    Ok(Plan {
        name: set.name().to_owned(),
        priming: Priming::Measured,
        cases: select::cases(&workspaces, &plan.scenarios),
        // Several of them share a folder.
        workspaces,
        ..plan
    })
}
