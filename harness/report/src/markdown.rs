//! `summary.md`: the result for a pull request, a row a scenario and a column a job.
//! Owns its brevity: what does not fit is in the page.

use lukewarm_analysis::{Findings, Row};
use lukewarm_model::{ComparisonVerdict, Metric};

use crate::doubts;
use crate::headline::headline;
use crate::sections::{Section, Standing, sections};
use crate::words::{counted, percent, ratio, ratio_with_spread, seconds};

/// Troubles that are told; the page tells all of them.
const TROUBLES: usize = 10;

/// The summary in Markdown: the headline, doubts, a table for each workspace, the machine.
pub(crate) fn markdown(findings: &Findings) -> String {
    let mut lines = vec![
        format!("## lukewarm: {}", escaped(&findings.run.plan.name)),
        String::new(),
        format!("**{}**", escaped(&headline(findings))),
        String::new(),
    ];
    lines.extend(troubles(findings));
    for section in sections(findings) {
        lines.extend(table(findings, &section));
    }
    lines.extend(across(findings));
    lines.push(legend(findings));
    lines.push(String::new());
    lines.push(host(findings));
    lines.join("\n") + "\n"
}

fn troubles(findings: &Findings) -> Vec<String> {
    let troubles = doubts::troubles(findings);
    let mut lines: Vec<String> = Vec::new();
    for trouble in troubles.iter().take(TROUBLES) {
        let why = trouble.reasons.join("; ");
        let text = format!("{} {}: {}: {why}", trouble.case, trouble.word, trouble.jobs);
        lines.push(format!("- {}", escaped(&text)));
    }
    if let Some(more) = troubles.len().checked_sub(TROUBLES + 1) {
        lines.push(format!("- and {}, in `report.html`", counted(more + 1, "more trouble")));
    }
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

fn table(findings: &Findings, section: &Section<'_>) -> Vec<String> {
    let jobs = &findings.run.plan.story.jobs;
    let names: Vec<String> = jobs.iter().map(|job| escaped(&job.name)).collect();
    let mut lines = vec![
        format!("| {} | {} |", escaped(section.workspace), names.join(" | ")),
        format!("|---|{}", "---|".repeat(jobs.len())),
    ];
    for group in &section.groups {
        let cells: Vec<String> =
            group.rows.iter().map(|row| cell(row, &section.standing(findings, row))).collect();
        lines.push(format!("| {} | {} |", escaped(group.scenario), cells.join(" | ")));
    }
    lines.push(String::new());
    lines
}

/// The ratios over all workspaces, a row a scenario.
fn across(findings: &Findings) -> Vec<String> {
    if findings.across.is_empty() {
        return Vec::new();
    }
    let jobs = &findings.run.plan.story.jobs;
    let names: Vec<String> = jobs.iter().map(|job| escaped(&job.name)).collect();
    let mut lines = vec![
        format!("| all workspaces | {} |", names.join(" | ")),
        format!("|---|{}", "---|".repeat(jobs.len())),
    ];
    for rows in findings.across.chunk_by(|a, b| a.scenario == b.scenario) {
        let cell = |job: &str| {
            let found = rows.iter().find(|row| row.job == job);
            found.map_or_else(|| "–".to_owned(), |row| ratio_with_spread(&row.ratio))
        };
        let cells: Vec<String> = jobs.iter().map(|job| cell(&job.name)).collect();
        lines.push(format!("| {} | {} |", escaped(&rows[0].scenario), cells.join(" | ")));
    }
    lines.push(String::new());
    lines
}

/// `5.10 s · 0.41× · 70 % · faster`.
fn cell(row: &Row, standing: &Standing<'_>) -> String {
    let Some(wall) = row.estimate(Metric::Wall, None) else {
        return standing.word().to_owned();
    };
    let mut parts = vec![seconds(wall.point)];
    parts.extend(row.comparison.as_ref().map(|comparison| ratio(comparison.ratio.point)));
    parts.extend(row.estimate(Metric::ReuseRatio, None).map(|reuse| percent(reuse.point)));
    // That there are too few samples is in the headline; in every cell it would only be noise.
    let told = match standing {
        Standing::Compared(comparison) => comparison.verdict != ComparisonVerdict::TooFewSamples,
        standing => matches!(standing, Standing::Doubtful(_)),
    };
    if told {
        parts.push(standing.word().to_owned());
    }
    parts.join(" · ")
}

fn legend(findings: &Findings) -> String {
    let against = match &findings.run.plan.reference {
        Some(reference) => format!(" · ratio to {}", escaped(reference)),
        None => String::new(),
    };
    format!(
        "Each cell: median wall-clock{against} · reuse (fresh and hit over all units) · verdict. \
         Spread, bytes and steps are in `report.html`."
    )
}

fn host(findings: &Findings) -> String {
    let run = &findings.run;
    let mut parts = vec![
        format!("lukewarm {}", run.lukewarm),
        format!("{}, {}", run.host.cpu, counted(run.host.cores as usize, "core")),
        run.host.system.clone(),
    ];
    let mut compilers: Vec<&str> = run.toolchains.values().map(|t| t.rustc.as_str()).collect();
    compilers.dedup();
    parts.extend(compilers.into_iter().map(str::to_owned));
    parts.extend(run.tools.values().map(|tool| format!("{} {}", tool.name, tool.version)));
    parts.push(run.started.clone());
    escaped(&parts.join(" · "))
}

/// Text that Markdown takes as it is.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '\n' | '\r' => safe.push(' '),
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' => {
                safe.push('\\');
                safe.push(sign);
            }
            other => safe.push(other),
        }
    }
    safe
}
