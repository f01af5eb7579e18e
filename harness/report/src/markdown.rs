//! `summary.md`: for a pull request, a row a scenario and a column a job.

use std::fmt::Write;

use lukewarm_analysis::{Findings, Row};
use lukewarm_model::Metric;

use crate::headline::headline;
use crate::words;

/// Doubts that are told; the rest is counted.
const TOLD: usize = 5;

/// The summary, under 60 lines for a default run.
pub fn summary(findings: &Findings) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail, here and below.
    let _ = writeln!(
        text,
        "### lukewarm: {}\n\n{}\n",
        findings.run.plan.name,
        escape(&headline(findings))
    );
    for doubt in findings.doubts.iter().take(TOLD) {
        let reasons = escape(&doubt.reasons.join("; "));
        let _ = writeln!(text, "- **{}** `{}` {}: {reasons}", doubt.word, doubt.case, doubt.job);
    }
    if findings.doubts.len() > TOLD {
        let _ = writeln!(text, "- and {} more", findings.doubts.len() - TOLD);
    }
    if !findings.doubts.is_empty() {
        text.push('\n');
    }
    for workspace in words::workspaces(findings) {
        table(findings, workspace, &mut text);
    }
    let _ = writeln!(
        text,
        "Wall-clock of restore, build and save; ratio to `{}`; reuse = fresh and hit units over all \
         units. {}. Host: {}.",
        findings.run.plan.reference.as_deref().unwrap_or("nothing"),
        words::iterations(findings),
        escape(&words::host(findings))
    );
    text
}

fn table(findings: &Findings, workspace: &str, text: &mut String) {
    let jobs = words::jobs(findings);
    let _ = writeln!(text, "| {workspace} | {} |", jobs.join(" | "));
    let _ = writeln!(text, "|---|{}", "---:|".repeat(jobs.len()));
    for scenario in &findings.run.plan.scenarios {
        let cells: Vec<String> = jobs
            .iter()
            .map(|job| {
                words::row(findings, workspace, &scenario.name, job)
                    .map_or_else(|| words::NOTHING.to_owned(), cell)
            })
            .collect();
        let _ = writeln!(text, "| {} | {} |", escape(&scenario.name), cells.join(" | "));
    }
    text.push('\n');
}

/// Wall-clock, ratio and reuse of one row.
fn cell(row: &Row) -> String {
    let Some(wall) = row.estimate(Metric::Wall, None) else { return words::verdict(row) };
    let mut parts = vec![lukewarm_model::Seconds(wall.point).to_string()];
    parts.extend(row.comparison.as_ref().map(|it| format!("**{}**", words::ratio(it))));
    if let Some(reuse) = row.estimate(Metric::ReuseRatio, None) {
        parts.push(format!("{} reuse", words::percent(reuse.point)));
    }
    let word = words::verdict(row);
    if word != "valid" {
        parts.push(word);
    }
    parts.join(" · ")
}

/// A text whose characters mean nothing in a table.
fn escape(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    #[test]
    fn it_is_short_and_has_a_column_a_job() {
        let text = summary(&examples::findings());
        assert!(text.lines().count() < 60, "{text}");
        let header = text.lines().find(|line| line.starts_with("|---")).unwrap();
        assert_eq!(header.matches("---:|").count(), examples::findings().run.plan.story.jobs.len());
    }

    #[test]
    fn markup_in_a_name_stays_text() {
        let mut findings = examples::findings();
        findings.run.plan.scenarios[0].name = "<script>|".to_owned();
        assert!(summary(&findings).contains("| &lt;script>\\| |"));
    }
}
