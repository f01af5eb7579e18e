//! The registry of cache tools: a value, so that tests can pass another list.
//! Owns the order of tools, and how the recipe of a scenario's tool and the archive beside it are
//! combined. It must not name a tool.

use std::fmt;

use lukewarm_model::{
    BuildClass, BuildTraits, Classify, ErrorKind, RestoreScope, Scenario, SettingDescription,
    SettingKind, SettingValue, ToolDescription, ToolRole, WorkflowSteps,
};

use crate::archive::{Saving, Settings};
use crate::branches;
use crate::recipe::{Action, JobContext, Recipe};
use crate::tool::CacheTool;

// One module for each file in `src/tools`, and `FILES`, their list.
include!(concat!(env!("OUT_DIR"), "/tools.rs"));

/// A list of cache tools, each with a name of its own.
#[derive(Clone)]
pub struct Tools(Vec<&'static dyn CacheTool>);

impl Tools {
    /// The tools of this lukewarm: those without a cache first, then archives, then wrappers.
    pub fn shipped() -> Tools {
        let rank = |tool: &&dyn CacheTool| match tool.description() {
            ToolDescription { role: ToolRole::Alone, .. } => 0,
            ToolDescription { role: ToolRole::Archive, .. } => 1,
            ToolDescription { role: ToolRole::Wrapper, .. } => 2,
        };
        let mut tools = FILES.to_vec();
        tools.sort_by_key(rank);
        Tools(tools)
    }

    /// This list with a further tool, which replaces one of the same name.
    #[must_use]
    pub fn with(mut self, tool: &'static dyn CacheTool) -> Tools {
        self.0.retain(|it| it.description().name != tool.description().name);
        self.0.push(tool);
        self
    }

    /// Every tool, in the order of lists.
    pub fn iter(&self) -> impl Iterator<Item = &'static dyn CacheTool> {
        self.0.iter().copied()
    }

    /// The tool of that name.
    pub fn find(&self, name: &str) -> Option<&'static dyn CacheTool> {
        self.iter().find(|tool| tool.description().name == name)
    }

    /// The description of every tool; definition files are checked against these.
    pub fn descriptions(&self) -> Vec<ToolDescription> {
        self.iter().map(|tool| tool.description().clone()).collect()
    }

    /// The recipe of one job of a scenario: that of its tool, enclosed by the restore and the save
    /// of its archive or of the archive beside it, with the scenario's variables. None for an
    /// unknown tool.
    pub fn recipe(&self, job: &JobContext<'_>) -> Option<Recipe> {
        let scenario = job.scenario;
        let tool = self.find(&scenario.tool.name)?;
        let mut recipe = tool.recipe(job);
        recipe.set_variables(&scenario.tool_env);
        let unstable = scenario.unstable.iter().map(|it| (it.variable(), "true".to_owned()));
        recipe.environment.extend(unstable);
        let (layout, settings) = match &scenario.archive {
            Some(archive) => {
                let keeper = self.find(&archive.tool)?;
                (keeper.archive(job, &archive.settings), &archive.settings)
            }
            None => (tool.archive(job, &scenario.settings), &scenario.settings),
        };
        let Some(layout) = layout else { return Some(recipe) };
        recipe.ballast = recipe.ballast.or(layout.ballast);
        // Only a scenario without its service has no archive then, and `plan` refuses that.
        let Some(archive) = layout.archive(job) else { return Some(recipe) };
        let old = layout.cleaning.clone().map(Action::RemoveOld);
        let restore = [Action::RestoreArchive(archive.clone())].into_iter().chain(old);
        recipe.restore.splice(0..0, restore);
        let may_save = job.git_ref.is_none() || !branches::only_default_saves(settings);
        if layout.saving == Saving::NewKey && may_save {
            recipe.save.extend(layout.cleaning.map(Action::Clean));
            recipe.save.push(Action::SaveArchive(archive));
        }
        Some(recipe)
    }

    /// What a scenario adds to a job of a workflow: its archive first, then its tool, and the
    /// variables of both. None for an unknown tool.
    pub fn workflow(&self, scenario: &Scenario) -> Option<WorkflowSteps> {
        let mut steps = match &scenario.archive {
            Some(archive) => self.find(&archive.tool)?.workflow(scenario, &archive.settings),
            None => WorkflowSteps::default(),
        };
        let of_tool = self.find(&scenario.tool.name)?.workflow(scenario, &scenario.settings);
        steps.before.extend(of_tool.before);
        if !scenario.incremental {
            steps.environment.push(("CARGO_INCREMENTAL".to_owned(), "0".to_owned()));
        }
        for feature in &scenario.unstable {
            steps.environment.push((feature.variable(), "true".to_owned()));
            steps.notes.push(format!("`{feature}` of Cargo needs a nightly toolchain."));
        }
        steps.environment.extend(of_tool.environment);
        let of_scenario = scenario.tool_env.iter();
        steps.environment.extend(of_scenario.map(|(name, value)| (name.clone(), value.clone())));
        steps.notes.extend(of_tool.notes);
        Some(steps)
    }

    /// What a scenario restores of earlier jobs: a target folder in an archive beside its tool
    /// takes precedence, since its units are fresh and never reach the tool. None for an unknown
    /// tool.
    pub fn restore_scope(&self, scenario: &Scenario) -> Option<RestoreScope> {
        let archive = match &scenario.archive {
            Some(archive) => Some(self.find(&archive.tool)?.restore_scope(&archive.settings)),
            None => None,
        };
        match archive {
            None | Some(RestoreScope::Nothing) => {
                Some(self.find(&scenario.tool.name)?.restore_scope(&scenario.settings))
            }
            archive => archive,
        }
    }

    /// What the outputs of a scenario's builds depend on, and whether its jobs reuse anything. An
    /// unknown tool may do both in its own way.
    pub fn build_traits(&self, scenario: &Scenario) -> BuildTraits {
        let tool = self.find(&scenario.tool.name).map(|tool| tool.description());
        let class = match tool.is_some_and(|tool| !tool.is_wrapper()) {
            true => BuildClass::unwrapped(scenario),
            false => BuildClass::wrapped(scenario),
        };
        BuildTraits { class, reuses: self.restore_scope(scenario) != Some(RestoreScope::Nothing) }
    }

    /// Checks the settings of a scenario that was read from a record rather than from its file:
    /// earlier versions recorded sizes as text.
    ///
    /// # Errors
    /// When a size is recorded as anything else than a number of bytes.
    pub fn check_settings(&self, scenario: &Scenario) -> Result<(), InvalidSetting> {
        let archive = scenario.archive.as_ref();
        let used: [(Option<&'static dyn CacheTool>, Option<&Settings>); 2] = [
            (self.find(&scenario.tool.name), Some(&scenario.settings)),
            (archive.and_then(|it| self.find(&it.tool)), archive.map(|it| &it.settings)),
        ];
        let used = used.into_iter().filter_map(|(tool, settings)| tool.zip(settings));
        for (tool, settings) in used {
            for SettingDescription { name, .. } in
                tool.description().settings.iter().filter(|it| it.kind == SettingKind::Size)
            {
                match settings.get(*name) {
                    None | Some(SettingValue::Size(_)) => {}
                    Some(value) => {
                        return Err(InvalidSetting {
                            scenario: scenario.name.to_string(),
                            setting: name,
                            value: value.clone(),
                        });
                    }
                }
            }
        }
        Ok(())
    }
}

/// A setting in a record that this version cannot use.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "scenario `{scenario}`: the setting `{setting}` must be a number of bytes and is recorded as \
     {value:?} by an earlier version; start a new run"
)]
pub struct InvalidSetting {
    /// The scenario's name.
    pub scenario: String,
    /// The setting's name.
    pub setting: &'static str,
    /// The recorded value.
    pub value: SettingValue,
}

impl Classify for InvalidSetting {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Input
    }
}

impl fmt::Debug for Tools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|tool| tool.description().name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use lukewarm_model::{ArchiveChoice, Bytes, ServiceKind};

    use super::*;
    use crate::testing::{context, endpoint, folders, scenario, signed};
    use crate::{ArchiveLayout, ArchivedPath, Settings, only_default_branch_saves};

    #[test]
    fn names_are_unique_and_found() {
        let tools = Tools::shipped();
        for tool in tools.iter() {
            let name = tool.description().name;
            assert_eq!(tools.find(name).map(|t| t.description().name), Some(name));
            assert_eq!(tools.iter().filter(|t| t.description().name == name).count(), 1);
        }
        assert!(tools.find("scache").is_none());
    }

    #[test]
    fn only_the_tool_without_a_cache_restores_nothing() {
        for tool in Tools::shipped().iter() {
            let description = tool.description();
            let restores = tool.restore_scope(&Settings::new());
            assert_eq!(restores, description.restores, "{}", description.name);
            let is_wrapper = restores == RestoreScope::Units;
            assert_eq!(is_wrapper, description.is_wrapper(), "{}", description.name);
            let is_none = restores == RestoreScope::Nothing;
            assert_eq!(is_none, description.name == "none", "{}", description.name);
        }
    }

    #[test]
    fn the_reference_comes_first_and_wrappers_last() {
        let tools = Tools::shipped();
        let names: Vec<&str> = tools.iter().map(|tool| tool.description().name).collect();
        assert_eq!(names[..3], ["none", "persistent-target", "actions-cache"]);
        assert!(tools.iter().is_sorted_by_key(|it| it.description().is_wrapper()), "{names:?}");
    }

    /// Every recipe of a tool: alone and with each of its services, opened by a token or a pair of
    /// keys, on a socket and on a port.
    fn recipes(tool: &'static dyn CacheTool) -> Vec<Recipe> {
        let description = tool.description();
        let (scenario, folders) = (scenario(description.name, &[]), folders());
        let alone = description.works_alone.then_some(None);
        let each = |kind: &ServiceKind| [endpoint(*kind), signed(*kind)];
        let services: Vec<_> = description.services.iter().flat_map(each).collect();
        let services = alone.into_iter().chain(services.iter().map(Some));
        let socket = Some(Path::new("/scratch/temporary/server"));
        let version = tool.program().map(|program| program.pinned);
        let jobs = services.flat_map(|service| {
            let job = context(&scenario, service, &folders);
            [JobContext { version, ..job }, JobContext { version, socket, ..job }]
        });
        jobs.map(|job| tool.recipe(&job)).collect()
    }

    #[test]
    fn a_tool_says_which_variables_lukewarm_sets_for_it() {
        for tool in Tools::shipped().iter() {
            let description = tool.description();
            let reserved: BTreeSet<&str> = description.reserved_variables.iter().copied().collect();
            let mut set = BTreeSet::new();
            for recipe in recipes(tool) {
                set.extend(recipe.environment.into_keys());
                let calls = recipe.restore.iter().chain(&recipe.save).flat_map(Action::calls);
                let calls = calls.chain(&recipe.statistics);
                set.extend(calls.flat_map(|call| call.environment.keys().cloned()));
            }
            let set: BTreeSet<&str> = set.iter().map(String::as_str).collect();
            assert_eq!(set, reserved, "{}", description.name);
            let settable = description.variables.iter().find(|it| reserved.contains(it.name));
            assert_eq!(settable, None, "{}", description.name);
        }
    }

    #[test]
    fn a_scenarios_variables_reach_every_call_and_replace_none_of_ours() {
        let folders = folders();
        let mut scenario = scenario("sccache", &[]);
        let variables = [("SCCACHE_CACHE_SIZE", "1G"), ("SCCACHE_DIR", "/elsewhere")];
        scenario.tool_env =
            variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let recipe = Tools::shipped().recipe(&context(&scenario, None, &folders)).unwrap();
        let calls = recipe.restore.iter().chain(&recipe.save).flat_map(Action::calls);
        let environments = calls.chain(&recipe.statistics).map(|call| &call.environment);
        let environments: Vec<_> = environments.chain([&recipe.environment]).collect();
        assert_eq!(environments.len(), 4, "start, stop, statistics, build");
        for environment in environments {
            assert_eq!(environment["SCCACHE_CACHE_SIZE"], "1G");
            assert_eq!(environment["SCCACHE_DIR"], folders.kept.display().to_string());
        }
    }

    fn ballast(scenario: &Scenario) -> Option<Bytes> {
        let (folders, service) = (folders(), endpoint(ServiceKind::GITHUB_ACTIONS));
        let job = context(scenario, Some(&service), &folders);
        let program = Some(Path::new("/bin/sccache"));
        Tools::shipped().recipe(&JobContext { program, ..job })?.ballast
    }

    #[test]
    fn ballast_reaches_the_recipe_of_an_archive_beside_a_wrapper_too() {
        let size = [("ballast".to_owned(), SettingValue::Size(Bytes(5_000_000)))];
        let mut own = scenario("actions-cache", &[]);
        own.settings = size.clone().into();
        let mut beside = scenario("sccache", &[]);
        beside.service = Some(ServiceKind::GITHUB_ACTIONS);
        let tool = "actions-cache".to_owned();
        beside.archive = Some(ArchiveChoice { tool, settings: size.into() });
        assert_eq!([&own, &beside].map(ballast), [Some(Bytes(5_000_000)); 2]);
        let check = |scenario: &Scenario| Tools::shipped().check_settings(scenario);
        assert_eq!([&own, &beside].map(check), [Ok(()), Ok(())]);
        // As earlier versions recorded it.
        let text = SettingValue::Text("5 MB".to_owned());
        own.settings.insert("ballast".to_owned(), text);
        let error = check(&own).unwrap_err();
        let wanted = "`ballast` must be a number of bytes and is recorded as Text(\"5 MB\")";
        assert!(error.to_string().contains(wanted), "{error}");
        assert_eq!(error.kind(), ErrorKind::Input);
    }

    #[test]
    fn a_target_folder_beside_a_wrapper_comes_before_its_units() {
        let tools = Tools::shipped();
        let mut scenario = scenario("sccache", &[]);
        assert_eq!(tools.restore_scope(&scenario), Some(RestoreScope::Units));
        let mut with = |settings: Settings| {
            let tool = "actions-cache".to_owned();
            scenario.archive = Some(ArchiveChoice { tool, settings });
            tools.restore_scope(&scenario)
        };
        assert_eq!(with(Settings::new()), Some(RestoreScope::TargetOfLock));
        let rolling = SettingValue::Text("rolling".to_owned());
        assert_eq!(with([("key".to_owned(), rolling)].into()), Some(RestoreScope::NewestTarget));
        let registry = ("only-cargo-home".to_owned(), SettingValue::Flag(true));
        let units = with([registry].into());
        assert_eq!(units, Some(RestoreScope::Units), "a registry holds nothing compiled");
    }

    #[test]
    fn an_archive_beside_a_wrapper_is_restored_first_and_saved_last() {
        let mut scenario = scenario("sccache", &[]);
        let flag = ("only-cargo-home".to_owned(), SettingValue::Flag(true));
        let tool = "actions-cache".to_owned();
        scenario.archive = Some(ArchiveChoice { tool, settings: [flag].into() });
        let (endpoint, folders) = (endpoint(ServiceKind::GITHUB_ACTIONS), folders());
        let recipe = Tools::shipped().recipe(&context(&scenario, Some(&endpoint), &folders));
        let recipe = recipe.unwrap();
        let [Action::RestoreArchive(archive), Action::StartServer(_)] = &recipe.restore[..] else {
            panic!("{:?}", recipe.restore)
        };
        let [Action::StopServer(_), Action::SaveArchive(saved)] = &recipe.save[..] else {
            panic!("{:?}", recipe.save)
        };
        assert_eq!(archive, saved);
        assert_eq!(archive.paths.len(), 4, "{:?}", archive.paths);
    }

    #[test]
    fn an_archive_is_restored_and_not_saved_where_only_the_default_branch_saves() {
        let read_only = ("pull-requests".to_owned(), SettingValue::Text("read-only".to_owned()));
        let mut own = scenario("actions-cache", &[]);
        own.settings = [read_only.clone()].into();
        let mut beside = scenario("sccache", &[]);
        let tool = "actions-cache".to_owned();
        beside.archive = Some(ArchiveChoice { tool, settings: [read_only].into() });
        let (endpoint, folders) = (endpoint(ServiceKind::GITHUB_ACTIONS), folders());
        for scenario in [&own, &beside] {
            let archives = |git_ref| {
                let job = JobContext { git_ref, ..context(scenario, Some(&endpoint), &folders) };
                let recipe = Tools::shipped().recipe(&job).unwrap();
                let is =
                    |it: &&Action| matches!(it, Action::RestoreArchive(_) | Action::SaveArchive(_));
                let count = |actions: &[Action]| actions.iter().filter(is).count();
                (count(&recipe.restore), count(&recipe.save))
            };
            assert_eq!(archives(None), (1, 1));
            assert_eq!(archives(Some("refs/pull/2/merge")), (1, 0));
        }
        assert!(only_default_branch_saves(&own));
        assert!(!only_default_branch_saves(&beside), "its wrapper saves");
    }

    /// A second tool that keeps archives: one folder, pruned, under a key of its own.
    struct Pruning;

    impl CacheTool for Pruning {
        fn description(&self) -> &'static ToolDescription {
            static DESCRIPTION: ToolDescription = ToolDescription {
                role: ToolRole::Archive,
                restores: RestoreScope::NewestTarget,
                services: &[ServiceKind::GITHUB_ACTIONS],
                works_alone: false,
                ..ToolDescription::new("pruning", "an archive without incremental state")
            };
            &DESCRIPTION
        }

        fn archive(&self, job: &JobContext<'_>, _settings: &Settings) -> Option<ArchiveLayout> {
            Some(ArchiveLayout {
                key: format!("v0-{}", job.lock_hash),
                restore_keys: vec!["v0-".to_owned()],
                paths: vec![ArchivedPath::in_checkout("target")],
                pruned: vec!["target/*/incremental".to_owned()],
                ..ArchiveLayout::default()
            })
        }
    }

    #[test]
    fn several_tools_that_keep_archives_stand_side_by_side() {
        let tools = Tools::shipped().with(&Pruning);
        let (endpoint, folders) = (endpoint(ServiceKind::GITHUB_ACTIONS), folders());
        let keys = ["actions-cache", "pruning"].map(|tool| {
            let alone = scenario(tool, &[]);
            let mut beside = scenario("sccache", &[]);
            beside.archive =
                Some(ArchiveChoice { tool: tool.to_owned(), settings: Settings::new() });
            let archives = [&alone, &beside].map(|scenario| {
                let recipe = tools.recipe(&context(scenario, Some(&endpoint), &folders)).unwrap();
                let [Action::RestoreArchive(archive), ..] = &recipe.restore[..] else {
                    panic!("{:?}", recipe.restore)
                };
                archive.clone()
            });
            assert_eq!(archives[0], archives[1], "the same alone and beside a wrapper");
            let [archive, _] = archives;
            (archive.key, archive.pruned.len())
        });
        assert_eq!(keys, [("Linux-cargo-abc123".to_owned(), 0), ("v0-abc123".to_owned(), 1)]);
    }
}
