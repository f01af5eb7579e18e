//! Limits of one page, beyond which it would be slow to open and hard to read.
//! Owns the figures. Where something is left out, the page says so and names the file that has it.

/// Issues shown one by one.
pub(super) const ISSUES: usize = 60;
/// Reasons of one issue, and last output lines of its process.
pub(super) const REASONS: usize = 12;
/// Characters of one such text.
pub(super) const SIGNS: usize = 600;
/// Rows of results over all workspaces.
pub(super) const ROWS: usize = 600;
/// Lines of steps over all workspaces.
pub(super) const STEPS: usize = 600;
/// Scenarios shown with their essay.
pub(super) const SCENARIOS: usize = 40;
/// Workspaces whose jobs are drawn next to a scenario's essay.
pub(super) const STRIPS: usize = 3;
/// Workspaces shown with their essay.
pub(super) const WORKSPACES: usize = 20;
/// Bytes of all charts.
pub(super) const CHARTS: usize = 600_000;
/// Jobs up to which every metric of each is listed.
pub(super) const IN_FULL: usize = 200;
/// Jobs whose wall-clock time alone is listed where there are more.
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
