//! What it costs to deal a plan out to several machines, before it is done: starting and priming
//! come once on each. Owns that reckoning and how many machines are worth it; the times are those
//! of earlier runs.

use lukewarm_model::{Plan, Portion, Seconds, Shard};

use crate::earlier_times::EarlierTimes;
use crate::session::Session;

/// Machines that make the longest shard shorter by less than this share buy nothing.
const WORTH: f64 = 0.05;

/// What one number of shards costs; of the shards the one that has most to do.
#[derive(Clone, Debug, PartialEq)]
pub struct ShardCost {
    /// How many shards.
    pub shards: u32,
    /// Blocks of the longest.
    pub blocks: u32,
    /// Jobs of the longest, priming included.
    pub jobs: usize,
    /// Before the first job; absent where nothing was measured on this machine.
    pub start: Option<Seconds>,
    /// Priming; absent where not all jobs were measured.
    pub priming: Option<Seconds>,
    /// All of its blocks; likewise.
    pub measuring: Option<Seconds>,
}

/// What different numbers of shards cost.
#[derive(Clone, Debug, PartialEq)]
pub struct ShardCosts {
    /// Blocks of the whole plan.
    pub blocks: u32,
    /// From one shard on.
    pub rows: Vec<ShardCost>,
    /// More than so many shards buy nothing.
    pub worth: u32,
    /// The time limit, which each shard has for itself; absent where there is none.
    pub budget: Option<Seconds>,
}

impl ShardCost {
    /// How long the longest shard takes; absent where one of its parts is.
    pub fn wall(&self) -> Option<Seconds> {
        Some(self.start? + self.priming? + self.measuring?)
    }

    /// What is waited for: times where they are known, else jobs.
    fn weight(&self) -> f64 {
        self.wall().map_or(self.jobs as f64, |wall| wall.0)
    }
}

impl ShardCosts {
    /// What up to so many shards cost, with the times of earlier runs.
    fn of(plan: &Plan, most: u32, times: &EarlierTimes) -> ShardCosts {
        let plan = &plan.clone().without_looks();
        let jobs = plan.story.jobs.len();
        let primed = times.pass(plan, jobs.saturating_sub(1));
        let block = times.pass(plan, jobs);
        let cost = |shards: u32| {
            // The first has as many blocks as any.
            let portion = Portion::of(plan, Some(Shard { index: 1, count: shards }), None);
            let blocks = portion.blocks(plan).count() as u32;
            ShardCost {
                shards,
                blocks,
                jobs: portion.job_count(plan),
                start: times.start(),
                priming: primed,
                measuring: block.map(|block| Seconds(block.0 * f64::from(blocks))),
            }
        };
        let blocks = plan.iterations.max(1);
        let least = cost(blocks).weight() * (1.0 + WORTH);
        let worth = (1..=blocks).find(|shards| cost(*shards).weight() <= least).unwrap_or(blocks);
        let rows = (1..=most.min(blocks)).map(cost).collect();
        ShardCosts { blocks, rows, worth, budget: plan.budget }
    }
}

impl Session<'_> {
    /// What up to so many shards of a plan cost.
    pub fn shard_costs(&self, plan: &Plan, most: u32) -> ShardCosts {
        ShardCosts::of(plan, most, &self.earlier_times(plan))
    }
}

#[cfg(test)]
mod tests {
    use lukewarm_testing::plan;

    use super::*;
    use crate::earlier_times;

    #[test]
    fn starting_and_priming_come_on_every_machine_and_blocks_are_shared() {
        let plan = plan(&["none", "a"], &["cold", "unchanged"], 12);
        let times = earlier_times::examples(&plan, Seconds(30.0), Seconds(10.0));
        let costs = ShardCosts::of(&plan, 5, &times);
        let wall: Vec<f64> = costs.rows.iter().map(|it| it.wall().unwrap().0).collect();
        // Start 30 s, priming of two jobs, blocks of four jobs of 10 s each.
        assert_eq!(wall, [530.0, 290.0, 210.0, 170.0, 170.0]);
        assert_eq!(costs.rows[4].blocks, 3);
        assert_eq!((costs.blocks, costs.worth), (12, 12), "each machine has one block");
    }

    #[test]
    fn more_machines_buy_nothing_where_starting_is_most_of_it() {
        let plan = plan(&["none", "a"], &["cold", "unchanged"], 12);
        let times = earlier_times::examples(&plan, Seconds(2000.0), Seconds(10.0));
        let costs = ShardCosts::of(&plan, 100, &times);
        assert_eq!(costs.rows.len(), 12, "more shards than blocks are none");
        // 2,060 s at best: with 3 it is 2,180 s, with 4 it is 2,140 s.
        assert_eq!(costs.worth, 4);
    }

    #[test]
    fn without_times_jobs_are_counted() {
        let plan = plan(&["none", "a"], &["cold", "unchanged"], 4);
        let costs = ShardCosts::of(&plan, 2, &EarlierTimes::default());
        assert_eq!((costs.rows[0].wall(), costs.rows[0].jobs, costs.rows[1].jobs), (None, 18, 10));
        assert_eq!(costs.worth, 4);
    }
}
