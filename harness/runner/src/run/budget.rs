//! The time that a run may take, and whether one more iteration fits into it.
//! Owns the rule: an iteration is assumed to take as long as the one before it, and the first is
//! always measured. It must not measure time itself.

use lukewarm_model::{NoRoom, Seconds};

/// The time limit of a run, and the current iteration.
pub struct Budget {
    limit: Option<Seconds>,
    /// The first iteration that the run has, which is always measured.
    first: u32,
    /// The current iteration.
    iteration: u32,
    /// The time spent when it began.
    began: Seconds,
}

impl Budget {
    /// A budget of which `spent` is used already, of a run whose first iteration is `first`;
    /// without a limit there is always room.
    pub fn new(limit: Option<Seconds>, spent: Seconds, first: u32) -> Budget {
        Budget { limit, first, iteration: 0, began: spent }
    }

    /// Whether an iteration is the current one.
    pub fn is_in(&self, iteration: u32) -> bool {
        self.iteration == iteration
    }

    /// Begins an iteration without a check: one that is recorded already, or was begun before.
    pub fn begin(&mut self, iteration: u32, spent: Seconds) {
        self.iteration = iteration;
        self.began = spent;
    }

    /// Why an iteration is not begun; none where there is room for it.
    pub fn refuses(&self, iteration: u32, spent: Seconds) -> Option<NoRoom> {
        let budget = self.limit?;
        let fits = iteration <= self.first || spent + (spent - self.began) <= budget;
        (!fits).then_some(NoRoom { budget, iteration })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_iteration_begins_where_one_like_the_last_still_fits() {
        let mut budget = Budget::new(Some(Seconds(100.0)), Seconds(0.0), 1);
        assert!(budget.is_in(0) && budget.refuses(1, Seconds(500.0)).is_none());
        budget.begin(1, Seconds(20.0));
        assert_eq!(budget.refuses(2, Seconds(60.0)), None);
        let no_room = NoRoom { budget: Seconds(100.0), iteration: 2 };
        assert_eq!(budget.refuses(2, Seconds(60.1)), Some(no_room));
        budget.begin(2, Seconds(60.0));
        assert!(budget.is_in(2));
        assert_eq!(budget.refuses(3, Seconds(80.0)), None, "the last one took 20 s");
    }

    #[test]
    fn without_a_limit_there_is_always_room() {
        assert_eq!(Budget::new(None, Seconds(0.0), 1).refuses(7, Seconds(1e9)), None);
    }
}
