//! A recommendation for an issue or a pull request.

use lukewarm_analysis::WorkspaceRecommendation;
use lukewarm_model::text::{Markdown, Safe};

use super::parts::RecommendationReport;
use super::{advice, human, sentences};

pub(super) fn markdown(report: &RecommendationReport<'_>) -> Safe<Markdown> {
    let it = report.recommendation;
    let mut text = Safe::own("## lukewarm: which cache\n\n");
    for workspace in &it.workspaces {
        of_workspace(&mut text, report, workspace);
    }
    let run = Safe::code(&it.run);
    text.write("Run {}; jobs: {}.\n", &[&run, &sentences::mix(&it.mix)]);
    if let Some(billed) = report.billed_by {
        text.write("Prices of {}: {}\n", &[&billed.prices.date, &billed.prices.source]);
    }
    text
}

fn of_workspace(
    text: &mut Safe<Markdown>,
    report: &RecommendationReport<'_>,
    of: &WorkspaceRecommendation,
) {
    text.write("**{}**\n\n", &[&sentences::answer(of)]);
    if let Some(savings) = &of.savings {
        for line in sentences::savings(savings, report.billed_by) {
            text.write("{}\n", &[&line]);
        }
        text.write("\n", &[]);
    }
    text.write("| | way of caching | a job | beside the reference | | needs |\n", &[]);
    text.write("|--:|---|--:|---|---|---|\n", &[]);
    for it in &of.ranking {
        let cells = human::row(it);
        let cells = cells.iter().map(|cell| Safe::of(cell));
        text.write("| {} |\n", &[&Safe::joined(cells, " | ")]);
    }
    text.write("\n", &[]);
    for left in &of.left_out {
        text.write("- {}\n", &[&sentences::left_out(left)]);
    }
    for flip in &of.flips {
        text.write("- {}\n", &[&sentences::flip(flip)]);
    }
    if !of.advice.is_empty() {
        text.write("\n### What the data show to improve\n\n", &[]);
    }
    for advice in &of.advice {
        let words = advice::words(advice);
        text.write(
            "- **{}**: {} Saves {}. But: {} To know more: {}.\n",
            &[&words.title, &words.rationale, &words.potential, &words.caveat, &words.missing],
        );
    }
    text.write("\n", &[]);
}
