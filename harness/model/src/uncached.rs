//! Which builds of a run were made without a cache, and what they say of the outputs of the
//! others. Owns the rule of what is wrong: only a file that uncached builds of the same sources and
//! settings made alike, and that differs. It must not decide what follows for a job.

mod compare;
mod file_kind;

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Case, JobFacts, JobName, JobOutputs, MutationKind, OutputManifest, Plan, Priming,
    SampleWorkspace, Scenario, UnitFact, UnstableFeature, WorkspaceName,
};

pub use compare::OutputComparison;

/// What settings a build's outputs depend on. Builds of two classes may make the same in other
/// bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BuildClass {
    /// Whether compilation is incremental.
    incremental: bool,
    /// Unstable features of Cargo, which decide on flags and places of files.
    unstable: Vec<UnstableFeature>,
    /// The tool that wraps the compiler, with its settings; absent where none does.
    wrapper: Option<String>,
}

/// What a scenario says of the builds of its jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildTraits {
    /// The settings that outputs depend on.
    pub class: BuildClass,
    /// Whether its jobs reuse anything of earlier ones.
    pub reuses: bool,
}

/// The sources that a job builds: the change that made them, and the iteration of its edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct SourceVersion {
    /// The index of the last job that changed what is built; absent where none did.
    change: Option<usize>,
    edition: u32,
}

/// Uncached builds of the same sources in the same class that made the same.
struct AlikeBuilds<'a> {
    class: BuildClass,
    outputs: &'a JobOutputs,
    manifest: &'a OutputManifest,
    count: u32,
}

/// The sources of a workspace.
type Sources<'a> = (&'a WorkspaceName, SourceVersion);

/// The uncached builds of a record.
pub struct UncachedBuilds<'a> {
    plan: &'a Plan,
    traits: BTreeMap<&'a str, BuildTraits>,
    builds: BTreeMap<Sources<'a>, Vec<AlikeBuilds<'a>>>,
    /// Paths of files that two uncached builds of the same sources and settings made differently.
    varying: BTreeSet<(&'a WorkspaceName, &'a str)>,
    /// What is known of each class with a wrapper. One without an entry was never compared.
    ways: BTreeMap<(&'a WorkspaceName, BuildClass), Way<'a>>,
}

/// How a class makes files, beside unwrapped builds of the same sources with otherwise the same
/// settings.
#[derive(Default)]
struct Way<'a> {
    /// The paths of what it made.
    known: BTreeSet<&'a str>,
    /// The paths of what only one of the two made, or both with another content.
    own: BTreeSet<&'a str>,
}

impl BuildClass {
    /// The class of a scenario's builds, of which the caller knows whether the tool wraps the
    /// compiler.
    pub fn wrapped(scenario: &Scenario) -> BuildClass {
        let Scenario { tool, settings, tool_env, .. } = scenario;
        let wrapper = format!("{tool} {settings:?} {tool_env:?}");
        BuildClass { wrapper: Some(wrapper), ..BuildClass::unwrapped(scenario) }
    }

    /// The class of the builds of a scenario whose tool does not wrap the compiler.
    pub fn unwrapped(scenario: &Scenario) -> BuildClass {
        let Scenario { incremental, unstable, .. } = scenario;
        BuildClass { incremental: *incremental, unstable: unstable.clone(), wrapper: None }
    }

    /// The classes whose builds a class is compared with: its own and, where that makes what a
    /// build without its wrapper makes, the class of these.
    fn judges(&self, is_alike: bool) -> Vec<BuildClass> {
        let plain = is_alike.then(|| self.without_wrapper());
        std::iter::once(self.clone()).chain(plain).collect()
    }

    /// The same class without the wrapper.
    fn without_wrapper(&self) -> BuildClass {
        BuildClass { wrapper: None, ..self.clone() }
    }
}

impl SourceVersion {
    fn of(plan: &Plan, workspace: &SampleWorkspace, job: usize, iteration: u32) -> SourceVersion {
        let first = match plan.priming {
            Priming::Separate => 0,
            Priming::Measured => 1,
        };
        // What surrounds its jobs is another in each, and the same in every iteration.
        if workspace.variation.is_some() {
            return SourceVersion { change: Some(job), edition: first };
        }
        // A pass of priming has the edits of the first pass.
        let edition = if iteration == 0 { first } else { iteration };
        let jobs = &plan.story.jobs[..=job];
        let last = jobs.iter().rposition(|it| it.change.kind.changes_the_build());
        let is_new = last == Some(job) && has_a_token(jobs[job].change.kind);
        SourceVersion { change: last, edition: if is_new { edition } else { first } }
    }
}

/// Whether a change is another one in every iteration.
fn has_a_token(kind: MutationKind) -> bool {
    kind.changes_the_build() && !matches!(kind, MutationKind::Dependency | MutationKind::Toolchain)
}

impl<'a> UncachedBuilds<'a> {
    /// Those among the jobs of a plan: jobs of scenarios that reuse nothing, the first job of every
    /// case, and builds that were made for comparison.
    pub fn of(
        plan: &'a Plan,
        jobs: impl IntoIterator<Item = &'a JobFacts>,
        traits: impl Fn(&Scenario) -> BuildTraits,
    ) -> UncachedBuilds<'a> {
        let of = |scenario: &'a Scenario| (scenario.name.as_str(), traits(scenario));
        let traits = plan.scenarios.iter().map(of).collect();
        let (builds, varying, ways) = Default::default();
        let mut found = UncachedBuilds { plan, traits, builds, varying, ways };
        for job in jobs {
            for build in &job.uncached {
                found.add(&build.case, &build.job, build.iteration, build.outputs.as_ref());
            }
            if found.is_uncached(job) {
                found.add(&job.case, &job.job, job.attempt.iteration, job.outputs.as_ref());
            }
            for copy in job.copies.iter().flat_map(|it| &it.copies) {
                if found.is_uncached_copy(&job.case, &copy.units, copy.failure.is_some()) {
                    found.add(&job.case, &job.job, job.attempt.iteration, copy.outputs.as_ref());
                }
            }
        }
        found.find_varying();
        found.find_ways();
        found
    }

    /// Whether a job began with nothing that it could reuse.
    pub fn is_uncached(&self, job: &JobFacts) -> bool {
        let Some(traits) = self.traits.get(job.case.scenario.as_str()) else { return false };
        let is_first = self.plan.story.jobs.first().is_some_and(|first| first.name == job.job);
        job.failure.is_none()
            && (is_first || !traits.reuses)
            && job.units.iter().all(|unit| !unit.fresh)
    }

    /// Whether a copy of a job reused nothing: only where its scenario reuses nothing. Any other
    /// may have found what a copy beside it stored, even of a first job.
    fn is_uncached_copy(&self, case: &Case, units: &[UnitFact], has_failed: bool) -> bool {
        let traits = self.traits.get(case.scenario.as_str());
        let reuses = traits.is_none_or(|it| it.reuses);
        !reuses && !has_failed && units.iter().all(|unit| !unit.fresh)
    }

    fn sources(&self, case: &Case, job: &JobName, iteration: u32) -> Option<Sources<'a>> {
        let index = self.plan.story.jobs.iter().position(|it| it.name == *job)?;
        let workspace = self.plan.workspaces.iter().find(|it| it.name == case.workspace)?;
        Some((&workspace.name, SourceVersion::of(self.plan, workspace, index, iteration)))
    }

    fn add(&mut self, case: &Case, job: &JobName, iteration: u32, outputs: Option<&'a JobOutputs>) {
        let Some(sources) = self.sources(case, job, iteration) else { return };
        let Some(scenario) = self.plan.scenarios.iter().find(|it| it.name == case.scenario) else {
            return;
        };
        let Some(outputs) = outputs else { return };
        let Some(manifest) = outputs.manifest.as_deref() else { return };
        let Some(traits) = self.traits.get(scenario.name.as_str()) else { return };
        let class = traits.class.clone();
        let builds = self.builds.entry(sources).or_default();
        let alike =
            |it: &&mut AlikeBuilds<'_>| it.class == class && it.outputs.digest == outputs.digest;
        match builds.iter_mut().find(alike) {
            Some(known) => known.count += 1,
            None => builds.push(AlikeBuilds { class, outputs, manifest, count: 1 }),
        }
    }
}
