//! One file a cache tool: its environment, its steps and its statistics, as data and parsing.
//! Owns what a tool needs and what its words mean. It must not start a process or open a file:
//! the runner carries recipes out.
//!
//! A new tool is one file beside these, a line in [`TOOLS`] and its words in `testdata/`.

mod actions_cache;
mod none;
mod persistent_target;
mod recipe;
mod sccache;

use lukewarm_model::{
    Classify, Counts, ErrorKind, Scenario, ServiceKind, SettingDescription, SettingKind,
    SettingValue, ToolDescription, ToolRole, ToolStatement,
};

pub use recipe::{
    Action, Address, Archive, Checkout, Compression, Endpoint, Folders, Invocation, JobContext,
    Program, Recipe, Server, Wheel,
};

/// A cache tool: what it is, what its jobs do, and what its statistics mean.
pub trait CacheTool: Sync {
    /// How scenario files may name it.
    fn description(&self) -> &'static ToolDescription;

    /// The program it runs, where it runs one.
    fn program(&self) -> Option<&'static Program> {
        None
    }

    /// What it brings back of earlier jobs, with a scenario's settings.
    fn brings(&self, scenario: &Scenario) -> Brings;

    /// What one job does: pure data, carried out by the runner.
    fn recipe(&self, job: &JobContext<'_>) -> Recipe;

    /// What the tool's statements say of one job; `None` for a tool that keeps no statistics.
    ///
    /// # Errors
    /// When a statement cannot be read, with the place at which it stops making sense.
    fn counts(&self, statements: &[ToolStatement]) -> Result<Option<Counts>, StatisticsError> {
        let _ = statements;
        Ok(None)
    }

    /// The folders that its objects go to in a store with folders, parents first: what is there
    /// when many jobs have used it.
    fn folders(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether it wraps the compiler, so that units have hits and misses.
    fn is_wrapper(&self) -> bool {
        self.description().role == ToolRole::Wrapper
    }

    /// Whether the place where the tool says it stores is the service that the scenario means.
    fn stores_in(&self, location: &str, service: Option<ServiceKind>) -> bool {
        let _ = (location, service);
        true
    }
}

/// What a tool brings back of earlier jobs: what a job can reuse follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Brings {
    /// Nothing.
    Nothing,
    /// Single units, when the compiler is called for them.
    Units,
    /// The target folder of the newest job that can be seen.
    NewestTarget,
    /// The target folder of the first job with the same lock file.
    TargetOfLock,
    /// The checkout with its target folder, as the job before left it.
    Checkout,
}

/// A tool's statistics that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum StatisticsError {
    /// The statement at this moment is missing.
    #[error("{tool} made no statement {moment} the build")]
    Missing {
        /// The tool's name.
        tool: &'static str,
        /// `before` or `after`.
        moment: &'static str,
    },
    /// The statement is not of the known form.
    #[error("{tool}'s statistics {moment} the build cannot be read")]
    Unreadable {
        /// The tool's name.
        tool: &'static str,
        /// `before` or `after`.
        moment: &'static str,
        /// Where it stops making sense.
        source: serde_json::Error,
    },
}

/// What a tool says is of the program that is installed.
impl Classify for StatisticsError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Environment
    }
}

/// Every cache tool, in the order of lists.
pub const TOOLS: [&dyn CacheTool; 4] = [
    &none::None,
    &persistent_target::PersistentTarget,
    &actions_cache::ActionsCache,
    &sccache::Sccache,
];

/// The tool of that name.
pub fn find(name: &str) -> Option<&'static dyn CacheTool> {
    TOOLS.into_iter().find(|tool| tool.description().name == name)
}

/// What one job of a scenario does: what its tool does, between the restore and the save of the
/// archive that the scenario keeps beside it.
pub fn recipe(tool: &dyn CacheTool, job: &JobContext<'_>) -> Recipe {
    let mut recipe = tool.recipe(job);
    let settings = job.scenario.archive.as_ref();
    recipe.ballast = recipe.ballast.or(settings.and_then(actions_cache::ballast));
    if let Some(archive) = settings.and_then(|settings| actions_cache::archive(job, settings)) {
        recipe.restore.insert(0, Action::RestoreArchive(archive.clone()));
        recipe.save.push(Action::SaveArchive(archive));
    }
    recipe
}

/// What a scenario brings back of earlier jobs: a target folder in an archive beside its tool comes
/// first, and its units are no longer asked for.
pub fn brings(tool: &dyn CacheTool, scenario: &Scenario) -> Brings {
    match scenario.archive.as_ref().map(actions_cache::brings) {
        None | Some(Brings::Nothing) => tool.brings(scenario),
        Some(brings) => brings,
    }
}

/// What is wrong with the settings of a scenario that comes from a record and not from its file:
/// earlier versions recorded sizes as texts.
pub fn settings_problem(scenario: &Scenario) -> Option<String> {
    let own = find(&scenario.tool.name).map(|tool| (tool, &scenario.settings));
    let archive = scenario.archive.as_ref().map(|it| (&actions_cache::ActionsCache as _, it));
    let mut pairs = own.into_iter().chain(archive);
    pairs.find_map(|(tool, settings): (&dyn CacheTool, _)| {
        let sizes = tool.description().settings.iter().filter(|it| it.kind == SettingKind::Size);
        let wrong = |it: &&SettingDescription| {
            settings.get(it.name).is_some_and(|it| !matches!(it, SettingValue::Size(_)))
        };
        let name = sizes.into_iter().find(wrong)?.name;
        Some(format!(
            "scenario `{}`: the setting `{name}` is no number of bytes, but {:?}: an earlier \
             version recorded it; begin a new run",
            scenario.name, settings[name]
        ))
    })
}

/// What every tool says of itself, for judging scenario files.
pub fn descriptions() -> Vec<ToolDescription> {
    TOOLS.iter().map(|tool| tool.description().clone()).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use lukewarm_model::Bytes;

    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        for tool in TOOLS {
            let name = tool.description().name;
            assert_eq!(find(name).map(|t| t.description().name), Some(name));
            assert_eq!(TOOLS.iter().filter(|t| t.description().name == name).count(), 1);
        }
        assert!(find("scache").is_none());
    }

    #[test]
    fn ballast_reaches_the_recipe_of_an_archive_beside_a_wrapper_too() {
        let size = [("ballast".to_owned(), SettingValue::Size(Bytes(5_000_000)))];
        let (folders, service) =
            (recipe::tests::folders(), recipe::tests::endpoint(ServiceKind::GithubActions));
        let ballast = |scenario: &Scenario| {
            let tool = find(&scenario.tool.name).unwrap();
            let job = recipe::tests::context(scenario, Some(&service), &folders);
            recipe(tool, &JobContext { program: Some(Path::new("/bin/sccache")), ..job }).ballast
        };
        let mut own = recipe::tests::scenario("actions-cache", &[]);
        own.settings = size.clone().into();
        let mut beside = recipe::tests::scenario("sccache", &[]);
        beside.service = Some(ServiceKind::GithubActions);
        beside.archive = Some(size.into());
        assert_eq!([&own, &beside].map(ballast), [Some(Bytes(5_000_000)); 2]);
        assert_eq!([&own, &beside].map(settings_problem), [None, None]);
        // As earlier versions recorded it.
        let text = SettingValue::Text("5 MB".to_owned());
        own.settings.insert("ballast".to_owned(), text);
        let said = settings_problem(&own).unwrap();
        assert!(said.contains("`ballast` is no number of bytes, but Text(\"5 MB\")"), "{said}");
    }

    #[test]
    fn a_target_folder_beside_a_wrapper_comes_before_its_units() {
        let mut scenario = recipe::tests::scenario("sccache", &[]);
        let tool = find("sccache").unwrap();
        assert_eq!(brings(tool, &scenario), Brings::Units);
        scenario.archive = Some(Default::default());
        assert_eq!(brings(tool, &scenario), Brings::TargetOfLock);
        let rolling = SettingValue::Text("rolling".to_owned());
        scenario.archive = Some([("key".to_owned(), rolling)].into());
        assert_eq!(brings(tool, &scenario), Brings::NewestTarget);
        let registry = ("only-cargo-home".to_owned(), SettingValue::Flag(true));
        scenario.archive = Some([registry].into());
        assert_eq!(brings(tool, &scenario), Brings::Units, "a registry holds nothing compiled");
    }
}
