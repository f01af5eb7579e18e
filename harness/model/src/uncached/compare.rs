//! The outputs of one job beside those of uncached builds. Owns what is said of a single file.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::file_kind::FileKind;
use super::{AlikeBuilds, BuildClass, BuildTraits, UncachedBuilds, Way};
use crate::{Case, ContentDigest, JobFacts, JobName, OutputFile, OutputManifest, WorkspaceName};

/// How many uncached builds of the same sources must have made a file alike before it is said that
/// the file reproduces.
const ALIKE: u32 = 2;

/// The outputs of one job beside those of uncached builds of the same sources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutputComparison {
    /// Outputs of the job.
    pub files: u64,
    /// Those that are what a build without a cache tool made.
    pub identical: u64,
    /// Those that are what the job's own tool or settings make from an empty cache.
    pub as_own: u64,
    /// Those that differ as two uncached builds do, and files that uncached builds do not have.
    pub varying: u64,
    /// Libraries in other bytes than from an empty cache, of a job that compiled incrementally and
    /// whose programs are all what an uncached build makes: a compiler that goes on from its state
    /// may lay them out in another way.
    pub by_state: u64,
    /// Those that nothing could be compared with.
    pub not_compared: u64,
    /// Paths of files that differ, of which nobody knows whether they reproduce.
    pub unproven: Vec<Arc<str>>,
    /// Paths of files that reproduce, and differ or are missing.
    pub wrong: Vec<Arc<str>>,
    /// How many builds of exactly these sources the last two were compared with, at least.
    pub witnesses: u32,
    /// Whether the job itself began with an empty cache.
    pub is_uncached: bool,
}

/// What the comparison says of one file.
enum FileFinding {
    Identical,
    AsOwn,
    Varying,
    NotCompared,
    Unproven,
    Wrong,
}

impl OutputComparison {
    /// Whether every output was compared, and none differs in a way that is not explained.
    pub fn is_complete(&self) -> bool {
        self.identical + self.as_own > 0
            && self.not_compared == 0
            && self.unproven.is_empty()
            && self.wrong.is_empty()
    }

    /// The paths of files that differ without an explanation.
    pub fn doubted(&self) -> impl Iterator<Item = &Arc<str>> {
        self.wrong.iter().chain(&self.unproven)
    }

    /// Whether nothing but libraries is in doubt, and something is.
    fn is_only_of_libraries(&self) -> bool {
        let is_library = |path: &Arc<str>| FileKind::of(path) == FileKind::Library;
        !self.unproven.is_empty() && self.wrong.is_empty() && self.unproven.iter().all(is_library)
    }

    fn take(&mut self, finding: FileFinding, path: &Arc<str>) {
        match finding {
            FileFinding::Identical => self.identical += 1,
            FileFinding::AsOwn => self.as_own += 1,
            FileFinding::Varying => self.varying += 1,
            FileFinding::NotCompared => self.not_compared += 1,
            FileFinding::Unproven => self.unproven.push(path.clone()),
            FileFinding::Wrong => self.wrong.push(path.clone()),
        }
    }
}

/// A job that is compared: what it made, what it may be compared with, and how it was built.
struct Compared<'c, 'a> {
    workspace: &'a WorkspaceName,
    class: &'c BuildClass,
    manifest: &'c OutputManifest,
    /// Builds of the same sources in the same class without a wrapper.
    unwrapped: Vec<&'c AlikeBuilds<'a>>,
    /// Builds of the same sources in the job's own class.
    own: Vec<&'c AlikeBuilds<'a>>,
}

impl Compared<'_, '_> {
    /// Whether the job made programs, and each is what an uncached build made of these sources.
    fn has_same_programs(&self) -> bool {
        let is_program = |file: &&OutputFile| FileKind::of(&file.path) == FileKind::Program;
        let programs: Vec<_> = self.manifest.files().iter().filter(is_program).collect();
        let is_made = |file: &&OutputFile| {
            let mut builds = self.unwrapped.iter().chain(&self.own);
            builds.any(|it| it.manifest.digest_of(&file.path) == Some(file.digest))
        };
        !programs.is_empty() && programs.iter().all(is_made)
    }
}

impl<'a> UncachedBuilds<'a> {
    /// Compares the outputs of a job of the plan; none where it has none.
    pub fn compare(&self, job: &JobFacts) -> Option<OutputComparison> {
        self.compare_with(job, self.is_uncached(job))
    }

    /// Compares the outputs of one copy of a job that ran at once, given as a job of its own.
    pub fn compare_copy(&self, copy: &JobFacts) -> Option<OutputComparison> {
        let has_failed = copy.failure.is_some();
        self.compare_with(copy, self.is_uncached_copy(&copy.case, &copy.units, has_failed))
    }

    fn compare_with(&self, job: &JobFacts, is_uncached: bool) -> Option<OutputComparison> {
        let outputs = job.outputs.as_ref()?;
        let manifest = outputs.manifest.as_deref()?;
        let sources = self.sources(&job.case, &job.job, job.attempt.iteration)?;
        let class = &self.traits.get(job.case.scenario.as_str())?.class;
        let plain = class.without_wrapper();
        let same = self.builds.get(&sources).map_or(&[][..], Vec::as_slice);
        // A build is no witness of itself.
        let usable = |it: &&AlikeBuilds<'_>| {
            let is_itself =
                is_uncached && it.class == *class && it.outputs.digest == outputs.digest;
            !is_itself || it.count > 1
        };
        let compared = Compared {
            workspace: sources.0,
            class,
            manifest,
            unwrapped: same.iter().filter(|it| it.class == plain).filter(usable).collect(),
            own: same.iter().filter(|it| it.class == *class).filter(usable).collect(),
        };
        let files = outputs.files;
        let count = |builds: &[&AlikeBuilds<'_>]| builds.iter().map(|it| it.count).sum::<u32>();
        let mut found = OutputComparison { files, is_uncached, ..OutputComparison::default() };
        let alike = |it: &&&AlikeBuilds<'_>| it.outputs.digest == outputs.digest;
        if compared.unwrapped.iter().any(|it| alike(&it)) {
            found.identical = files;
            return Some(found);
        }
        for file in manifest.files() {
            found.take(self.present(&compared, &file.path, file.digest), &file.path);
        }
        for path in missing(&compared) {
            if let Some(finding) = self.missing(&compared, path) {
                found.take(finding, path);
            }
        }
        let is_new = |path: &Arc<str>| {
            let digest = manifest.digest_of(path);
            digest.is_some_and(|it| !self.is_of_any_sources(compared.workspace, path, it))
        };
        if class.incremental
            && found.is_only_of_libraries()
            && found.unproven.iter().all(is_new)
            && compared.has_same_programs()
        {
            found.by_state = std::mem::take(&mut found.unproven).len() as u64;
        }
        let by_unwrapped = |path: &Arc<str>| self.is_judged_by_unwrapped(&compared, path);
        let judges = match found.doubted().all(by_unwrapped) {
            true => &compared.unwrapped,
            false => &compared.own,
        };
        found.witnesses = count(judges);
        Some(found)
    }

    /// A case that is built with the settings that a doubted file of a job was judged by; none
    /// where no number of builds would prove anything.
    pub fn witness(&self, job: &JobFacts, found: &OutputComparison) -> Option<&'a Case> {
        let class = &self.traits.get(job.case.scenario.as_str())?.class;
        if class.incremental {
            return None;
        }
        let (workspace, _) = self.sources(&job.case, &job.job, job.attempt.iteration)?;
        let way = self.ways.get(&(workspace, class.clone()));
        let is_own = |path: &Arc<str>| way.is_none_or(|way| way.own.contains(&**path));
        let judge = match class.wrapper.is_some() && found.doubted().any(is_own) {
            true => class.clone(),
            false => class.without_wrapper(),
        };
        let is_witness = |case: &&Case| {
            case.workspace == *workspace && self.class(case).is_some_and(|it| *it == judge)
        };
        self.plan.cases.iter().find(is_witness)
    }

    /// What is said of a file that the job made.
    fn present(&self, job: &Compared<'_, 'a>, path: &str, digest: ContentDigest) -> FileFinding {
        let has = |it: &&AlikeBuilds<'_>| it.manifest.digest_of(path) == Some(digest);
        if job.unwrapped.iter().any(&has) {
            return FileFinding::Identical;
        }
        if job.own.iter().any(has) {
            return FileFinding::AsOwn;
        }
        if self.varying.contains(&(job.workspace, path)) {
            return FileFinding::Varying;
        }
        match self.judges(job, path) {
            [] => FileFinding::NotCompared,
            judges if judges.iter().all(|it| it.manifest.digest_of(path).is_none()) => {
                FileFinding::Varying
            }
            judges => self.differs(job, judges, path, Some(digest)),
        }
    }

    /// What is said of a file that uncached builds made and the job did not; none where it says
    /// nothing.
    fn missing(&self, job: &Compared<'_, 'a>, path: &str) -> Option<FileFinding> {
        if self.varying.contains(&(job.workspace, path)) {
            return None;
        }
        let judges = self.judges(job, path);
        let all =
            !judges.is_empty() && judges.iter().all(|it| it.manifest.digest_of(path).is_some());
        all.then(|| self.differs(job, judges, path, None))
    }

    /// The builds that a file is to be compared with: those without a wrapper, unless the job's
    /// class makes this file in its own way.
    fn judges<'c>(&self, job: &'c Compared<'_, 'a>, path: &str) -> &'c [&'c AlikeBuilds<'a>] {
        match self.is_judged_by_unwrapped(job, path) {
            true => &job.unwrapped,
            false => &job.own,
        }
    }

    fn is_judged_by_unwrapped(&self, job: &Compared<'_, 'a>, path: &str) -> bool {
        !job.unwrapped.is_empty() && self.is_as_unwrapped(job, path)
    }

    /// Whether the class of a job is known to make a file as an unwrapped build does.
    fn is_as_unwrapped(&self, job: &Compared<'_, 'a>, path: &str) -> bool {
        if job.class.wrapper.is_none() {
            return true;
        }
        match self.ways.get(&(job.workspace, job.class.clone())) {
            None => false,
            Some(way) if way.known.contains(path) => !way.own.contains(path),
            // Of a file that is new in these sources the others speak.
            Some(way) => way.own.is_empty(),
        }
    }

    fn differs(
        &self,
        job: &Compared<'_, 'a>,
        judges: &[&AlikeBuilds<'_>],
        path: &str,
        digest: Option<ContentDigest>,
    ) -> FileFinding {
        // A compiler that goes on from its state may lay out what it makes in another way than from
        // nothing: seen with the same sources, alike each time on both sides. What was made of
        // other sources is wrong all the same.
        let is_stale = |digest| self.is_of_any_sources(job.workspace, path, digest);
        if job.class.incremental && digest.is_some_and(|it| !is_stale(it)) {
            return FileFinding::Unproven;
        }
        let judge = judges.first().map(|it| &it.class);
        let counts = |it: &AlikeBuilds<'_>| it.class == *job.class || Some(&it.class) == judge;
        match self.alike(job.workspace, counts, path) >= ALIKE {
            true => FileFinding::Wrong,
            false => FileFinding::Unproven,
        }
    }

    /// Whether an uncached build of a workspace made this file, of whichever sources.
    fn is_of_any_sources(
        &self,
        workspace: &WorkspaceName,
        path: &str,
        digest: ContentDigest,
    ) -> bool {
        let builds = self.builds.iter().filter(|((name, _), _)| *name == workspace);
        let mut builds = builds.flat_map(|(_, builds)| builds);
        builds.any(|it| it.manifest.digest_of(path) == Some(digest))
    }

    /// The most builds of the same sources, among those that count, that made a file alike.
    fn alike(
        &self,
        workspace: &WorkspaceName,
        counts: impl Fn(&AlikeBuilds<'_>) -> bool,
        path: &str,
    ) -> u32 {
        let of_workspace = self.builds.iter().filter(|((name, _), _)| *name == workspace);
        let most = of_workspace.map(|(_, builds)| {
            let mut by_digest: BTreeMap<ContentDigest, u32> = BTreeMap::new();
            for build in builds.iter().filter(|it| counts(it)) {
                if let Some(digest) = build.manifest.digest_of(path) {
                    *by_digest.entry(digest).or_default() += build.count;
                }
            }
            by_digest.into_values().max().unwrap_or_default()
        });
        most.max().unwrap_or_default()
    }

    /// Finds what two uncached builds of the same sources and settings made differently.
    pub(super) fn find_varying(&mut self) {
        let mut found = BTreeSet::new();
        for ((workspace, _), builds) in &self.builds {
            for (place, one) in builds.iter().enumerate() {
                let same_class = builds[place + 1..].iter().filter(|it| it.class == one.class);
                let paths = same_class.flat_map(|it| one.manifest.differing(it.manifest));
                found.extend(paths.map(|path| (*workspace, &**path)));
            }
        }
        self.varying = found;
    }

    /// Finds what each class with a wrapper makes otherwise than unwrapped builds of the same
    /// sources.
    pub(super) fn find_ways(&mut self) {
        let mut found: BTreeMap<(&'a WorkspaceName, BuildClass), Way<'a>> = BTreeMap::new();
        for ((workspace, _), builds) in &self.builds {
            for wrapped in builds.iter().filter(|it| it.class.wrapper.is_some()) {
                let plain = wrapped.class.without_wrapper();
                for other in builds.iter().filter(|it| it.class == plain) {
                    let differing = wrapped.manifest.differing(other.manifest).into_iter();
                    let kept = differing.map(|path| &**path);
                    let kept = kept.filter(|path| !self.varying.contains(&(*workspace, *path)));
                    let way = found.entry((*workspace, wrapped.class.clone())).or_default();
                    way.own.extend(kept);
                    way.known.extend(wrapped.manifest.files().iter().map(|file| &*file.path));
                }
            }
        }
        self.ways = found;
    }

    /// Whether the outputs of a job can be compared only with a build that neither is there nor
    /// will be made by the plan: one of the same sources, with its own settings, from an empty
    /// cache.
    pub fn needs_own_build(&self, case: &Case, job: &JobName, iteration: u32) -> bool {
        let Some(sources) = self.sources(case, job, iteration) else { return false };
        let Some(BuildTraits { class, reuses }) = self.traits.get(case.scenario.as_str()) else {
            return false;
        };
        let way = self.ways.get(&(sources.0, class.clone()));
        let judges = class.judges(way.is_some_and(|way| way.own.is_empty()));
        let same = self.builds.get(&sources).map_or(&[][..], Vec::as_slice);
        let is_there = same.iter().any(|it| judges.contains(&it.class))
            || self.has_planned_judge(case, &judges);
        let mut of_workspace = self.builds.iter().filter(|((name, _), _)| *name == sources.0);
        // Without any outputs of the class there is nothing that could be learned from one.
        *reuses && !is_there && of_workspace.any(|(_, it)| it.iter().any(|it| it.class == *class))
    }

    /// Whether the jobs of a case will need such a build, as far as that is known before they ran:
    /// a wrapper is taken to make what the compiler makes until it was seen to do otherwise.
    pub fn will_need_own_build(&self, case: &Case) -> bool {
        let Some(traits) = self.traits.get(case.scenario.as_str()) else { return false };
        let way = self.ways.get(&(&case.workspace, traits.class.clone()));
        let judges = traits.class.judges(way.is_none_or(|way| way.own.is_empty()));
        traits.reuses && !self.has_planned_judge(case, &judges)
    }

    /// Whether the plan itself builds a case's sources without a cache in one of these classes.
    fn has_planned_judge(&self, case: &Case, judges: &[BuildClass]) -> bool {
        let traits = |it: &Case| self.traits.get(it.scenario.as_str());
        let is_judge = |it: &BuildTraits| !it.reuses && judges.contains(&it.class);
        let mut same = self.plan.cases.iter().filter(|it| it.workspace == case.workspace);
        same.any(|it| traits(it).is_some_and(is_judge))
    }

    /// Whether a build of the same sources with a case's own settings is missing: what copies of a
    /// job are compared with, none of which needs to have begun with an empty cache.
    pub fn needs_build_for_copies(&self, case: &Case, job: &JobName, iteration: u32) -> bool {
        let Some(sources) = self.sources(case, job, iteration) else { return false };
        let Some(traits) = self.traits.get(case.scenario.as_str()) else { return false };
        let same = self.builds.get(&sources).map_or(&[][..], Vec::as_slice);
        traits.reuses && !same.iter().any(|it| it.class == traits.class)
    }

    /// The class of a scenario's builds; none where the plan has no such scenario.
    pub fn class(&self, case: &Case) -> Option<&BuildClass> {
        Some(&self.traits.get(case.scenario.as_str())?.class)
    }
}

/// The paths that builds have which the job is compared with, and the job has not.
fn missing<'a>(job: &Compared<'_, 'a>) -> BTreeSet<&'a Arc<str>> {
    let builds = job.unwrapped.iter().chain(&job.own);
    let files = builds.flat_map(|it| it.manifest.files()).map(|file| &file.path);
    files.filter(|path| job.manifest.digest_of(path).is_none()).collect()
}
