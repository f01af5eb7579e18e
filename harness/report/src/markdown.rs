//! `summary.md`: the result for a pull request, a row for each scenario and a column for each job.
//! Owns its length: fewer than 60 lines for any run. It names what it leaves out and where that is.

use std::collections::BTreeSet;

use lukewarm_analysis::{CrossWorkspace, Findings};
use lukewarm_model::text::{Markdown, Safe};
use lukewarm_model::{ConfigurationSetting, Metric};

use crate::columns::{ColumnInput, ShownColumn, Table, columns};
use crate::copies;
use crate::format::{counted, ratio_with_spread};
use crate::headline::headline;
use crate::issues;
use crate::levels;
use crate::machines::{self, MachineTable};
use crate::sections::{Group, Section, sections};

/// Lines of the whole summary.
const LINES: usize = 59;
/// Lines besides issues and tables: heading, headline, what is left out, legend, machine, and the
/// empty lines between them.
const FRAME: usize = 9;
/// Issues that are shown; the page has all of them.
const ISSUES: usize = 10;
/// Columns of a table; a host's comments have a largest size.
const JOBS: usize = 12;
/// Characters of one issue.
const SIGNS: usize = 400;
/// A table's lines besides its rows: two header lines, and an empty one.
const HEAD: usize = 3;
/// The fewest rows that a table is cut to; with room for fewer it is left out.
const FEWEST: usize = 3;

/// The tables that fit, and counts of what did not.
struct Tables {
    lines: Vec<Safe<Markdown>>,
    room: usize,
    /// Tables that were left out.
    tables: usize,
    /// Rows that were cut from those that are there.
    rows: usize,
}

/// The summary in Markdown: the headline, doubts, a table for each workspace, the machine.
pub(crate) fn markdown(findings: &Findings) -> Safe<Markdown> {
    let mut lines = vec![
        Safe::fill("## lukewarm: {}", &[&findings.run.plan.name]),
        Safe::empty(),
        Safe::fill("**{}**", &[&headline(findings)]),
        Safe::empty(),
    ];
    lines.extend(issues(findings));
    let tables = tables(findings, LINES - FRAME - (lines.len() - 4));
    let room = tables.room;
    lines.extend(tables.lines);
    lines.extend(several_at_once(findings, room));
    let jobs = findings.run.plan.story.jobs.len().saturating_sub(JOBS);
    let left_out: Vec<String> = [(tables.rows, "row"), (tables.tables, "table"), (jobs, "job")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, noun)| counted(count, noun))
        .collect();
    if !left_out.is_empty() {
        let words = "Left out here; see `report.html`: {}.";
        lines.push(Safe::fill(words, &[&left_out.join(", ")]));
        lines.push(Safe::empty());
    }
    lines.push(legend(findings));
    lines.push(Safe::empty());
    lines.push(host(findings));
    lines.push(Safe::empty());
    Safe::joined(lines, "\n")
}

fn issues(findings: &Findings) -> Vec<Safe<Markdown>> {
    let issues = issues::issue_groups(findings);
    let mut lines = Vec::new();
    for issue in issues.iter().take(ISSUES) {
        let why = issue.reasons.join("; ");
        let text = format!("{} {}: {}: {why}", issue.case, issue.kind.name(), issue.jobs);
        lines.push(Safe::fill("- {}", &[&shortened(&text)]));
    }
    if let Some(more) = issues.len().checked_sub(ISSUES + 1) {
        let more = counted(more + 1, "more issue");
        lines.push(Safe::fill("- and {} in `report.html`", &[&more]));
    }
    if !lines.is_empty() {
        lines.push(Safe::empty());
    }
    lines
}

/// The table of ratios over all workspaces, then one for each workspace in the plan's order.
fn tables(findings: &Findings, room: usize) -> Tables {
    let mut tables = Tables { lines: Vec::new(), room, tables: 0, rows: 0 };
    let by_scenario = findings.cross_workspace.chunk_by(|a, b| a.scenario == b.scenario);
    let rows: Vec<_> = by_scenario.map(|rows| cross_workspace_row(findings, rows)).collect();
    if !rows.is_empty() {
        tables.add(head(findings, "all workspaces"), rows);
    }
    for section in sections(findings) {
        let rows = section.groups.iter().map(|group| row(findings, &section, group)).collect();
        tables.add(head(findings, section.workspace), rows);
    }
    for table in machines::tables(findings, machines::COLUMNS) {
        let (head, rows) = by_machine(&table);
        tables.add(head, rows);
    }
    tables
}

/// A table of a merged record by machine: its head, and its rows.
fn by_machine(table: &MachineTable) -> ([Safe<Markdown>; 2], Vec<Safe<Markdown>>) {
    let joined = |cells: &[String]| {
        Safe::joined(cells.iter().map(|cell| Safe::of(cell)).collect::<Vec<_>>(), " | ")
    };
    let rule = Safe::joined(table.heads.iter().map(|_| Safe::own("---|")).collect::<Vec<_>>(), "");
    let head = [
        Safe::fill("| {} | job | {} |", &[&table.title, &joined(&table.heads)]),
        Safe::fill("|---|---|{}", &[&rule]),
    ];
    let row = |line: &machines::MachineLine| {
        Safe::fill("| {} | {} | {} |", &[&line.case.to_string(), &line.job, &joined(&line.cells)])
    };
    (head, table.lines.iter().map(row).collect())
}

impl Tables {
    /// Adds a table as far as there is room for it.
    fn add(&mut self, head: [Safe<Markdown>; 2], rows: Vec<Safe<Markdown>>) {
        let fits = self.room.saturating_sub(HEAD).min(rows.len());
        if fits < FEWEST.min(rows.len()) {
            self.tables += 1;
            return;
        }
        self.room -= HEAD + fits;
        self.rows += rows.len() - fits;
        self.lines.extend(head);
        self.lines.extend(rows.into_iter().take(fits));
        self.lines.push(Safe::empty());
    }
}

/// The jobs that ran several times at once, as far as there is room for them.
fn several_at_once(findings: &Findings, room: usize) -> Vec<Safe<Markdown>> {
    // The title, the head of the table, the note, and the empty lines between them.
    const FRAME: usize = 7;
    let rows = copies::rows(findings);
    if rows.is_empty() || room <= FRAME {
        return Vec::new();
    }
    let line = |cells: &[&str]| {
        let cells = cells.iter().map(|it| Safe::of(it));
        Safe::fill("| {} |", &[&Safe::<Markdown>::joined(cells, " | ")])
    };
    let rule = Safe::joined(copies::HEADS.map(|_| Safe::own("---|")), "");
    let head = [Safe::fill("**{}**", &[&copies::TITLE]), Safe::empty(), line(&copies::HEADS)];
    let mut lines = Vec::from(head);
    lines.push(Safe::fill("|{}", &[&rule]));
    let shown = rows.iter().take(room - FRAME);
    lines.extend(shown.map(|cells| line(&cells.each_ref().map(String::as_str))));
    lines.extend([Safe::empty(), Safe::of(copies::NOTE), Safe::empty()]);
    lines
}

fn head(findings: &Findings, name: &str) -> [Safe<Markdown>; 2] {
    let jobs = findings.run.plan.story.jobs.iter().take(JOBS);
    let names: Vec<Safe<Markdown>> = jobs.map(|job| Safe::of(&job.name)).collect();
    let rule = Safe::joined(names.iter().map(|_| Safe::own("---|")), "");
    [
        Safe::fill("| {} | {} |", &[&name, &Safe::joined(names, " | ")]),
        Safe::fill("|---|{}", &[&rule]),
    ]
}

fn row(findings: &Findings, section: &Section<'_>, group: &Group<'_>) -> Safe<Markdown> {
    let shown = columns(Table::Markdown);
    let rows = group.rows.iter().take(JOBS);
    let cells = rows.map(|row| {
        let input = ColumnInput::job(findings, section, row);
        Safe::of(&cell(&shown, &input))
    });
    Safe::fill("| {} | {} |", &[group.scenario, &Safe::joined(cells, " | ")])
}

/// The ratios of one scenario over all workspaces.
fn cross_workspace_row(findings: &Findings, rows: &[CrossWorkspace]) -> Safe<Markdown> {
    let cell = |job: &str| {
        let found = rows.iter().find(|row| row.job == job);
        found.map_or_else(|| "–".to_owned(), |row| ratio_with_spread(&row.ratio))
    };
    let jobs = findings.run.plan.story.jobs.iter().take(JOBS);
    let cells = jobs.map(|job| Safe::of(&cell(&job.name)));
    Safe::fill("| {} | {} |", &[&rows[0].scenario, &Safe::joined(cells, " | ")])
}

/// `5.10 s · 0.41× · 70 % · faster`: what the columns say, without those that have nothing to say.
fn cell(shown: &[ShownColumn], input: &ColumnInput<'_>) -> String {
    if input.row.estimate(Metric::Wall, None).is_none() {
        return input.status.word().to_owned();
    }
    let parts: Vec<String> = shown.iter().filter_map(|it| it.value(input)).collect();
    parts.join(" · ")
}

fn legend(findings: &Findings) -> Safe<Markdown> {
    let against = match &findings.run.plan.reference {
        Some(reference) => Safe::fill(" · ratio to {}", &[reference]),
        None => Safe::empty(),
    };
    let levels = levels::sentence(findings);
    let levels = levels.map(|it| format!(" Verdicts: {it}.")).unwrap_or_default();
    let estimators: BTreeSet<&str> =
        findings.cross_workspace.iter().map(|row| row.ratio.estimator.words()).collect();
    let estimators: String =
        estimators.iter().map(|it| format!(" All workspaces: {it}.")).collect();
    Safe::fill(
        "Each cell: median wall-clock time{} · reuse (share of units that were fresh or hit) · \
         verdict. Spread, bytes and steps are in `report.html`.{}{}",
        &[&against, &levels, &estimators],
    )
}

fn host(findings: &Findings) -> Safe<Markdown> {
    let run = &findings.run;
    let mut parts = vec![
        format!("lukewarm {}", run.lukewarm),
        format!("{}, {}", run.host.cpu, counted(run.host.cores as usize, "core")),
        run.host.system.clone(),
    ];
    parts.extend(machines::composition(findings));
    parts.extend(run.plan.runner.map(|runner| format!("runner of {runner}")));
    let mut compilers: Vec<&str> = run.toolchains.values().map(|t| t.rustc.as_str()).collect();
    compilers.sort_unstable();
    compilers.dedup();
    parts.extend(compilers.into_iter().map(str::to_owned));
    parts.extend(run.tools.values().map(|tool| format!("{} {}", tool.name, tool.version)));
    for (workspace, settings) in &run.configuration {
        let line = shortened(&ConfigurationSetting::line(settings));
        parts.push(format!("Cargo configuration of {workspace}: {line}"));
    }
    parts.push(run.started.to_string());
    Safe::of(&parts.join(" · "))
}

/// The beginning of a text that is too long.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(SIGNS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Text that Markdown takes as it is, for a page that is put together as text.
pub(crate) fn escaped(text: &str) -> String {
    Safe::<Markdown>::of(text).into_string()
}
