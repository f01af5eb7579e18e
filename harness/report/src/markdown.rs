//! `summary.md`: the result for a pull request, a row a scenario and a column a job.
//! Owns its brevity: fewer than 60 lines for any run. What does not fit is in the page, and it
//! says so.

use lukewarm_analysis::{Across, Findings, Row};
use lukewarm_model::{ComparisonVerdict, ConfigurationSetting, Metric};

use crate::doubts;
use crate::headline::headline;
use crate::sections::{Group, Section, Standing, sections};
use crate::words::{counted, percent, ratio, ratio_with_spread, seconds};

/// Lines of the whole summary.
const LINES: usize = 59;
/// Lines without troubles and tables: the heading, the headline, what is left out, the legend, the
/// machine, and the empty lines between them.
const FRAME: usize = 9;
/// Troubles that are told; the page tells all of them.
const TROUBLES: usize = 10;
/// Columns of a table; a host's comments have a largest size.
const JOBS: usize = 12;
/// Signs of one trouble.
const SIGNS: usize = 400;
/// A table's lines beside its rows: two of its head, and an empty one.
const HEAD: usize = 3;
/// Rows that a table is cut to, at the least; with room for fewer it is left out.
const FEWEST: usize = 3;

/// The tables as far as they fit, and what did not.
struct Tables {
    lines: Vec<String>,
    room: usize,
    /// Tables that were left out.
    tables: usize,
    /// Rows that were cut from those that are there.
    rows: usize,
}

/// The summary in Markdown: the headline, doubts, a table for each workspace, the machine.
pub(crate) fn markdown(findings: &Findings) -> String {
    let mut lines = vec![
        format!("## lukewarm: {}", escaped(&findings.run.plan.name)),
        String::new(),
        format!("**{}**", escaped(&headline(findings))),
        String::new(),
    ];
    lines.extend(troubles(findings));
    let tables = tables(findings, LINES - FRAME - (lines.len() - 4));
    lines.extend(tables.lines);
    let jobs = findings.run.plan.story.jobs.len().saturating_sub(JOBS);
    let left_out: Vec<String> = [(tables.rows, "row"), (tables.tables, "table"), (jobs, "job")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, noun)| counted(count, noun))
        .collect();
    if !left_out.is_empty() {
        lines.push(format!("Left out here, and in `report.html`: {}.", left_out.join(", ")));
        lines.push(String::new());
    }
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
        lines.push(format!("- {}", escaped(&shortened(&text))));
    }
    if let Some(more) = troubles.len().checked_sub(TROUBLES + 1) {
        lines.push(format!("- and {}, in `report.html`", counted(more + 1, "more trouble")));
    }
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

/// The workspaces' tables in the plan's order, and first what holds over all of them.
fn tables(findings: &Findings, room: usize) -> Tables {
    let mut tables = Tables { lines: Vec::new(), room, tables: 0, rows: 0 };
    let across: Vec<&[Across]> =
        findings.across.chunk_by(|a, b| a.scenario == b.scenario).collect();
    if !across.is_empty() {
        let rows = across.iter().map(|rows| across_row(findings, rows)).collect();
        tables.add(head(findings, "all workspaces"), rows);
    }
    for section in sections(findings) {
        let rows = section.groups.iter().map(|group| row(findings, &section, group)).collect();
        tables.add(head(findings, section.workspace), rows);
    }
    tables
}

impl Tables {
    /// Adds a table as far as there is room for it.
    fn add(&mut self, head: [String; 2], rows: Vec<String>) {
        let fits = self.room.saturating_sub(HEAD).min(rows.len());
        if fits < FEWEST.min(rows.len()) {
            self.tables += 1;
            return;
        }
        self.room -= HEAD + fits;
        self.rows += rows.len() - fits;
        self.lines.extend(head);
        self.lines.extend(rows.into_iter().take(fits));
        self.lines.push(String::new());
    }
}

fn head(findings: &Findings, name: &str) -> [String; 2] {
    let jobs = findings.run.plan.story.jobs.iter().take(JOBS);
    let names: Vec<String> = jobs.map(|job| escaped(&job.name)).collect();
    [
        format!("| {} | {} |", escaped(name), names.join(" | ")),
        format!("|---|{}", "---|".repeat(names.len())),
    ]
}

fn row(findings: &Findings, section: &Section<'_>, group: &Group<'_>) -> String {
    let rows = group.rows.iter().take(JOBS);
    let cells: Vec<String> = rows.map(|row| cell(row, &section.standing(findings, row))).collect();
    format!("| {} | {} |", escaped(group.scenario), cells.join(" | "))
}

/// The ratios of one scenario over all workspaces.
fn across_row(findings: &Findings, rows: &[Across]) -> String {
    let cell = |job: &str| {
        let found = rows.iter().find(|row| row.job == job);
        found.map_or_else(|| "–".to_owned(), |row| ratio_with_spread(&row.ratio))
    };
    let jobs = findings.run.plan.story.jobs.iter().take(JOBS);
    let cells: Vec<String> = jobs.map(|job| cell(&job.name)).collect();
    format!("| {} | {} |", escaped(&rows[0].scenario), cells.join(" | "))
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
    compilers.sort_unstable();
    compilers.dedup();
    parts.extend(compilers.into_iter().map(str::to_owned));
    parts.extend(run.tools.values().map(|tool| format!("{} {}", tool.name, tool.version)));
    for (workspace, settings) in &run.configuration {
        let line = shortened(&ConfigurationSetting::line(settings));
        parts.push(format!("Cargo configuration of {workspace}: {line}"));
    }
    parts.push(run.started.clone());
    escaped(&parts.join(" · "))
}

/// The beginning of a text that is too long.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(SIGNS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
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
