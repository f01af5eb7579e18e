//! Preparation: everything that a plan needs before its first job.
//! Owns the order: machine, tools, sources, toolchain, registry, edits, services. It must fail
//! before anything is measured, or not at all.

pub mod cargo_home;
pub mod checkout;
pub mod commands;
pub mod configuration;
pub mod copies;
pub mod edits;
pub mod environment;
pub mod foreign;
pub mod git;
pub mod identity;
pub mod insertion;
pub mod inspection;
mod installer;
pub mod limits;
pub mod manifests;
pub mod metadata;
pub mod origin;
pub mod own_socket;
pub mod package_id;
pub mod packages;
pub mod probe;
pub mod quiet;
pub mod registries;
pub mod revision;
pub mod services;
pub mod settings;
pub mod sources;
mod surroundings;
pub mod toolchain;
pub mod toolchain_file;
pub mod tools;
mod unstable;
pub mod variables;
pub mod variation;
pub mod workspace;
mod workspace_edits;

use std::collections::BTreeMap;
use std::path::Path;

use lukewarm_cache_tools::{Compression, Program, keeps_archive};
use lukewarm_model::{
    ConfigurationSetting, EditChoice, Host, Plan, QuietMachine, Scenario, ScenarioName,
    ToolIdentity, Toolchain, Treatment, VariableValue, Warning, WorkspaceName,
};

use crate::error::RunnerError;
use crate::error::tools::ToolError;
use crate::files::hash::sha256;
use crate::files::own;
use crate::files::scratch::{self, Scratch};
use crate::machine;
use crate::prepare::foreign::remembered::ChosenEdit;
use crate::prepare::limits::RunnerLimits;
use crate::prepare::services::Served;
use crate::prepare::settings::Settings;
use crate::prepare::surroundings::refuse_configured;
use crate::prepare::tools::{InstalledTool, Search, VersionRequirement};
use crate::prepare::workspace::PreparedWorkspace;
use crate::process::adopt_orphans;

/// A plan with everything that its jobs need.
pub struct Prepared {
    pub(crate) plan: Plan,
    pub(crate) settings: Settings,
    pub(crate) workspaces: BTreeMap<WorkspaceName, PreparedWorkspace>,
    pub(crate) programs: BTreeMap<String, InstalledTool>,
    pub(crate) services: BTreeMap<ScenarioName, Served>,
    pub(crate) compression: Compression,
    pub(crate) scratch: Scratch,
    /// What keeps the limits of the plan's runner.
    pub(crate) limits: RunnerLimits,
    /// Time of the calibration load on the quiet machine; none where it was never measured.
    pub(crate) quiet: Option<QuietMachine>,
    host: Host,
    warnings: Vec<Warning>,
    other_tools: BTreeMap<String, ToolIdentity>,
    variables: BTreeMap<String, VariableValue>,
}

/// Prepares a plan; `log` receives a line for each slow step. `name` is the run's id, which names
/// the scratch folder.
///
/// # Errors
/// When something that the plan needs is missing; nothing has been measured then.
pub fn prepare(
    plan: Plan,
    name: &str,
    settings: Settings,
    log: &mut dyn FnMut(String),
) -> Result<Prepared, RunnerError> {
    adopt_orphans().map_err(RunnerError::file("adopt orphans of", Path::new("this process")))?;
    copies::check(&plan.story)?;
    refuse_configured(&settings.scratch)?;
    plan.scenarios.iter().try_for_each(|it| settings.tools.check_settings(it))?;
    tools::check_named(&settings.tools, &settings.named_tools)?;
    check_own_sockets(&plan, name, &settings)?;
    own::take(&settings.cache)?;
    let variables = variables::recorded(&settings.variables, &settings.cache)?;
    let watch = machine::Watch::start(Path::new("/"));
    let host = machine::host(Path::new("/"), &settings.scratch);
    let limits = RunnerLimits::make(plan.runner, host.memory, &settings.processes)?;
    let mut warnings = machine::warnings(Path::new("/"), &host, &settings.scratch);
    warnings.extend(limits.warnings());
    let mut other_tools = BTreeMap::new();
    let compression = compression(&plan, &settings, &mut warnings, &mut other_tools)?;
    let programs = programs(&plan, &settings, log)?;
    let scratch = Scratch::create(&settings.scratch, name)?;
    std::fs::create_dir_all(scratch.home())
        .map_err(RunnerError::file("make folder", &scratch.home()))?;
    let mut workspaces = BTreeMap::new();
    for workspace in &plan.workspaces {
        log(format!("preparing workspace {}", workspace.name));
        let prepared = workspace::prepare_workspace(workspace, &plan, &scratch, &settings, log)?;
        unstable::check(&plan, &workspace.name, &prepared)?;
        log_overridden(&workspace.name, prepared.configuration.settings(), log);
        prepared.remarks.iter().for_each(|it| log(format!("checkout of {}: {it}", workspace.name)));
        workspaces.insert(workspace.name.clone(), prepared);
    }
    let (mut services, copies) = (BTreeMap::new(), plan.story.most_at_once());
    for scenario in &plan.scenarios {
        let with = (&settings.tools, &settings.user);
        let started =
            services::start(scenario, with, (plan.seed, services.len(), copies), &scratch)?;
        let Some(served) = started else { continue };
        other_tools.extend(served.origin.iter().map(|it| {
            let identity = it.identity().clone();
            (identity.name.clone(), identity)
        }));
        services.insert(scenario.name.clone(), served);
    }
    warnings.extend(watch.warnings());
    let toolchain = workspaces.values().next().map(|workspace| &workspace.toolchain.identity);
    let quiet = toolchain.and_then(|it| quiet_machine(&settings, &host, it, &mut warnings));
    Ok(Prepared {
        plan,
        workspaces,
        programs,
        services,
        compression,
        scratch,
        limits,
        settings,
        quiet,
        host,
        warnings,
        other_tools,
        variables,
    })
}

impl Prepared {
    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The machine.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Time of the calibration load on the quiet machine; none where it was never measured.
    pub fn quiet(&self) -> Option<&QuietMachine> {
        self.quiet.as_ref()
    }

    /// Warnings about the machine's state.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The toolchain of each workspace, by name; `NAME, changed` is the second one of a story that
    /// changes the toolchain, `NAME, +CHOICE` that of a command.
    pub fn toolchains(&self) -> BTreeMap<String, Toolchain> {
        let all = self.workspaces.iter();
        let identities = |(name, it): (&WorkspaceName, &PreparedWorkspace)| {
            let second = it.second_toolchain.as_ref();
            toolchain::identities(name, &it.toolchain, second, &it.named_toolchains)
        };
        all.flat_map(identities).collect()
    }

    /// The identity of each workspace's sources, by name.
    pub fn sources(&self) -> BTreeMap<WorkspaceName, String> {
        let workspaces = self.workspaces.iter();
        workspaces.map(|(name, workspace)| (name.clone(), workspace.identity.clone())).collect()
    }

    /// The variables of jobs, as they are recorded.
    pub fn variables(&self) -> BTreeMap<String, VariableValue> {
        self.variables.clone()
    }

    /// The settings of each workspace's own Cargo configuration, by name; absent without any.
    pub fn configuration(&self) -> BTreeMap<WorkspaceName, Vec<ConfigurationSetting>> {
        let workspaces = self.workspaces.iter();
        let all = workspaces
            .map(|(name, workspace)| (name.clone(), workspace.configuration.settings().to_vec()));
        all.filter(|(_, settings)| !settings.is_empty()).collect()
    }

    /// The edits that were chosen for each foreign workspace, by name; absent without any.
    pub fn edits(&self) -> BTreeMap<WorkspaceName, Vec<EditChoice>> {
        let with = self.workspaces.iter().filter(|(_, it)| !it.chosen.is_empty());
        let choices = |it: &PreparedWorkspace| it.chosen.iter().map(ChosenEdit::choice).collect();
        with.map(|(name, it)| (name.clone(), choices(it))).collect()
    }

    /// The tools by their name in scenarios, with `tar` and its compressor.
    pub fn tools(&self) -> BTreeMap<String, ToolIdentity> {
        let chosen = self.programs.iter().map(|(name, it)| (name.clone(), it.identity.clone()));
        self.other_tools.clone().into_iter().chain(chosen).collect()
    }
}

/// Time of the calibration load on this machine when it is quiet; a warning where it is unknown.
fn quiet_machine(
    settings: &Settings,
    host: &Host,
    toolchain: &Toolchain,
    warnings: &mut Vec<Warning>,
) -> Option<QuietMachine> {
    let machine = quiet::Machine::of(Path::new("/"), host, toolchain);
    let known = quiet::known(&settings.cache, &machine);
    if let Err(why) = &known {
        warnings.push(Warning::new(
            format!("no quiet value of this machine is known for {}: {why}", toolchain.rustc),
            "run `lukewarm doctor` in the workspace's folder while nothing else runs",
        ));
    }
    known.ok()
}

/// Removes what dead runs left in a scratch folder. A missing folder is not made.
///
/// # Errors
/// When the folder is not this user's alone, or is below a folder with a Cargo configuration.
pub fn sweep(scratch: &Path) -> Result<(), RunnerError> {
    if std::fs::symlink_metadata(scratch).is_err() {
        return Ok(());
    }
    refuse_configured(scratch)?;
    own::check(scratch)?;
    scratch::sweep(scratch);
    Ok(())
}

/// Logs the settings of a workspace's own Cargo configuration that are overridden in jobs.
fn log_overridden(workspace: &str, settings: &[ConfigurationSetting], log: &mut dyn FnMut(String)) {
    let differing: Vec<ConfigurationSetting> =
        settings.iter().filter(|it| it.treatment != Treatment::Kept).cloned().collect();
    if !differing.is_empty() {
        let line = ConfigurationSetting::line(&differing);
        log(format!("Cargo configuration of {workspace}: {line}"));
    }
}

/// The compression that the cache action would use on this machine, where a scenario needs it.
fn compression(
    plan: &Plan,
    settings: &Settings,
    warnings: &mut Vec<Warning>,
    tools: &mut BTreeMap<String, ToolIdentity>,
) -> Result<Compression, RunnerError> {
    let archives = |it: &Scenario| keeps_archive(&settings.tools, it);
    if !plan.scenarios.iter().any(archives) {
        return Ok(Compression::Zstd);
    }
    let mut have = |name: &str| {
        let version = version_line(name, settings)?;
        let path = settings.user.find(name)?;
        let identity = ToolIdentity {
            name: name.to_owned(),
            version,
            origin: "PATH".to_owned(),
            sha256: sha256(&path).ok()?,
        };
        tools.insert(name.to_owned(), identity);
        Some(())
    };
    if have("tar").is_none() {
        let message = "no `tar` on PATH: scenarios that make archives need GNU tar";
        return Err(RunnerError::Environment(message.to_owned()));
    }
    if have("zstd").is_some() {
        return Ok(Compression::Zstd);
    }
    warnings.push(Warning::new(
        "no `zstd` on PATH: archives are compressed with gzip, as the cache action does then",
        "install zstd, which GitHub's runners have (`apt-get install zstd`)",
    ));
    match have("gzip") {
        Some(()) => Ok(Compression::Gzip),
        None => Err(RunnerError::Environment(
            "neither `zstd` nor `gzip` on PATH: install zstd (`apt-get install zstd`)".to_owned(),
        )),
    }
}

/// The first line of the output of a program's `--version`, without the stars that zstd puts
/// around it; none where it cannot be run.
fn version_line(name: &str, settings: &Settings) -> Option<String> {
    let program = settings.user.find(name)?;
    let printed = tools::print_version(&program, &settings.user, &settings.processes);
    let (exit, text) = printed.ok()?;
    let line = text.lines().next().unwrap_or_default();
    (exit.code == Some(0)).then(|| line.trim_matches(['*', ' ']).to_owned())
}

/// Holds the sockets that tools of scenarios make by themselves to their length.
fn check_own_sockets(plan: &Plan, name: &str, settings: &Settings) -> Result<(), RunnerError> {
    let folders = scratch::folders_of_run(&settings.scratch, name)?;
    let mut tools = plan.scenarios.iter().filter_map(|it| settings.tools.find(&it.tool.name));
    tools.try_for_each(|tool| own_socket::check(tool, &folders))
}

/// Finds or installs the program of every scenario.
fn programs(
    plan: &Plan,
    settings: &Settings,
    log: &mut dyn FnMut(String),
) -> Result<BTreeMap<String, InstalledTool>, RunnerError> {
    let mut programs = BTreeMap::new();
    for scenario in &plan.scenarios {
        let program = settings.tools.find(&scenario.tool.name).and_then(|it| it.program());
        let Some(program) = program else { continue };
        let need = VersionRequirement::of(program, scenario.tool.version.as_deref())?;
        let located = locate(program, &need, settings, log)?;
        programs.insert(scenario.tool.to_string(), located);
    }
    Ok(programs)
}

/// Finds a program, after installing it if necessary.
pub(crate) fn locate(
    program: &Program,
    need: &VersionRequirement,
    settings: &Settings,
    log: &mut dyn FnMut(String),
) -> Result<InstalledTool, RunnerError> {
    let (user, processes) = (&settings.user, &settings.processes);
    let places = tools::SearchPaths {
        named: settings.named_tools.clone(),
        folder: settings.cache.join("tools"),
    };
    if let Search::Found(found) = tools::search(program, need, &places, user, processes)? {
        return Ok(found);
    }
    let version = need.to_install(program);
    tools::install(program, &version, &places, user, processes, log)?;
    match tools::search(program, need, &places, user, processes)? {
        Search::Found(found) => Ok(found),
        Search::Missing(causes) => {
            Err(ToolError::InstalledInVain { program: program.name, version, causes }.into())
        }
    }
}
