//! What shards and later sittings measure, held against the run that measures everything.

use super::*;
use lukewarm_model::{Order, RunFacts, Shard};

type Ran = (u32, String, String);

/// What a run measured, block by block in its order, without priming.
fn measured(jobs: &[JobFacts]) -> Vec<Ran> {
    let counting = jobs.iter().filter(|it| it.attempt.iteration > 0);
    counting.map(|it| (it.attempt.iteration, it.case.to_string(), it.job.to_string())).collect()
}

/// A run of a portion of a plan, from some recorded jobs on.
fn portion(
    plan: &Plan,
    (shard, first_block): (Option<Shard>, Option<u32>),
    mut jobs: FakeJobs,
    recorded: Vec<JobFacts>,
) -> (FakeJobs, Vec<JobFacts>, Ended) {
    jobs.names = plan.story.jobs.iter().map(|job| job.name.clone()).collect();
    jobs.next = recorded.len() as u64;
    let run = RunFacts { shard, first_block, ..run_facts(plan) };
    let cases = run.portion().cases(plan).cloned().collect();
    let own = Plan { cases, ..plan.clone() };
    let mut course = RunLoop::new(&own, &mut jobs, RawRecord { run, jobs: recorded, end: None });
    let mut decide = |_: &RawRecord| panic!("a shard has no looks");
    let ended = match course.all(&mut decide, &mut |_: &Event| Ok(())) {
        Ok(None) => Ended::Done,
        Ok(Some(why)) => Ended::Enough(why),
        Err(Halt::Stopped(why)) => Ended::Stopped(why),
        Err(Halt::Error(error)) => Ended::Error(error.to_string()),
    };
    let recorded = course.record.jobs;
    (jobs, recorded, ended)
}

fn shards(plan: &Plan, count: u32) -> Vec<Vec<JobFacts>> {
    let one = |shard| {
        let (_, jobs, ended) = portion(plan, (Some(shard), None), FakeJobs::default(), Vec::new());
        assert_eq!(ended, Ended::Done, "{shard}");
        jobs
    };
    Shard::all(count).map(one).collect()
}

#[test]
fn the_shards_blocks_in_order_are_those_of_the_whole_run() {
    for order in [Order::Interleaved, Order::Serial] {
        for blocks in [1, 2, 5, 9] {
            let plan = Plan {
                order,
                prime_every: Some(2),
                ..plan(&["none", "a", "b", "c"], &["cold", "unchanged", "edit"], blocks)
            };
            let (_, whole, _) = simply(&plan, FakeJobs::default());
            let whole = measured(&whole);
            for count in 1..=blocks {
                let all = shards(&plan, count);
                let mut found: Vec<Ran> = Vec::new();
                for block in 1..=blocks {
                    for (place, shard) in all.iter().enumerate() {
                        let own: Vec<Ran> =
                            measured(shard).into_iter().filter(|it| it.0 == block).collect();
                        let owner = (block - 1) % count == place as u32;
                        assert_eq!(!own.is_empty(), owner, "block {block} of shard {place}");
                        found.extend(own);
                    }
                }
                // In serial order blocks of several cases follow each other.
                let mut whole = whole.clone();
                whole.sort_by_key(|it| it.0);
                assert_eq!(found, whole, "{count} shards of {blocks} blocks");
            }
        }
    }
}

#[test]
fn each_shard_primes_its_own_states_and_numbers_its_own_places() {
    let plan = plan(&["none", "a"], &["cold", "unchanged", "edit"], 4);
    for shard in shards(&plan, 3) {
        let primed = shard.iter().filter(|it| it.attempt.iteration == 0).count();
        assert_eq!(primed, plan.first_pass_length());
        assert!(shard[..primed].iter().all(|it| it.attempt.iteration == 0), "it comes first");
        assert!(shard.iter().enumerate().all(|(place, it)| it.attempt.position == place as u64));
    }
}

#[test]
fn a_shard_makes_states_anew_after_as_many_of_its_own_blocks() {
    let mut plan = plan(&["none", "a"], &["cold", "unchanged"], 16);
    plan.prime_every = Some(2);
    plan.scenarios[1].faults = vec!["404/read=20%".parse().unwrap()];
    for shard in shards(&plan, 4) {
        let states: BTreeSet<u32> =
            shard.iter().filter(|it| it.case.scenario == "a").map(|it| it.state).collect();
        assert_eq!(states.len(), 2, "four blocks, and each state serves two");
    }
}

#[test]
fn a_later_sitting_begins_behind_the_blocks_of_the_first() {
    let first = plan(&["none", "a", "b"], &["cold", "unchanged"], 4);
    let both = Plan { iterations: 6, ..first.clone() };
    let (_, one, _) = simply(&first, FakeJobs::default());
    let (_, other, ended) = portion(&both, (None, Some(5)), FakeJobs::default(), Vec::new());
    assert_eq!(ended, Ended::Done);
    let (_, whole, _) = simply(&both, FakeJobs::default());
    assert_eq!([measured(&one), measured(&other)].concat(), measured(&whole));
}

#[test]
fn a_shard_that_was_cut_off_goes_on_where_it_was() {
    let plan = plan(&["none", "a"], &["cold", "unchanged"], 6);
    let work = (Some(Shard { index: 2, count: 3 }), None);
    let (_, whole, _) = portion(&plan, work, FakeJobs::default(), Vec::new());
    let cancelled = FakeJobs { cancelled: Some(5), ..FakeJobs::default() };
    let (_, cut, ended) = portion(&plan, work, cancelled, Vec::new());
    assert_eq!((cut.len(), ended), (5, Ended::Stopped(StopReason::Cancelled)));
    let (_, resumed, ended) = portion(&plan, work, FakeJobs::default(), cut);
    assert_eq!((measured(&resumed), ended), (measured(&whole), Ended::Done));
}

#[test]
fn the_first_block_of_a_shard_is_measured_whatever_the_budget_is() {
    let mut plan = plan(&["none", "a"], &["cold", "unchanged"], 12);
    plan.budget = Some(Seconds(0.0));
    let (_, jobs, ended) =
        portion(&plan, (Some(Shard { index: 4, count: 4 }), None), FakeJobs::default(), Vec::new());
    let blocks: BTreeSet<u32> = measured(&jobs).iter().map(|it| it.0).collect();
    assert_eq!(blocks, [4].into(), "{ended:?}");
    assert!(matches!(ended, Ended::Enough(EnoughReason::Budget(NoRoom { iteration: 8, .. }))));
}
