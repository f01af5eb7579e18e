//! What is to be run, before names are resolved. Owns that what a repository's own settings say
//! counts where nothing else is said.

use std::path::PathBuf;

use lukewarm_model::{Order, Runner, Seconds, UncommittedChanges};

use crate::catalogue::Preset;
use crate::pairing::Pairing;
use crate::settings::WorkspaceSettings;

/// What is to be run. Everything left out comes from the preset.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// Scenarios by name, `name@VERSION` for a version of their tool.
    pub scenarios: Vec<String>,
    /// Sample workspaces by name, or paths of Cargo workspaces.
    pub workspaces: Vec<String>,
    /// Whether checkouts of foreign workspaces have what is not committed.
    pub changes: UncommittedChanges,
    /// Files and folders, relative to a foreign workspace, that its checkouts have although they
    /// are ignored.
    pub include: Vec<PathBuf>,
    /// A setting of the scenarios at several values: `round-trip=0ms,20ms,80ms`.
    pub sweep: Option<String>,
    /// The story by name.
    pub story: Option<String>,
    /// How often each job runs at once; absent means as the story says.
    pub at_once: Option<u32>,
    /// How much later each copy starts than the one before it; absent means together.
    pub stagger: Option<Seconds>,
    /// The network in front of every service, by name.
    pub network: Option<String>,
    /// Measured iterations.
    pub iterations: Option<u32>,
    /// No further iteration starts that would not end within this time.
    pub budget: Option<Seconds>,
    /// After how many iterations states with chance in them are made anew.
    pub prime_every: Option<u32>,
    /// In which order jobs run.
    pub order: Order,
    /// Whether the reference is measured twice.
    pub floor: Floor,
    /// What is compared with what.
    pub pairing: Pairing,
    /// Seed of every random choice.
    pub seed: Option<u64>,
    /// The cargo profile of every build.
    pub cargo_profile: Option<String>,
    /// What jobs may use of the machine; absent means all of it.
    pub runner: Option<Runner>,
    /// The Cargo commands of every job, each in words; empty means `cargo build --workspace`.
    pub commands: Vec<Vec<String>>,
    /// What the repository's own `lukewarm.toml` says; what is named here comes before it.
    pub settings: Option<WorkspaceSettings>,
    /// Where the rest comes from.
    pub preset: Preset,
}

/// Whether what the reference differs from itself is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Floor {
    /// It is not.
    #[default]
    Unknown,
    /// The reference is measured twice, and smaller differences are called none.
    Measured,
}

impl Selection {
    /// Files and folders that checkouts have although they are ignored: those that are selected,
    /// else those of the repository's settings.
    pub fn included(&self) -> Vec<PathBuf> {
        match (self.include.is_empty(), &self.settings) {
            (true, Some(it)) => it.settings.include.iter().map(PathBuf::from).collect(),
            _ => self.include.clone(),
        }
    }

    /// The same with what the repository's settings say where it says nothing.
    #[must_use]
    pub fn with_settings(&self) -> Selection {
        let mut selection = self.clone();
        let Some(WorkspaceSettings { settings, .. }) = &self.settings else { return selection };
        let settings = settings.clone();
        if selection.commands.is_empty() {
            selection.commands = settings.commands;
        }
        if selection.scenarios.is_empty() {
            selection.scenarios = settings.scenarios;
        }
        selection.story = selection.story.or(settings.story);
        selection.include = selection.included();
        selection.runner = selection.runner.or(Runner::of(settings.cpus, settings.memory));
        // Whoever says how many waits for them.
        let is_counted = selection.iterations.is_some();
        selection.budget = selection.budget.or(settings.budget.filter(|_| !is_counted));
        selection
    }
}
