//! The columns of every table of results: one registry for terminal, page and Markdown.
//! Owns which figures a reader sees, in which table and in which order. How a table is drawn
//! belongs to each medium; it must not compute a number.

use lukewarm_analysis::{Findings, Row};
use lukewarm_model::{ComparisonVerdict, Metric, Step};

use crate::sections::{RowStatus, Section};
use crate::words::{
    bytes, percent, plain_count, ratio, ratio_with_spread, samples, seconds, seconds_with_spread,
};

/// What stands in a table where there is no value.
pub(crate) const NOTHING: &str = "–";

/// A table of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    /// At a terminal: a line for each scenario and job, as many columns as fit.
    Terminal,
    /// On the page: a line for each scenario and job.
    Results,
    /// On the page: a line for each step.
    Steps,
    /// On the page, beside a scenario's essay: a line for each of its jobs.
    Scenario,
    /// In Markdown: all columns in one cell for each scenario and job.
    Markdown,
}

/// How much of a value a table shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// A point; a verdict only where the headline does not say it for all.
    Brief,
    /// A point with its spread; every verdict.
    Full,
}

/// What kind of value a column has, which says how it is aligned and coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColumnKind {
    /// A number, aligned at its right.
    Number,
    /// A number with its spread: a terminal aligns it at its left, a page at its right.
    Range,
    /// A verdict, coloured by what it says.
    Verdict,
}

/// The result that a line of a table is about: what a column makes its cell from.
pub(crate) struct ColumnInput<'a> {
    /// The row.
    pub(crate) row: &'a Row,
    /// The step; absent for the whole job.
    pub(crate) step: Option<Step>,
    /// What may be said of the row.
    pub(crate) standing: RowStatus<'a>,
}

/// One column of results.
pub(crate) struct Column {
    /// The title where room is short.
    pub(crate) title: &'static str,
    /// The title on the page where it shows every detail; `{}` is the reference's name.
    full_title: Option<&'static str>,
    /// What kind of value it has.
    pub(crate) kind: ColumnKind,
    /// When it gives way on a narrow terminal: the smallest number first, without one never.
    pub(crate) gives_way: Option<u8>,
    /// Blanks after it at a terminal, beside the one that separates columns.
    pub(crate) gap: u16,
    tables: &'static [(Table, Detail)],
    cell: fn(&ColumnInput<'_>, Detail) -> Option<String>,
}

/// A column as one table shows it.
#[derive(Clone, Copy)]
pub(crate) struct ShownColumn {
    /// The column.
    pub(crate) column: &'static Column,
    detail: Detail,
}

use Detail::{Brief, Full};
use Table::{Markdown, Results, Scenario, Steps, Terminal};

/// Where a figure of the whole job stands.
const OF_JOBS: &[(Table, Detail)] = &[(Terminal, Brief), (Results, Brief)];
/// Where a figure of jobs and of steps stands.
const OF_ALL: &[(Table, Detail)] = &[(Terminal, Brief), (Results, Brief), (Steps, Brief)];
const OF_STEPS: &[(Table, Detail)] = &[(Steps, Brief)];
const ON_PAGE: &[(Table, Detail)] = &[(Results, Brief)];
const EVERYWHERE: &[(Table, Detail)] =
    &[(Terminal, Brief), (Results, Brief), (Scenario, Brief), (Markdown, Brief)];

/// Every column, in the order of every table. Gaps leave eight scenarios of usual names within 100
/// columns of a terminal.
pub(crate) static COLUMNS: [Column; 14] = [
    Column {
        title: "wall",
        full_title: Some("wall (range)"),
        kind: ColumnKind::Range,
        gives_way: None,
        gap: 0,
        tables: &[
            (Terminal, Full),
            (Results, Full),
            (Steps, Full),
            (Scenario, Brief),
            (Markdown, Brief),
        ],
        cell: wall,
    },
    Column { gives_way: Some(3), gap: 0, ..number("n", OF_JOBS, count) },
    Column {
        full_title: Some("ratio to {}"),
        tables: &[(Terminal, Brief), (Results, Full), (Scenario, Brief), (Markdown, Brief)],
        ..number("ratio", &[], over_reference)
    },
    Column { gives_way: Some(4), gap: 0, ..number("hits", OF_JOBS, hits) },
    Column { gives_way: Some(5), ..number("reuse", EVERYWHERE, reuse) },
    number("CPU", OF_STEPS, |it, _| point(it, Metric::Cpu, seconds)),
    number("peak memory", OF_STEPS, |it, _| point(it, Metric::PeakRss, bytes)),
    number("service’s CPU", OF_STEPS, |it, _| point(it, Metric::ServiceCpu, seconds)),
    Column {
        gives_way: Some(2),
        ..number("down", OF_ALL, |it, _| point(it, Metric::BytesDown, bytes))
    },
    Column {
        gives_way: Some(1),
        ..number("up", OF_ALL, |it, _| point(it, Metric::BytesUp, bytes))
    },
    number("requests", OF_STEPS, |it, _| point(it, Metric::Requests, plain_count)),
    number("stored", ON_PAGE, |it, _| point(it, Metric::StoredBytes, bytes)),
    number("429", ON_PAGE, |it, _| point(it, Metric::RequestsLimited, plain_count)),
    Column {
        kind: ColumnKind::Verdict,
        gap: 0,
        tables: &[(Terminal, Full), (Results, Full), (Scenario, Full), (Markdown, Brief)],
        ..number("verdict", &[], verdict)
    },
];

/// A column of numbers that never gives way.
const fn number(
    title: &'static str,
    tables: &'static [(Table, Detail)],
    cell: fn(&ColumnInput<'_>, Detail) -> Option<String>,
) -> Column {
    Column {
        title,
        full_title: None,
        kind: ColumnKind::Number,
        gives_way: None,
        gap: 1,
        tables,
        cell,
    }
}

/// The columns of a table, in their order.
pub(crate) fn columns(table: Table) -> Vec<ShownColumn> {
    let shown = COLUMNS.iter().filter_map(|column| {
        let (_, detail) = column.tables.iter().find(|(of, _)| *of == table)?;
        Some(ShownColumn { column, detail: *detail })
    });
    shown.collect()
}

impl<'a> ColumnInput<'a> {
    /// The whole job of a row.
    pub(crate) fn job(findings: &Findings, section: &Section<'a>, row: &'a Row) -> ColumnInput<'a> {
        ColumnInput { row, step: None, standing: section.standing(findings, row) }
    }
}

impl ShownColumn {
    /// The title on the page, where `reference` is the name of what the others are divided by.
    pub(crate) fn title(&self, reference: &str) -> String {
        match (self.column.full_title, self.detail) {
            (Some(full), Detail::Full) => full.replace("{}", reference),
            _ => self.column.title.to_owned(),
        }
    }

    /// The value of a line; absent where it has none.
    pub(crate) fn value(&self, entry: &ColumnInput<'_>) -> Option<String> {
        (self.column.cell)(entry, self.detail)
    }

    /// The cell of a line: its value, or the sign for none.
    pub(crate) fn cell(&self, entry: &ColumnInput<'_>) -> String {
        self.value(entry).unwrap_or_else(|| NOTHING.to_owned())
    }
}

fn wall(entry: &ColumnInput<'_>, detail: Detail) -> Option<String> {
    let estimate = entry.row.estimate(Metric::Wall, entry.step)?;
    Some(match detail {
        Detail::Brief => seconds(estimate.point),
        Detail::Full => seconds_with_spread(estimate),
    })
}

fn count(entry: &ColumnInput<'_>, _: Detail) -> Option<String> {
    let estimate = entry.row.estimate(Metric::Wall, entry.step)?;
    Some(samples(estimate.count, entry.row.states))
}

fn over_reference(entry: &ColumnInput<'_>, detail: Detail) -> Option<String> {
    let found = &entry.row.comparison.as_ref()?.ratio;
    Some(match detail {
        Detail::Brief => ratio(found.point),
        Detail::Full => ratio_with_spread(found),
    })
}

fn hits(entry: &ColumnInput<'_>, _: Detail) -> Option<String> {
    point(entry, Metric::HitRatio, percent)
}

fn reuse(entry: &ColumnInput<'_>, _: Detail) -> Option<String> {
    point(entry, Metric::ReuseRatio, percent)
}

/// The verdict's word. That there are too few samples is in the headline; in every cell of a brief
/// table it would only be noise.
fn verdict(entry: &ColumnInput<'_>, detail: Detail) -> Option<String> {
    let says_more = match &entry.standing {
        RowStatus::Compared(comparison) => comparison.verdict != ComparisonVerdict::TooFewSamples,
        standing => matches!(standing, RowStatus::Doubtful(_)),
    };
    (detail == Detail::Full || says_more).then(|| entry.standing.word().to_owned())
}

fn point(entry: &ColumnInput<'_>, metric: Metric, format: fn(f64) -> String) -> Option<String> {
    Some(format(entry.row.estimate(metric, entry.step)?.point))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const TABLES: [Table; 5] = [Terminal, Results, Steps, Scenario, Markdown];

    #[test]
    fn a_table_has_no_title_twice_and_every_column_has_a_table() {
        for table in TABLES {
            let shown = columns(table);
            let titles: BTreeSet<String> = shown.iter().map(|it| it.title("none")).collect();
            assert_eq!(titles.len(), shown.len(), "{table:?}");
            assert_eq!(shown[0].column.title, "wall", "{table:?}");
        }
        for column in &COLUMNS {
            let in_tables = TABLES.into_iter().filter(|table| {
                columns(*table).iter().any(|shown| std::ptr::eq(shown.column, column))
            });
            assert_eq!(in_tables.count(), column.tables.len(), "{}", column.title);
        }
    }

    #[test]
    fn columns_give_way_one_after_the_other_and_times_ratios_and_verdicts_never() {
        let shown = columns(Terminal);
        let mut order: Vec<u8> = shown.iter().filter_map(|it| it.column.gives_way).collect();
        order.sort_unstable();
        assert_eq!(order, [1, 2, 3, 4, 5]);
        let stay = shown.iter().filter(|it| it.column.gives_way.is_none());
        let stay: Vec<&str> = stay.map(|it| it.column.title).collect();
        assert_eq!(stay, ["wall", "ratio", "verdict"]);
    }
}
