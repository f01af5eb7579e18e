//! The mark of one way of caching after one variation. Owns the order in which the evidence counts:
//! what the program prints and what the outputs are, before what was reused.

use std::collections::BTreeSet;
use std::sync::Arc;

use lukewarm_model::{
    OutputManifest, SampleWorkspace, ScenarioName, Surroundings, VerdictKind, counted, quoted,
};

use super::cell::{BuiltAgain, ReusedUnits, SoundnessCell, SoundnessMark, WrongFile};
use crate::evaluate::EvaluatedJob;

/// Files that are kept as evidence.
const MOST_FILES: usize = 20;

/// The builds without a cache of one variation.
pub(super) struct Uncached<'e, 'a> {
    pub(super) before: Vec<&'e EvaluatedJob<'a>>,
    pub(super) after: Vec<&'e EvaluatedJob<'a>>,
}

/// The two jobs of one way of caching, and what they are judged by.
pub(super) struct Judged<'e, 'a> {
    pub(super) before: Option<&'e EvaluatedJob<'a>>,
    pub(super) after: Option<&'e EvaluatedJob<'a>>,
    pub(super) uncached: &'e Uncached<'e, 'a>,
}

/// A mark, and why.
type Reasoned = (SoundnessMark, Vec<String>);

impl Uncached<'_, '_> {
    fn manifests<'m>(jobs: &'m [&EvaluatedJob<'_>]) -> Vec<&'m OutputManifest> {
        let outputs = jobs.iter().filter_map(|job| job.facts.outputs.as_ref());
        outputs.filter_map(|it| it.manifest.as_deref()).collect()
    }

    /// Paths that two builds of the same made differently.
    fn varying(&self) -> BTreeSet<Arc<str>> {
        let mut found = BTreeSet::new();
        for jobs in [&self.before, &self.after] {
            let manifests = Self::manifests(jobs);
            for (place, one) in manifests.iter().enumerate() {
                for other in &manifests[place + 1..] {
                    found.extend(one.differing(other).into_iter().cloned());
                }
            }
        }
        found
    }

    /// Whether builds after the variation make something else than before it; none where that is
    /// not known.
    pub(super) fn changes_outputs(&self) -> Option<bool> {
        let (before, after) = (Self::manifests(&self.before), Self::manifests(&self.after));
        let (one, other) = (before.first()?, after.first()?);
        let varying = self.varying();
        let differs = one.differing(other).into_iter().any(|path| !varying.contains(path));
        Some(differs || self.prints().is_some_and(|[before, after]| before != after))
    }

    /// Units whose output builds make another after the variation, at most: where a name changes,
    /// the old one and the new one count. None where that is not known.
    fn changed_units(&self) -> Option<u64> {
        let (before, after) = (Self::manifests(&self.before), Self::manifests(&self.after));
        let (one, other) = (before.first()?, after.first()?);
        let varying = self.varying();
        let changed = one.differing(other).into_iter().filter(|path| !varying.contains(*path));
        Some(changed.filter(|path| is_main_output(path)).count() as u64)
    }

    /// What the program printed before and after the variation; none where it is not the same each
    /// time.
    pub(super) fn prints(&self) -> Option<[String; 2]> {
        Some([printed(&self.before)?, printed(&self.after)?])
    }

    /// Why there is nothing to judge by.
    fn missing(&self) -> Option<String> {
        for (jobs, when) in [(&self.before, "before"), (&self.after, "after")] {
            if jobs.is_empty() {
                return Some(format!("no build without a cache was made {when} the change"));
            }
            if let Some(failure) = jobs.iter().find_map(|job| job.facts.failure.as_ref()) {
                let why = &failure.message;
                return Some(format!("without a cache, the build {when} the change failed: {why}"));
            }
        }
        None
    }
}

/// Whether a file is the one that stands for its unit: metadata lies beside a library, and what a
/// build script wrote is of no unit.
fn is_main_output(path: &str) -> bool {
    !path.ends_with(".rmeta") && !path.contains("/out/")
}

/// What all of some jobs printed; none where they did not print the same.
fn printed(jobs: &[&EvaluatedJob<'_>]) -> Option<String> {
    let mut all = jobs.iter().map(|job| job.facts.printed.as_deref());
    let first = all.next()??;
    all.all(|it| it == Some(first)).then(|| first.to_owned())
}

impl Judged<'_, '_> {
    /// What is said of the way of caching.
    pub(super) fn cell(&self, scenario: ScenarioName) -> SoundnessCell {
        let (mark, reasons) = self.verdict();
        let after = self.after;
        SoundnessCell {
            scenario,
            mark,
            reasons,
            files: after.map(|job| self.files(job)).unwrap_or_default(),
            reused: after.and_then(reused),
            prints: after.and_then(|job| job.facts.printed.clone()),
            settled: after.and_then(|job| self.settled(job)),
        }
    }

    fn verdict(&self) -> Reasoned {
        let cannot = |why: String| (SoundnessMark::NotTestable, vec![why]);
        if let Some(why) = self.uncached.missing() {
            return cannot(why);
        }
        let (Some(before), Some(after)) = (self.before, self.after) else {
            return cannot("one of its two jobs did not run".to_owned());
        };
        for (job, when) in [(before, "before"), (after, "after")] {
            if let Some(failure) = &job.facts.failure {
                let why = &failure.message;
                return cannot(format!(
                    "the build {when} the change failed, which it does not without the cache: {why}"
                ));
            }
        }
        let wrong = self.wrong(after);
        if !wrong.is_empty() {
            return (SoundnessMark::UnderKeyed, wrong);
        }
        // What the first job did not leave in the cache, the second compiles for that reason.
        for (job, when) in [(before, "before"), (after, "after")] {
            if job.verdict.kind() == VerdictKind::Degraded {
                let reasons = job.verdict.reasons().iter();
                let reasons = reasons.map(|it| format!("the job {when} the change: {it}"));
                return (SoundnessMark::NotTestable, reasons.collect());
            }
        }
        self.when_nothing_is_wrong(after)
    }

    /// What is wrong with what came out.
    fn wrong(&self, after: &EvaluatedJob<'_>) -> Vec<String> {
        let mut reasons = Vec::new();
        let wanted = printed(&self.uncached.after);
        if let (Some(wanted), Some(is)) = (&wanted, &after.facts.printed)
            && wanted != is
        {
            let stale = match printed(&self.uncached.before).as_ref() == Some(is) {
                true => ", which is what it printed before the change",
                false => "",
            };
            reasons.push(format!(
                "its program prints `{}`{stale}; built without a cache it prints `{}`",
                is.trim(),
                wanted.trim()
            ));
        }
        let found = after.made.comparison.as_ref();
        if let Some(wrong) = found.map(|it| it.wrong.len()).filter(|it| *it > 0) {
            reasons.push(format!(
                "{} not what builds without a cache make, alike each time",
                are(wrong)
            ));
        }
        reasons
    }

    fn when_nothing_is_wrong(&self, after: &EvaluatedJob<'_>) -> Reasoned {
        let prints_right =
            after.facts.printed.is_some() && printed(&self.uncached.after) == after.facts.printed;
        let Some(found) = &after.made.comparison else {
            return (SoundnessMark::NotTestable, vec!["nobody looked at its outputs".to_owned()]);
        };
        let mut said = Vec::new();
        if !found.unproven.is_empty() {
            said.push(format!(
                "{} not what a build without a cache made, and whether such builds make them alike \
                 is not known",
                are(found.unproven.len())
            ));
            return (SoundnessMark::NotTestable, said);
        }
        if found.by_state > 0 {
            said.push(format!(
                "{} not what a build without a cache made, as incremental compilation may make \
                 them; all programs are",
                are(found.by_state as usize)
            ));
            return (SoundnessMark::NotTestable, said);
        }
        if found.identical > 0 {
            let outputs = counted(found.identical as usize, "output");
            said.push(format!("{outputs} as builds without a cache make them"));
        }
        if found.as_own > 0 {
            let outputs = counted(found.as_own as usize, "output");
            said.push(format!("{outputs} as its tool makes them from an empty cache"));
        }
        if found.varying > 0 {
            let outputs = counted(found.varying as usize, "output");
            said.push(format!("{outputs} that two builds without a cache make differently"));
        }
        if found.not_compared > 0 {
            let outputs = counted(found.not_compared as usize, "output");
            said.push(format!("{outputs} that nothing could be compared with"));
            if !prints_right {
                return (SoundnessMark::NotTestable, said);
            }
            said.push("its program prints what it should".to_owned());
        }
        let Some(reused) = reused(after) else {
            return (SoundnessMark::NotTestable, after.verdict.reasons().to_vec());
        };
        let same = self.uncached.changes_outputs() == Some(false);
        let changed = if same { Some(0) } else { self.uncached.changed_units() };
        if changed.is_none_or(|changed| reused.misses <= changed) {
            return (SoundnessMark::Right, said);
        }
        let compiled = format!("compiled {}", counted(reused.misses as usize, "unit"));
        let vain = match changed {
            Some(changed @ 1..) => format!(
                "{compiled}, although builds without a cache make another output of {changed} at \
                 most"
            ),
            _ => format!(
                "{compiled}, although builds without a cache make the same before and after"
            ),
        };
        said.insert(0, vain);
        (SoundnessMark::OverKeyed, said)
    }

    /// The outputs that differ, with digests.
    fn files(&self, after: &EvaluatedJob<'_>) -> Vec<WrongFile> {
        let Some(found) = &after.made.comparison else { return Vec::new() };
        let own = after.facts.outputs.as_ref().and_then(|it| it.manifest.as_deref());
        let wanted = Uncached::manifests(&self.uncached.after);
        let file = |path: &Arc<str>| WrongFile {
            path: path.to_string(),
            is: own.and_then(|it| it.digest_of(path)),
            wanted: wanted.first().and_then(|it| it.digest_of(path)),
        };
        found.doubted().take(MOST_FILES).map(file).collect()
    }

    fn settled(&self, after: &EvaluatedJob<'_>) -> Option<BuiltAgain> {
        let own = after.facts.settled.as_ref()?;
        let others = self.uncached.after.iter().filter_map(|job| job.facts.settled.as_ref());
        let also: Vec<_> = others.flat_map(|it| &it.not_fresh).collect();
        Some(BuiltAgain {
            not_fresh: own.not_fresh.clone(),
            reasons: own.reasons.clone(),
            also_uncached: !own.not_fresh.is_empty()
                && own.not_fresh.iter().all(|unit| also.contains(&unit)),
        })
    }
}

fn reused(job: &EvaluatedJob<'_>) -> Option<ReusedUnits> {
    let it = job.outcomes?;
    Some(ReusedUnits {
        units: it.units,
        fresh: it.fresh,
        hits: it.hits,
        misses: it.misses,
        noncacheable: it.noncacheable,
    })
}

fn are(count: usize) -> String {
    format!("{} {}", counted(count, "output"), if count == 1 { "is" } else { "are" })
}

/// How to see a variation by hand, in a copy of its workspace: the build before, an empty target
/// folder, the build after, and the program.
pub(super) fn by_hand(workspace: &SampleWorkspace) -> Vec<String> {
    let Some(variation) = &workspace.variation else { return Vec::new() };
    let mut lines = build(&variation.before);
    lines.push("rm -rf target".to_owned());
    lines.extend(build(&variation.after));
    lines.push("find target -name app -type f -exec {} ';'".to_owned());
    lines
}

fn build(it: &Surroundings) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (path, text) in &it.files {
        lines.push(format!("printf %s {} > {}", quoted(text), quoted(path)));
    }
    if let Some(time) = it.file_times {
        lines.push(format!("find . -type f -exec touch -d {time} {{}} +"));
    }
    if let Some(name) = &it.checkout {
        lines.push(format!("mv \"$PWD\" ../{name} && cd ../{name}"));
    }
    let mut words: Vec<String> = Vec::new();
    if let Some(mask) = &it.umask {
        words.push(format!("umask {mask};"));
    }
    if let Some(name) = &it.cargo_home {
        words.push(format!("CARGO_HOME=/tmp/{name}"));
    }
    let variables = it.environment.iter();
    words.extend(variables.map(|(name, value)| format!("{name}={}", quoted(value))));
    words.push(if it.second_toolchain { "cargo +OTHER" } else { "cargo" }.to_owned());
    words.push("build".to_owned());
    words.extend(it.arguments.iter().map(|word| quoted(word)));
    lines.push(words.join(" "));
    lines
}
