//! Blocks: the cases of one job in one iteration, measured side by side. Owns which attempt at a
//! block counts and which blocks are measured again: whole ones, at most once each. Pairs never mix
//! attempts. The rules are blind to what the jobs took.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Case, JobFacts, JobName, Probe, Seconds, disturbed, repeats};

/// A block: its iteration, and the job's name in the story.
pub type Block<'a> = (u32, &'a JobName);

/// The attempts at every block, each with the cases that were measured in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blocks<'a>(BTreeMap<Block<'a>, BTreeMap<u32, BTreeSet<&'a Case>>>);

impl<'a> Blocks<'a> {
    /// The blocks of some jobs: the block, the attempt and the case of each.
    pub fn of(jobs: impl IntoIterator<Item = (Block<'a>, u32, &'a Case)>) -> Blocks<'a> {
        let mut blocks = Blocks::default();
        for (block, attempt, case) in jobs {
            let attempts = blocks.0.entry(block).or_default();
            attempts.entry(attempt).or_default().insert(case);
        }
        blocks
    }

    /// The measured blocks of a record: priming is none, however often it is done.
    pub fn of_jobs(jobs: &'a [JobFacts]) -> Blocks<'a> {
        let numbered = jobs.iter().zip(attempts(jobs)).filter(|(job, _)| job.attempt.iteration > 0);
        Blocks::of(numbered.map(|(job, attempt)| (block(job), attempt, &job.case)))
    }

    /// The attempt that counts, for all cases of the block: the last that has every case of the
    /// first. A block that nobody knows has one.
    pub fn counting(&self, block: Block<'_>) -> u32 {
        let Some(attempts) = self.0.get(&block) else { return 0 };
        let Some((first, wanted)) = attempts.first_key_value() else { return 0 };
        let whole = attempts.iter().rev().find(|(_, cases)| cases.is_superset(wanted));
        *whole.map_or(first, |(attempt, _)| attempt)
    }

    /// The cases of a block's first attempt: those that were open when it was planned.
    pub fn cases(&self, block: Block<'_>) -> BTreeSet<Case> {
        let first = self.0.get(&block).and_then(BTreeMap::first_key_value);
        let cases = first.into_iter().flat_map(|(_, cases)| cases);
        cases.map(|case| (*case).clone()).collect()
    }

    /// Whether a block was begun again.
    pub fn is_repeated(&self, block: Block<'_>) -> bool {
        self.0.get(&block).is_some_and(|attempts| attempts.len() > 1)
    }

    /// How many blocks there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// How many of them were begun again.
    pub fn repeated(&self) -> usize {
        self.0.keys().filter(|block| self.is_repeated(**block)).count()
    }
}

/// The number of each job's attempt at its block. Records of earlier versions do not say it, but
/// name a case's job twice in one iteration: the second is the second attempt. That another part of
/// a merged record primes a case too is no second attempt.
pub fn attempts(jobs: &[JobFacts]) -> Vec<u32> {
    let mut seen: BTreeMap<(Option<u32>, u32, &Case, &JobName), u32> = BTreeMap::new();
    let number = |job| {
        let JobFacts { attempt, case, job, part, .. }: &JobFacts = job;
        let before = seen.entry((*part, attempt.iteration, case, job)).or_default();
        let number = attempt.repeat.max(*before);
        *before += 1;
        number
    };
    jobs.iter().map(number).collect()
}

/// The measured blocks before whose first attempt the calibration load was slow, in the order they
/// ran. A slow one before a block that is measured again makes it no candidate once more. Each part
/// of a merged record is slow or not beside itself.
pub fn disturbed_blocks(jobs: &[JobFacts]) -> Vec<Block<'_>> {
    let mut by_part: BTreeMap<Option<u32>, Vec<(&JobFacts, u32, Probe)>> = BTreeMap::new();
    for (job, attempt) in jobs.iter().zip(attempts(jobs)) {
        if let Some(probe) = job.probe {
            by_part.entry(job.part).or_default().push((job, attempt, probe));
        }
    }
    let mut found: Vec<Block<'_>> = Vec::new();
    for probed in by_part.values() {
        let walls: Vec<Seconds> = probed.iter().map(|(_, _, probe)| probe.wall).collect();
        for place in disturbed(&walls) {
            let (job, attempt, _) = probed[place];
            let block = block(job);
            if job.attempt.iteration > 0 && attempt == 0 && !found.contains(&block) {
                found.push(block);
            }
        }
    }
    found
}

/// The blocks that are to be measured once more, with the cases of each: those that were disturbed
/// and never begun again, as many as the cap leaves.
pub fn to_repeat(jobs: &[JobFacts]) -> Vec<(Block<'_>, BTreeSet<Case>)> {
    let blocks = Blocks::of_jobs(jobs);
    let room = repeats(blocks.count()).saturating_sub(blocks.repeated());
    let disturbed = disturbed_blocks(jobs).into_iter().filter(|block| !blocks.is_repeated(*block));
    disturbed.take(room).map(|block| (block, blocks.cases(block))).collect()
}

fn block(job: &JobFacts) -> Block<'_> {
    (job.attempt.iteration, &job.job)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Attempt;

    /// One block after the other: its iteration and attempt, its cases, and what the calibration
    /// load took before it.
    fn jobs(blocks: &[(u32, u32, &[&str], f64)]) -> Vec<JobFacts> {
        let mut jobs = Vec::new();
        for (iteration, repeat, cases, wall) in blocks {
            for (place, case) in cases.iter().enumerate() {
                let position = jobs.len() as u64;
                let attempt = Attempt { iteration: *iteration, position, repeat: *repeat };
                let mut job = JobFacts::new(
                    Case::new("w", *case),
                    "cold".into(),
                    attempt,
                    crate::Timestamp::default(),
                );
                let probe = Probe { wall: Seconds(*wall), cpu: None, stolen: None };
                job.probe = (place == 0).then_some(probe);
                jobs.push(job);
            }
        }
        jobs
    }

    /// The iterations of the blocks that are to be measured again.
    fn again(jobs: &[JobFacts]) -> Vec<u32> {
        to_repeat(jobs).into_iter().map(|((iteration, _), _)| iteration).collect()
    }

    const BOTH: &[&str] = &["a", "b"];

    #[test]
    fn a_machine_of_a_merged_record_is_slow_beside_itself_alone() {
        let mut all = jobs(&[(1, 0, BOTH, 1.0), (2, 0, BOTH, 1.0), (3, 0, BOTH, 1.0)]);
        let other = jobs(&[(4, 0, BOTH, 2.0), (5, 0, BOTH, 2.0), (6, 0, BOTH, 3.1)]);
        all.iter_mut().for_each(|job| job.part = Some(0));
        all.extend(other.into_iter().map(|mut job| {
            job.part = Some(1);
            job
        }));
        let found: Vec<u32> = disturbed_blocks(&all).iter().map(|block| block.0).collect();
        assert_eq!(found, [6]);
        // Both primed their states: none of that is a second attempt.
        all.iter_mut().for_each(|job| job.attempt.iteration = 0);
        assert_eq!(attempts(&all)[6], 0);
    }

    #[test]
    fn a_block_is_measured_again_at_most_once_however_slow_its_repeat_was() {
        let quiet = |iteration| (iteration, 0, BOTH, 1.0);
        let mut run: Vec<_> = (1..=20).map(quiet).collect();
        run.insert(0, (0, 0, BOTH, 9.0));
        run[3].3 = 2.0;
        assert_eq!(again(&jobs(&run)), [3], "priming never is");
        // The repeat's own probe is slow too, and the cap would allow three more.
        run.push((3, 1, BOTH, 5.0));
        assert_eq!(again(&jobs(&run)), [0_u32; 0]);
        // What was flagged beside it is still to be done.
        run[7].3 = 2.0;
        assert_eq!(again(&jobs(&run)), [7]);
    }

    #[test]
    fn a_repeat_is_known_though_the_case_that_was_probed_is_not_in_it() {
        let mut run: Vec<(u32, u32, &[&str], f64)> =
            (1..=20).map(|iteration| (iteration, 0, BOTH, 1.0)).collect();
        run[2].3 = 2.0;
        // As earlier versions did it: only what was still open, and without a number.
        run.push((3, 0, &["b"], 1.0));
        assert_eq!(again(&jobs(&run)), [0_u32; 0]);
        assert_eq!(Blocks::of_jobs(&jobs(&run)).repeated(), 1);
    }

    #[test]
    fn at_most_a_fifth_of_the_blocks_is_measured_again() {
        let slow = |iteration| (iteration, 0, BOTH, if iteration % 3 == 0 { 2.0 } else { 1.0 });
        let mut run: Vec<_> = (1..=10).map(slow).collect();
        assert_eq!(again(&jobs(&run)), [3, 6], "the third has to stay");
        run.push((3, 1, BOTH, 1.0));
        assert_eq!(again(&jobs(&run)), [6]);
        run.push((6, 1, BOTH, 1.0));
        assert_eq!(again(&jobs(&run)), [0_u32; 0], "repeats are no blocks of their own");
    }

    #[test]
    fn a_block_is_measured_again_with_every_case_that_was_planned_in_it() {
        let mut run: Vec<(u32, u32, &[&str], f64)> = vec![(1, 0, &["a", "b", "c"], 2.0)];
        // `b` was decided after the first iteration.
        run.extend((2..=6).map(|iteration| (iteration, 0, &["a", "c"] as &[&str], 1.0)));
        let jobs = jobs(&run);
        let found = to_repeat(&jobs);
        let wanted = ["a", "b", "c"].map(|it| Case::new("w", it)).into();
        assert_eq!(found, [((1, &"cold".into()), wanted)]);
    }

    #[test]
    fn an_attempt_counts_for_all_cases_or_for_none() {
        let counting = |blocks: &[(u32, u32, &[&str], f64)]| {
            Blocks::of_jobs(&jobs(blocks)).counting((1, &"cold".into()))
        };
        let first: (u32, u32, &[&str], f64) = (1, 0, BOTH, 2.0);
        assert_eq!(counting(&[first]), 0);
        assert_eq!(counting(&[first, (1, 1, BOTH, 1.0)]), 1);
        assert_eq!(counting(&[first, (1, 1, &["a"], 1.0)]), 0, "cut off within its repeat");
        assert_eq!(counting(&[first, (1, 0, &["b"], 1.0)]), 0, "an earlier version's");
        assert_eq!(counting(&[]), 0);
    }
}
