//! How much of a run one page tells: beyond it a page helps nobody, and is slow to open.
//! Owns the figures. Whatever is left out, the page says so and names the file that has it.

/// Troubles that are told one by one.
pub(super) const TROUBLES: usize = 60;
/// Reasons of one trouble, and last lines of what its process printed.
pub(super) const REASONS: usize = 12;
/// Signs of one such text.
pub(super) const SIGNS: usize = 600;
/// Rows of results over all workspaces.
pub(super) const ROWS: usize = 600;
/// Lines of steps over all workspaces.
pub(super) const STEPS: usize = 600;
/// Scenarios told with their essay.
pub(super) const SCENARIOS: usize = 40;
/// Workspaces whose jobs are drawn beside a scenario's essay.
pub(super) const STRIPS: usize = 3;
/// Workspaces told with their essay.
pub(super) const WORKSPACES: usize = 20;
/// Bytes of all pictures.
pub(super) const PICTURES: usize = 600_000;
/// Jobs up to which every metric of each is told.
pub(super) const IN_FULL: usize = 200;
/// Jobs whose wall-clock alone is told where there are more.
pub(super) const WALLS: usize = 20_000;

/// What is left of a limit.
pub(super) struct Budget(usize);

impl Budget {
    /// The whole limit.
    pub(super) fn new(limit: usize) -> Budget {
        Budget(limit)
    }

    /// As much of `wanted` as is left.
    pub(super) fn take(&mut self, wanted: usize) -> usize {
        let granted = wanted.min(self.0);
        self.0 -= granted;
        granted
    }

    /// All of `wanted`, or nothing: whether there was room.
    pub(super) fn take_whole(&mut self, wanted: usize) -> bool {
        let fits = wanted <= self.0;
        if fits {
            self.0 -= wanted;
        }
        fits
    }
}

/// The beginning of a text that is too long.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(SIGNS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_grants_what_is_left() {
        let mut budget = Budget::new(10);
        assert_eq!([budget.take(4), budget.take(4), budget.take(4)], [4, 4, 2]);
        let mut budget = Budget::new(10);
        assert_eq!([budget.take_whole(11), budget.take_whole(10)], [false, true]);
    }

    #[test]
    fn a_long_text_is_cut_between_signs() {
        assert_eq!(cut("é"), "é");
        let long = cut(&"é".repeat(SIGNS + 1));
        assert_eq!(long.chars().count(), SIGNS + 1);
        assert!(long.ends_with('…'));
    }
}
