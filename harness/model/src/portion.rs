//! The portion of a plan that one run has to measure: all of it, a shard's blocks, or those that
//! an earlier sitting left. Owns that rule, which runs, reports and merging share.

use crate::{Case, Plan, Priming, RunFacts, Shard, Stopping, WorkspaceName};

/// The portion of a plan that one run has to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Portion {
    shard: Option<Shard>,
    first_block: u32,
    by: DealtBy,
}

/// What is dealt out to shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DealtBy {
    /// Whole blocks.
    Blocks,
    /// Variations, with all of their cells: a test of soundness has one block.
    Variations,
}

impl Portion {
    /// What a shard has of a plan, from a block on; absent means all of it, from the first.
    pub fn of(plan: &Plan, shard: Option<Shard>, first_block: Option<u32>) -> Portion {
        let by = if plan.is_varied() { DealtBy::Variations } else { DealtBy::Blocks };
        Portion { shard, first_block: first_block.unwrap_or(1).max(1), by }
    }

    /// Whether it has all that the plan has.
    pub fn is_whole(self) -> bool {
        self.first_block == 1 && self.shard.is_none_or(|shard| shard.count == 1)
    }

    /// Whether it has a block; priming, which is block 0, is nobody's.
    pub fn has_block(self, block: u32) -> bool {
        let is_dealt = match (self.shard, self.by) {
            (Some(shard), DealtBy::Blocks) => shard.has_block(block),
            _ => block > 0,
        };
        is_dealt && block >= self.first_block
    }

    /// Its blocks of a plan, in order.
    pub fn blocks(self, plan: &Plan) -> impl Iterator<Item = u32> {
        (1..=plan.iterations).filter(move |block| self.has_block(*block))
    }

    /// Which of its own blocks a block is, from 1; for one that it does not have, how many of its
    /// own come before it.
    pub fn ordinal(self, block: u32) -> u32 {
        (1..=block).filter(|it| self.has_block(*it)).count() as u32
    }

    /// Whether it has the cases of a workspace: variations are dealt out by their places.
    pub fn has_workspace(self, plan: &Plan, name: &WorkspaceName) -> bool {
        match (self.shard, self.by) {
            (Some(shard), DealtBy::Variations) => {
                let place = plan.workspaces.iter().position(|it| it.name == *name);
                place.is_some_and(|place| shard.has_place(place))
            }
            _ => true,
        }
    }

    /// Its cases of a plan, in the plan's order.
    pub fn cases(self, plan: &Plan) -> impl Iterator<Item = &Case> {
        plan.cases.iter().filter(move |it| self.has_workspace(plan, &it.workspace))
    }

    /// How many jobs it has, its first pass included.
    pub fn job_count(self, plan: &Plan) -> usize {
        let (cases, jobs) = (self.cases(plan).count(), plan.story.jobs.len());
        let primed = match plan.priming {
            Priming::Separate => cases * jobs.saturating_sub(1),
            Priming::Measured => 0,
        };
        primed + cases * jobs * self.blocks(plan).count()
    }
}

impl RunFacts {
    /// What the run had to measure of its plan.
    pub fn portion(&self) -> Portion {
        Portion::of(&self.plan, self.shard, self.first_block)
    }
}

impl Plan {
    /// The same plan for a run that cannot see all of its blocks: nothing is decided meanwhile,
    /// every case is in each block, and priming is no block.
    #[must_use]
    pub fn without_looks(self) -> Plan {
        if self.is_varied() {
            return self;
        }
        Plan {
            stopping: Stopping::Fixed,
            allocation: crate::Allocation::Even,
            priming: Priming::Separate,
            ..self
        }
    }
}
