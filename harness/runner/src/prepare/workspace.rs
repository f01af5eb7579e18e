//! The prepared workspace that all its jobs share: sources, registry, toolchains, edits.
//! Owns that every edit of the story is applied once before anything is measured, and that those of
//! a foreign workspace are compiled once.

mod places;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use lukewarm_cache_tools::Folders;
use lukewarm_model::{JobSpec, MutationKind, Origin, Plan, Priming, SampleWorkspace, Variation};

use crate::error::RunnerError;
use crate::files::scratch::Scratch;
use crate::files::tree::{self, CopyTimes, within};
use crate::prepare::configuration::{Configuration, FlagTarget};
use crate::prepare::foreign::remembered::ChosenEdit;
use crate::prepare::settings::Settings;
use crate::prepare::sources::LeftOutFiles;
use crate::prepare::toolchain::{self, ResolvedToolchain};
use crate::prepare::variation::{Choice, JobVariation, job_variation};
use crate::prepare::{cargo_home, checkout, commands, edits, packages, sources, toolchain_file};

/// A workspace that is ready for its jobs.
#[derive(Debug)]
pub struct PreparedWorkspace {
    /// The root of the sources that checkouts are copied from.
    pub pristine_root: PathBuf,
    /// The workspace's folder in them.
    pub pristine: PathBuf,
    /// The workspace's folder relative to the root of a checkout.
    pub place: PathBuf,
    /// The identity of the sources.
    pub identity: String,
    /// What the checkout has, for telling what a failed build misses.
    left_out: LeftOutFiles,
    /// Differences from a checkout in CI, as sentences for the user; usually empty.
    pub remarks: Vec<String>,
    /// The folders of a job without variations.
    pub folders: Folders,
    /// Its `CARGO_HOME`, while no job of it runs.
    pub registry: PathBuf,
    /// Its own Cargo configuration.
    pub configuration: Configuration,
    /// The targets of its builds; empty where the story adds no flags.
    flag_targets: Vec<FlagTarget>,
    /// The toolchain that the workspace chooses.
    pub toolchain: ResolvedToolchain,
    /// A second toolchain; none where the story needs none, or none is installed.
    pub second_toolchain: Option<ResolvedToolchain>,
    /// The toolchains that commands name with `+`, by name.
    pub named_toolchains: BTreeMap<String, ResolvedToolchain>,
    /// SHA-256 of the lock file without edits, in hexadecimal.
    pub lock_hash: String,
    /// The edits of a foreign workspace; empty for a sample, which has mutations.
    pub chosen: Vec<ChosenEdit>,
}

/// Copies the sources and the registry of one workspace, and applies every edit of the story once.
/// `log` receives a line for each slow step.
///
/// # Errors
/// When something that jobs need is missing, or an edit does not apply.
pub fn prepare_workspace(
    workspace: &SampleWorkspace,
    plan: &Plan,
    scratch: &Scratch,
    settings: &Settings,
    log: &mut dyn FnMut(String),
) -> Result<PreparedWorkspace, RunnerError> {
    let (user, processes) = (&settings.user, &settings.processes);
    let pristine_root = scratch.pristine(&workspace.name);
    let contents = checkout::contents(workspace, settings)?;
    let mut remarks = contents.remarks.clone();
    remarks.extend(contents.lay(&pristine_root, settings)?);
    let place = contents.workspace.clone();
    let pristine = within(&pristine_root, &place);
    let mut configuration = Configuration::read(&pristine, &pristine_root)?;
    if workspace.origin == Origin::Foreign {
        configuration.leave_out(&contents.root, user);
    }
    let toolchain = toolchain_file::find(&pristine, &pristine_root, settings)?;
    remarks.extend(checkout::lock(&contents, &pristine, &toolchain, settings)?);
    // Of the sample as it is here: its file pins what its packages have.
    let identity = sources::identity(&pristine_root)?;
    packages::lay(workspace, &pristine, settings, log)?;
    let asked = plan.story.jobs.iter().any(|job| job.change.kind == MutationKind::Toolchain)
        || workspace.variation.as_ref().is_some_and(Variation::needs_second_toolchain);
    let second_toolchain = match asked {
        true => toolchain::second(&toolchain, user, processes)?,
        false => None,
    };
    let named_toolchains = commands::toolchains(&plan.commands, user, processes)?;
    commands::check_programs(&plan.commands, &toolchain, &named_toolchains, user)?;
    let mut folders = scratch.folders();
    folders.checkout = within(&folders.checkout, &place);
    let mut prepared = PreparedWorkspace {
        pristine_root,
        pristine,
        place,
        identity,
        left_out: contents.left_out_files(),
        remarks,
        folders,
        registry: scratch.registry(&workspace.name),
        configuration,
        flag_targets: Vec::new(),
        toolchain,
        second_toolchain,
        named_toolchains,
        lock_hash: String::new(),
        chosen: Vec::new(),
    };
    prepared.set_up_registry(plan, workspace, settings, &scratch.changed(&workspace.name))?;
    prepared.lock_hash = cargo_home::lock_hash(&prepared.pristine)?;
    if workspace.origin == Origin::Foreign {
        let chosen = prepared.choose_edits(workspace, plan, scratch, settings, log);
        let trial = scratch.changed(&workspace.name).join("trial/checkout");
        prepared.chosen = chosen.map_err(|it| prepared.explained(it, &trial, settings))?;
    }
    if plan.story.jobs.iter().any(|job| job.change.kind == MutationKind::Flags) {
        prepared.flag_targets = prepared.find_flag_targets(settings)?;
    }
    let last = plan.story.jobs.len().saturating_sub(1);
    prepared.edits(plan, workspace, last, 0).and_then(|all| prepared.changed(&all))?;
    Ok(prepared)
}

impl PreparedWorkspace {
    /// The edits of a job's checkout: those of earlier jobs as in the first pass, and its own,
    /// which is new in every iteration.
    ///
    /// # Errors
    /// When the workspace has no such mutation.
    pub fn edits(
        &self,
        plan: &Plan,
        workspace: &SampleWorkspace,
        job: usize,
        iteration: u32,
    ) -> Result<Vec<edits::Edit>, RunnerError> {
        self.edits_with(plan, workspace, job, |index| token(plan, job, iteration, index))
    }

    /// The edits with the given tokens. A repeated change replaces its earlier edit, instead of
    /// applying on top of it.
    fn edits_with(
        &self,
        plan: &Plan,
        workspace: &SampleWorkspace,
        job: usize,
        token: impl Fn(usize) -> String,
    ) -> Result<Vec<edits::Edit>, RunnerError> {
        let jobs = &plan.story.jobs[..=job];
        let automatic: Vec<_> = self.chosen.iter().map(|it| it.edit.clone()).collect();
        let mut made = Vec::new();
        for (index, spec) in jobs.iter().enumerate() {
            let same = |it: &&JobSpec| it.change == spec.change;
            if jobs[index + 1..].iter().any(|it| same(&it)) {
                continue;
            }
            let before = jobs[..index].iter().filter(same).count();
            made.extend(edits::edit(workspace, &automatic, spec.change, before, &token(index))?);
        }
        Ok(made)
    }

    /// The files that a sequence of edits changes, with their new content.
    ///
    /// # Errors
    /// When a file cannot be read or a patch does not apply.
    pub fn changed(&self, all: &[edits::Edit]) -> Result<BTreeMap<PathBuf, String>, RunnerError> {
        let mut changed = BTreeMap::new();
        edits::change(&self.pristine, &mut changed, all)?;
        Ok(changed)
    }

    /// The toolchain of a job; none where it needs a second one and none is installed.
    pub fn toolchain(&self, variation: &JobVariation) -> Option<&ResolvedToolchain> {
        match variation.toolchain {
            Choice::Own => Some(&self.toolchain),
            Choice::Second => self.second_toolchain.as_ref(),
        }
    }

    /// Fetches the registry for the lock file, and for each version of it that an edit makes.
    fn set_up_registry(
        &self,
        plan: &Plan,
        workspace: &SampleWorkspace,
        settings: &Settings,
        changed_root: &Path,
    ) -> Result<(), RunnerError> {
        let lock = Path::new("Cargo.lock");
        let mut workspaces = vec![self.pristine.clone()];
        let mut seen = BTreeSet::from([None]);
        // What a foreign workspace needs for its edits is fetched when they are chosen.
        let is_patched = |(_, job): &(usize, &JobSpec)| {
            workspace.origin == Origin::Sample && job.change.kind.needs_patch()
        };
        for (index, job) in plan.story.jobs.iter().enumerate().filter(is_patched) {
            // With a fixed token, so that what is fetched does not depend on the plan's seed.
            let edits = self.edits_with(plan, workspace, index, |_| "token".to_owned())?;
            let changed = self.changed(&edits)?;
            if seen.insert(changed.get(lock).cloned()) {
                let folder = changed_root.join(job.name.as_str());
                tree::copy(&self.pristine_root, &folder, CopyTimes::Fresh)?;
                let folder = within(&folder, &self.place);
                edits::write(&folder, &changed)?;
                workspaces.push(folder);
            }
        }
        let (user, processes) = (&settings.user, &settings.processes);
        let (seeds, bin) = (settings.cache.join("registries"), &self.toolchain.bin);
        let seed = cargo_home::fetch(&workspaces, &seeds, bin, user, processes)?;
        cargo_home::copy_registry(&seed, &self.registry, user)
    }

    /// Arguments for Cargo that add flags to those that the workspace has.
    pub fn added_flags(&self, flags: &str) -> Vec<String> {
        let flags: Vec<&str> = flags.split_whitespace().collect();
        self.configuration.added(&flags, &self.flag_targets)
    }

    /// Asks the compiler about the targets of builds.
    fn find_flag_targets(&self, settings: &Settings) -> Result<Vec<FlagTarget>, RunnerError> {
        let host = &self.toolchain.identity.host;
        let mut targets = self.configuration.targets();
        if targets.is_empty() {
            targets.push(host.clone());
        }
        let found = targets.iter().map(|name| {
            let name = if name == "host-tuple" { host } else { name };
            let printed = toolchain::cfgs(&self.toolchain, name, &self.pristine, settings)?;
            // A target specification file is known by its stem.
            let triple = match name.strip_suffix(".json") {
                Some(stem) => stem.rsplit('/').next().unwrap_or(stem),
                None => name,
            };
            Ok(FlagTarget::new(triple, &printed))
        });
        found.collect()
    }
}

/// The variation of a job in some iteration.
pub fn variation(plan: &Plan, job: usize, iteration: u32) -> JobVariation {
    job_variation(&plan.story, job, |index| token(plan, job, iteration, index))
}

/// The unique text of a change in a job's checkout: new in every iteration for the job's own
/// change, that of the first pass for earlier ones, whose states jobs start from.
fn token(plan: &Plan, job: usize, iteration: u32, index: usize) -> String {
    edits::token(plan.seed, index, if index == job { iteration } else { first_pass(plan) })
}

/// The iteration of the first pass, which makes the states that jobs start from.
pub fn first_pass(plan: &Plan) -> u32 {
    match plan.priming {
        Priming::Separate => 0,
        Priming::Measured => 1,
    }
}

/// The files whose content differs between two sets of changed files.
pub fn differing(
    one: &BTreeMap<PathBuf, String>,
    other: &BTreeMap<PathBuf, String>,
) -> BTreeSet<PathBuf> {
    let files = one.keys().chain(other.keys());
    files.filter(|file| one.get(*file) != other.get(*file)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use lukewarm_testing::plan;

    use super::*;

    #[test]
    fn a_jobs_own_change_is_new_and_those_before_it_are_as_the_first_pass_made_them() {
        let mut plan = plan(&["none"], &["cold", "edit", "edit-2"], 5);
        let of = |plan: &Plan| [1, 2].map(|index| token(plan, 2, 4, index));
        assert_eq!(of(&plan), [edits::token(1, 1, 0), edits::token(1, 2, 4)]);
        // A measured first pass is iteration 1: what it left is what its successors find.
        plan.priming = Priming::Measured;
        assert_eq!(of(&plan), [edits::token(1, 1, 1), edits::token(1, 2, 4)]);
    }

    #[test]
    fn files_differ_where_content_came_went_or_changed() {
        let files = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(file, text)| (PathBuf::from(file), (*text).to_owned())).collect()
        };
        let before = files(&[("same", "1"), ("changed", "1"), ("gone", "1")]);
        let after = files(&[("same", "1"), ("changed", "2"), ("new", "1")]);
        let wanted = ["changed", "gone", "new"].map(PathBuf::from).into();
        assert_eq!(differing(&before, &after), wanted);
    }
}
