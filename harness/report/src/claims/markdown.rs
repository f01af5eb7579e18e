//! Claims as Markdown: a table for a README, and a page with the evidence of every verdict.

use lukewarm_analysis::ClaimFinding;
use lukewarm_model::text::{Markdown, Safe};

use super::page::ClaimChart;
use super::sentences;
use crate::markdown::escaped;

/// The markers around a table in another page.
const BEGIN: &str = "<!-- claims -->";
const END: &str = "<!-- end of claims -->";

/// A table with one line for each claim.
pub fn claim_table(findings: &[ClaimFinding]) -> String {
    let head = "| | claim | verdict here | tested as |".to_owned();
    let mut lines = vec![head, "|---|---|---|---|".to_owned()];
    for finding in findings {
        let claim = &finding.claim;
        lines.push(format!(
            "| {} | {} | {} | {} |",
            escaped(&claim.id.to_uppercase()),
            ticked(&claim.title),
            bold_word(finding),
            sentences::standing_word(finding)
        ));
    }
    lines.push(String::new());
    lines.push(format!("{}. {}", escaped(&sentences::tally(findings)), sentences::STANDINGS));
    lines.join("\n") + "\n"
}

/// The page with the table between its markers replaced; absent without markers.
pub fn between_markers(page: &str, table: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{table}{END}{after}"))
}

/// Every claim with its evidence.
pub(super) fn page(findings: &[ClaimFinding], charts: &[ClaimChart]) -> String {
    let mut lines = vec![
        "# Claims about Rust build caches, tested".to_owned(),
        String::new(),
        escaped(&sentences::answer(findings)),
        String::new(),
        escaped(&format!("{}.", sentences::tally(findings))),
        String::new(),
        claim_table(findings),
    ];
    for chart in charts.iter().filter(|it| it.claim.is_empty()) {
        lines.push(format!("![{}](charts/{}.svg)", escaped(&chart.says), chart.name));
        lines.push(String::new());
    }
    for finding in findings {
        lines.extend(one(finding, charts));
    }
    lines.join("\n")
}

fn one(finding: &ClaimFinding, charts: &[ClaimChart]) -> Vec<String> {
    let claim = &finding.claim;
    let id = claim.id.to_uppercase();
    let mut lines = vec![
        format!("## {}: {}", escaped(&id), ticked(&claim.title)),
        String::new(),
        format!(
            "**{}** ({})",
            escaped(&sentences::verdict(finding)),
            escaped(&sentences::standing(finding))
        ),
        String::new(),
        format!("> {}", claim.claim.trim().replace('\n', "\n> ")),
        String::new(),
        format!("Source: {}, {}.", linked(&claim.source), escaped(&claim.date)),
        format!("Tested {}. {}", claim.tested.words(), ticked(&claim.conditions)),
        String::new(),
        "| statement | measured | based on | required | claimed | result |".to_owned(),
        "|---|---|---|---|---|---|".to_owned(),
    ];
    for evidence in &finding.evidence {
        let predicate = &evidence.predicate;
        let when = predicate.when.as_ref().map_or_else(String::new, |it| format!(" [{it}]"));
        lines.push(format!(
            "| {} | {} | {} | {} | {} | {} |",
            escaped(&format!("{}{when}", predicate.says)),
            escaped(&sentences::measured(evidence)),
            escaped(&sentences::basis(evidence)),
            predicate.bound,
            escaped(predicate.claimed.as_deref().unwrap_or("–")),
            escaped(&sentences::result(evidence))
        ));
    }
    lines.push(String::new());
    for chart in charts.iter().filter(|chart| chart.claim == claim.id) {
        lines.push(format!("![{}](charts/{}.svg)", escaped(&chart.says), chart.name));
        lines.push(String::new());
    }
    lines.push(claim.essay.trim().to_owned());
    lines.push(String::new());
    if let Some(text) = &claim.would_change {
        lines.push(format!("*What would change it*: {}", text.trim()));
        lines.push(String::new());
    }
    for caveat in &claim.caveats {
        let (of, says) = (escaped(&caveat.of), caveat.says.trim());
        lines.push(format!("*In fairness to {of}*: {says}"));
        lines.push(String::new());
    }
    if let Some(untested) = &claim.untested {
        lines.push(format!("*Not tested*: {}", ticked(untested)));
        lines.push(String::new());
    }
    if !finding.runs.is_empty() {
        for run in &finding.runs {
            lines.push(format!("- Run {}: {}.", code(&run.id), escaped(&sentences::run(run))));
        }
        lines.push(String::new());
        let (built, command) = (sentences::built(finding), format!("lukewarm claims {}", claim.id));
        lines.push(format!("Built: {}. To reproduce it: {}.", escaped(&built), code(&command)));
        lines.push(String::new());
    }
    lines
}

/// Text of a file of ours whose addresses stay links.
fn linked(text: &str) -> String {
    escaped(text).replace("\\://", "://").replace("www\\.", "www.")
}

fn code(text: &str) -> String {
    Safe::<Markdown>::code(text).into_string()
}

/// The verdict's word in bold, and its condition.
fn bold_word(finding: &ClaimFinding) -> String {
    let word = finding.verdict.words();
    let condition = sentences::condition(finding);
    let said: Vec<String> = condition.into_iter().chain(sentences::size(finding)).collect();
    match said.is_empty() {
        false => format!("**{word}**: {}", escaped(&said.join("; "))),
        true => format!("**{word}**"),
    }
}

/// Text that people wrote in a file of ours: its back-ticks stay code.
fn ticked(text: &str) -> String {
    let parts = text.trim().split('`').enumerate();
    let written = parts.map(|(number, part)| match number % 2 {
        0 => escaped(part),
        _ => code(part),
    });
    written.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_takes_the_place_of_what_stood_between_the_markers() {
        let page = format!("one\n{BEGIN}\nold\n{END}\ntwo\n");
        let changed = between_markers(&page, "new\n").unwrap();
        assert_eq!(changed, format!("one\n{BEGIN}\nnew\n{END}\ntwo\n"));
        assert_eq!(between_markers(&changed, "new\n").unwrap(), changed);
        assert_eq!(between_markers("no markers", "new"), None);
    }

    #[test]
    fn code_stays_code_and_everything_else_is_escaped() {
        assert_eq!(ticked("a `b_c` <d>"), "a `b_c` &lt;d&gt;");
    }
}
