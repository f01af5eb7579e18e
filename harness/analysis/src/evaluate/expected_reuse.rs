//! The reuse expected of a job, as its workspace declares it for the change before the job.
//! Owns which declared figure applies to a job, and that none does where something besides the
//! change matters: limits, faults, evicted entries, several changes at once.

use lukewarm_cache_tools::only_default_branch_saves;
use lukewarm_model::{
    Change, Counter, JobSpec, MutationKind, RestoreScope, Reuse, ServiceKind, UnstableFeature,
};

use super::job_under_test::{JobUnderTest, failed};

/// A declared figure and the observed one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Expectation {
    /// What changed since the job that filled the cache.
    pub(super) change: Change,
    /// The outcome of the units that are counted: `hit` or `fresh`.
    pub(super) outcome: &'static str,
    /// The observed number.
    pub(super) seen: u64,
    /// The declared number.
    pub(super) declared: u64,
}

/// The reuse expected of a job; absent where no declared figure applies to it.
pub(super) fn expectation(job: &JobUnderTest<'_>) -> Option<Expectation> {
    let story = &job.run.plan.story;
    let place = story.jobs.iter().position(|it| it.name == job.facts.job)?;
    let restores = job.restores?;
    if place == 0 || is_disturbed(job) {
        return None;
    }
    let outcomes = job.outcomes()?;
    let filled = filled(&story.jobs, place, restores, visible(job))?;
    if filled == place {
        let change = story.jobs[place].change;
        return Some(Expectation { change, outcome: "fresh", seen: outcomes.fresh, declared: 0 });
    }
    let are_renewed = job.scenario.renews_members(story);
    let members_are_new = match restores {
        RestoreScope::Checkout => false,
        RestoreScope::NewestDependencies => true,
        // Which files of members stay depends on the names of their targets.
        RestoreScope::NewestLibraries if !are_renewed => return None,
        // By checksums all but build scripts are judged.
        _ if job.scenario.unstable.contains(&UnstableFeature::ChecksumFreshness) => return None,
        _ => are_renewed,
    };
    let change = single(&story.jobs[filled + 1..=place], members_are_new)?;
    // What is declared of a dependency is of the first that changes.
    let dependencies = story.jobs[..=place].iter().filter(|it| it.change == change).count();
    if change.kind == MutationKind::Dependency && dependencies > 1 {
        return None;
    }
    let declared = job.workspace.reuse.iter().find(|reuse| reuse.change == change)?;
    let (outcome, seen, declared) = match restores {
        RestoreScope::Nothing => return None,
        RestoreScope::Units => {
            let hit = declared.hit.get(&job.scenario.tool.name).copied();
            ("hit", outcomes.hits, hit)
        }
        _ => ("fresh", outcomes.fresh, fresh(declared, members_are_new)),
    };
    Some(Expectation { change, outcome, seen, declared: declared? })
}

fn fresh(declared: &Reuse, members_are_new: bool) -> Option<u64> {
    if members_are_new { declared.fresh } else { declared.kept }
}

/// Whether something took or refused entries, in this job or in one before it, so that the change
/// alone decides nothing.
fn is_disturbed(job: &JobUnderTest<'_>) -> bool {
    let refused =
        job.ledger.as_ref().is_some_and(|it| it.limited() > 0 || failed(it) > 0 || it.faults > 0);
    refused || may_have_lost(job) || !job.scenario.faults.is_empty()
}

/// Whether a limit may have kept entries out, or taken them, before this job began.
fn may_have_lost(job: &JobUnderTest<'_>) -> bool {
    let limits = &job.scenario.limits;
    // A job stores at most an entry a call, and each has a minute of its own.
    let calls = job.report().and_then(|it| it.counters.get(Counter::REQUESTS)).unwrap_or_default();
    let refused = limits.uploads_per_minute.is_some_and(|most| u64::from(most) < calls);
    let stored = job.facts.service.as_ref();
    let evicted = stored.is_some_and(|service| service.evicted > 0);
    let full = stored.zip(limits.quota).is_some_and(|(it, quota)| it.bytes.0 > quota.0 / 2);
    refused || evicted || full || limits.largest_object.is_some() || limits.expiry.is_some()
}

/// The entries that a job sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Visible {
    /// Those of every job before it.
    All,
    /// Those of its own branch and of the default branch.
    OwnRef,
    /// Those of the default branch, which alone saves any.
    DefaultBranch,
}

/// The entries that a job sees, by its scenario.
fn visible(job: &JobUnderTest<'_>) -> Visible {
    match job.scenario.service.is_some_and(ServiceKind::scopes_by_ref) {
        _ if only_default_branch_saves(job.scenario) => Visible::DefaultBranch,
        true => Visible::OwnRef,
        false => Visible::All,
    }
}

/// The job whose state a job's cache holds; itself, where nothing can be restored. None where
/// that cannot be said.
fn filled(jobs: &[JobSpec], job: usize, restores: RestoreScope, visible: Visible) -> Option<usize> {
    let of_main = jobs.iter().position(|it| it.change.kind.is_ref()).map_or(job, |it| it - 1);
    let visible = match visible {
        // A branch that is new sees what the default branch stored, and nothing since.
        Visible::OwnRef if jobs[job].change.kind.is_ref() => of_main,
        Visible::DefaultBranch => of_main.min(job - 1),
        Visible::All | Visible::OwnRef => job - 1,
    };
    let last = |is_other_key: fn(MutationKind) -> bool| {
        let last = jobs[..=job].iter().rposition(|it| is_other_key(it.change.kind)).unwrap_or(0);
        (last == job || last <= visible).then_some(last)
    };
    match restores {
        RestoreScope::TargetOfLock => last(|kind| kind == MutationKind::Dependency),
        RestoreScope::NewestDependencies | RestoreScope::NewestLibraries => {
            last(is_another_environment).map(|last| if last == job { job } else { visible })
        }
        _ => Some(visible),
    }
}

/// Whether a change makes a key of which no earlier entry has even the beginning, where the key
/// begins with compiler, flags and variables and the entry's version is of absolute paths.
fn is_another_environment(kind: MutationKind) -> bool {
    use MutationKind::{CargoHome, Flags, Path, Toolchain};
    matches!(kind, CargoHome | Flags | Path | Toolchain)
}

/// The one change that some jobs make; none where there are several that add up. Moving to a
/// branch changes nothing that is compiled. Where all members are new in each job, edits of
/// members are alike.
fn single(jobs: &[JobSpec], members_are_new: bool) -> Option<Change> {
    let is_change = |change: &Change| *change != Change::NONE && !change.kind.is_ref();
    let changes: Vec<Change> = jobs.iter().map(|job| job.change).filter(is_change).collect();
    match &changes[..] {
        [] => Some(Change::NONE),
        [one] => Some(*one),
        [.., last] => {
            let alike = members_are_new && changes.iter().all(|it| it.kind.has_place());
            alike.then_some(*last)
        }
    }
}

#[cfg(test)]
mod tests {
    use lukewarm_model::{Mtime, Place};

    use super::*;

    fn change(kind: MutationKind) -> Change {
        Change { kind, place: kind.has_place().then_some(Place::Core) }
    }

    fn jobs(kinds: &[MutationKind]) -> Vec<JobSpec> {
        let job = |kind: &MutationKind| JobSpec::alone("", change(*kind));
        kinds.iter().map(job).collect()
    }

    #[test]
    fn a_cache_is_filled_by_the_job_before_or_by_the_lock_files_first() {
        use MutationKind::{Body, Dependency, None};
        let jobs = jobs(&[None, Body, Dependency, None]);
        let of = |brings| [1, 2, 3].map(|job| filled(&jobs, job, brings, Visible::OwnRef));
        assert_eq!(of(RestoreScope::Units), [Some(0), Some(1), Some(2)]);
        assert_eq!(of(RestoreScope::TargetOfLock), [Some(0), Some(2), Some(2)]);
    }

    #[test]
    fn a_new_branch_sees_the_default_branch_only_where_there_are_scopes() {
        use MutationKind::{Body, Branch, Dependency, None, PullRequest};
        let story = jobs(&[None, Body, PullRequest, Body, None, Branch]);
        let of =
            |visible| [2, 3, 4, 5].map(|job| filled(&story, job, RestoreScope::Units, visible));
        assert_eq!(of(Visible::OwnRef), [Some(1), Some(2), Some(3), Some(1)]);
        assert_eq!(of(Visible::All), [Some(1), Some(2), Some(3), Some(4)]);
        assert_eq!(of(Visible::DefaultBranch), [Some(1); 4], "nothing is saved since");
        // The archive of the changed lock file lies in the pull request's scope.
        let story = jobs(&[None, PullRequest, Dependency, Branch]);
        assert_eq!(filled(&story, 3, RestoreScope::TargetOfLock, Visible::OwnRef), Option::None);
    }

    #[test]
    fn dependencies_come_from_the_job_before_while_nothing_else_is_another() {
        use MutationKind::{Body, Branch, Dependency, Flags, None, Path};
        let story = jobs(&[None, Body, Dependency, Flags, Body, Path, Branch]);
        let of = |brings| [1, 2, 3, 4, 5].map(|job| filled(&story, job, brings, Visible::OwnRef));
        let wanted = [Some(0), Some(1), Some(3), Some(3), Some(5)];
        assert_eq!(of(RestoreScope::NewestDependencies), wanted);
        assert_eq!(of(RestoreScope::NewestLibraries), wanted);
        // What the default branch had stored last was built in another folder.
        let story = jobs(&[None, Branch, Path, Branch]);
        assert_eq!(
            filled(&story, 3, RestoreScope::NewestDependencies, Visible::OwnRef),
            Option::None
        );
    }

    #[test]
    fn changes_that_add_up_are_no_single_one() {
        use MutationKind::{Body, Branch, Flags, None, Signature};
        assert_eq!(single(&jobs(&[None, Branch]), false), Some(Change::NONE));
        assert_eq!(single(&jobs(&[Branch, Flags, None]), false), Some(change(Flags)));
        assert_eq!(single(&jobs(&[Body, Signature]), false), Option::None);
        assert_eq!(single(&jobs(&[Body, Signature]), true), Some(change(Signature)));
        assert_eq!(single(&jobs(&[Body, Flags]), true), Option::None);
    }

    #[test]
    fn members_are_rebuilt_where_their_times_are_new() {
        let declared = Reuse {
            change: Change::NONE,
            hit: Default::default(),
            fresh: Some(30),
            kept: Some(41),
        };
        assert_eq!(fresh(&declared, Mtime::Fresh.is_fresh()), Some(30));
        assert_eq!(fresh(&declared, Mtime::Restored.is_fresh()), Some(41));
    }
}
