//! What this machine measures of a plan: all of it, one shard, or the blocks behind those of an
//! earlier sitting. Owns the plan that such a run has, and that one with nothing to do is refused.

use std::path::PathBuf;

use lukewarm_model::{Plan, Portion, RunFacts, Shard, Warning};

use crate::error::SessionError;

/// What this machine measures of a plan, and the file that it leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignment {
    /// The shard; absent means all of the plan.
    pub shard: Option<Shard>,
    /// The first block; absent means the plan's first.
    pub first_block: Option<u32>,
    /// The file that its record is packed into, or a folder for it; absent means beside the results
    /// for a shard, and none for a whole run.
    pub file: Option<PathBuf>,
}

impl Assignment {
    /// Whether it is all of a plan.
    pub fn is_everything(&self) -> bool {
        self.shard.is_none() && self.first_block.is_none()
    }

    /// A plan as it is carried out. A run that cannot see all blocks decides nothing meanwhile, so
    /// that it measures its blocks to their end; blocks that are added come behind the others.
    ///
    /// # Errors
    /// When nothing of the plan is left for this machine.
    pub fn plan(&self, plan: Plan) -> Result<Plan, SessionError> {
        if self.is_everything() {
            return Ok(plan);
        }
        let first = self.first_block.unwrap_or(1);
        if first == 0 {
            let what = "--first-block 0: blocks are numbered from 1".to_owned();
            return Err(SessionError::Assignment(what));
        }
        let iterations = plan.iterations.checked_add(first - 1).ok_or_else(|| {
            let what = format!("--first-block {first}: there are no so many blocks");
            SessionError::Assignment(what)
        })?;
        let plan = Plan { iterations, ..plan.without_looks() };
        let portion = Portion::of(&plan, self.shard, self.first_block);
        let has_any = portion.blocks(&plan).next().is_some() && portion.cases(&plan).count() > 0;
        match (has_any, self.shard) {
            (false, Some(shard)) => {
                Err(SessionError::Assignment(nothing_left(&plan, shard, first)))
            }
            _ => Ok(plan),
        }
    }

    /// What is said before a part of a plan is measured.
    pub(crate) fn remarks(&self, plan: &Plan) -> Vec<String> {
        let portion = Portion::of(plan, self.shard, self.first_block);
        if portion.is_whole() {
            return Vec::new();
        }
        let jobs = lukewarm_model::counted(portion.job_count(plan), "job");
        let own = match plan.is_varied() {
            true => {
                let own = plan.workspaces.iter();
                let own = own.filter(|it| portion.has_workspace(plan, &it.name)).count();
                format!("{own} of {} variations", plan.workspaces.len())
            }
            false => format!("{} of {} blocks", portion.blocks(plan).count(), plan.iterations),
        };
        let who = self.shard.map_or_else(String::new, |it| format!("shard {it}: "));
        let mut said = vec![format!(
            "{who}{own}, {jobs} with priming; nothing is looked at before all parts are merged"
        )];
        said.extend(plan.budget.map(|budget| {
            format!("{budget} is what this part has for itself: blocks without room are left out")
        }));
        said
    }
}

/// That a shard has nothing to measure.
fn nothing_left(plan: &Plan, shard: Shard, first: u32) -> String {
    let (count, unit) = match plan.is_varied() {
        true => (plan.workspaces.len(), "variation"),
        false => ((plan.iterations + 1 - first) as usize, "block"),
    };
    let units = lukewarm_model::counted(count, unit);
    format!("shard {shard} has nothing to measure: the plan has {units}, which is the most shards")
}

/// The remark on a run's record that it is a part of a plan; none for a whole one.
pub(crate) fn remark(run: &RunFacts) -> Option<Warning> {
    let portion = run.portion();
    if portion.is_whole() || !run.parts.is_empty() {
        return None;
    }
    let own = portion.blocks(&run.plan).count();
    let what = match run.shard {
        Some(shard) => format!("this is shard {} of {} of a plan", shard.index, shard.count),
        None => format!("this run has {} of a plan's", lukewarm_model::counted(own, "block")),
    };
    Some(Warning::new(
        what,
        "a part decides nothing by itself: `lukewarm merge` makes one record of all of them",
    ))
}

#[cfg(test)]
mod tests {
    use lukewarm_model::{Allocation, Priming, Stopping};
    use lukewarm_testing::{plan, run_facts};

    use super::*;

    fn assigned(shard: &str, first_block: Option<u32>) -> Assignment {
        Assignment { shard: shard.parse().ok(), first_block, file: None }
    }

    #[test]
    fn a_shard_measures_all_planned_blocks_and_looks_at_nothing_meanwhile() {
        let adaptive = Plan {
            stopping: Stopping::Sequential { looks: vec![10, 40] },
            allocation: Allocation::Adaptive,
            priming: Priming::Measured,
            ..plan(&["none", "a"], &["cold", "unchanged"], 40)
        };
        let whole = Assignment::default().plan(adaptive.clone()).unwrap();
        assert_eq!(whole, adaptive);
        let own = assigned("2/4", None).plan(adaptive.clone()).unwrap();
        assert_eq!((own.stopping.clone(), own.priming), (Stopping::Fixed, Priming::Separate));
        assert_eq!((own.allocation, own.iterations), (Allocation::Even, 40));
        let all = lukewarm_model::Shard::all(4).map(|shard| {
            let shard = Some(shard);
            Assignment { shard, ..Assignment::default() }.plan(adaptive.clone()).unwrap()
        });
        assert!(all.into_iter().all(|it| it == own), "one plan for all of them");
    }

    #[test]
    fn blocks_that_are_added_come_behind_the_others() {
        let plan = plan(&["none"], &["cold"], 5);
        let own = assigned("", Some(11)).plan(plan.clone()).unwrap();
        assert_eq!(own.iterations, 15);
        let run = RunFacts { first_block: Some(11), ..run_facts(&own) };
        assert_eq!(run.portion().blocks(&own).collect::<Vec<_>>(), [11, 12, 13, 14, 15]);
        assert!(remark(&run).unwrap().what.contains("has 5 blocks of a plan's"));
        let said = assigned("", Some(0)).plan(plan.clone()).unwrap_err().to_string();
        assert!(said.starts_with("--first-block 0"), "{said}");
        assert!(assigned("", Some(u32::MAX)).plan(plan).is_err());
    }

    #[test]
    fn a_shard_without_a_block_is_refused() {
        let plan = plan(&["none"], &["cold"], 3);
        assert!(assigned("3/8", None).plan(plan.clone()).is_ok());
        let said = assigned("4/8", None).plan(plan.clone()).unwrap_err().to_string();
        assert!(said.contains("shard 4/8") && said.contains("3 blocks"), "{said}");
        let run = RunFacts { shard: "3/8".parse().ok(), ..run_facts(&plan) };
        assert_eq!(remark(&run).unwrap().what, "this is shard 3 of 8 of a plan");
        assert_eq!(remark(&run_facts(&plan)), None);
    }
}
