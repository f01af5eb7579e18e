//! The page in a real browser: headless Chromium opens it, and axe-core looks at it.
//! `install.sh` gets both. Without them the tests are ignored, and fail where
//! `LUKEWARM_REQUIRE_CLIENTS=1` says that nothing may be missing.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod chromium;
mod pages;
mod reading;
mod using;

use std::process::ExitCode;

use lukewarm_testing::tests;

fn main() -> ExitCode {
    lukewarm_testing::run(tests![
        reading::nothing_leaves_the_page_and_nothing_complains,
        reading::without_a_script_everything_is_there,
        reading::the_accessibility_checker_finds_nothing_in_light_and_dark,
        reading::the_page_of_claims_is_read_by_the_same_rules,
        reading::a_narrow_page_scrolls_one_way_only,
        reading::on_paper_the_reasons_are_open_and_the_controls_are_gone,
        reading::names_that_are_markup_do_nothing,
        reading::ten_thousand_jobs_are_still_one_page,
        using::a_column_sorts_by_click_and_by_key_and_comes_back,
        using::values_that_are_not_there_stand_last_and_units_count,
        using::rows_are_filtered_by_keyboard_and_counted,
        using::an_address_brings_back_what_was_sorted_filtered_and_linked,
        using::a_line_of_a_picture_tells_the_figures_of_its_row,
        using::plain_links_lead_to_sections_scenarios_rows_and_into_what_is_closed,
    ])
}
