//! The columns of every table of results: one registry for terminal, page and Markdown.
//! Owns which figures a reader sees, in which table and in which order. How a table is drawn
//! belongs to each medium; it must not compute a number.

use lukewarm_analysis::{Findings, Row};
use lukewarm_model::{ComparisonVerdict, Metric, Step};

use crate::format::{
    bytes, percent, plain_count, ratio, ratio_with_spread, samples, seconds, seconds_with_spread,
};
use crate::sections::{RowStatus, Section};

/// The cell without a value.
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

/// The detail in which a table shows a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// The point; the verdict only where the headline does not give it for all rows.
    Brief,
    /// The point with its spread; every verdict.
    Full,
}

/// The kind of value in a column, which decides alignment and colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColumnKind {
    /// A number, aligned at its right.
    Number,
    /// A number with its spread: a terminal aligns it at its left, a page at its right.
    Range,
    /// A verdict, coloured by what it says.
    Verdict,
}

/// The input from which a column makes its cell: one result.
pub(crate) struct ColumnInput<'a> {
    /// The row.
    pub(crate) row: &'a Row,
    /// The step; absent for the whole job.
    pub(crate) step: Option<Step>,
    /// The row's status.
    pub(crate) status: RowStatus<'a>,
}

/// One column of results.
pub(crate) struct Column {
    /// The title where room is short.
    pub(crate) title: &'static str,
    /// The title on the page where it shows every detail; `{}` is the reference's name.
    full_title: Option<&'static str>,
    /// The explanation in the legend of a table; `{}` is the reference's name. Absent where the
    /// title says enough.
    meaning: Option<&'static str>,
    /// What kind of value it has.
    pub(crate) kind: ColumnKind,
    /// When it is dropped on a narrow terminal: the smallest number first; absent for never.
    pub(crate) drop_order: Option<u8>,
    /// Blanks after it at a terminal, besides the one that separates columns.
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

/// The tables with a figure of the whole job.
const OF_JOBS: &[(Table, Detail)] = &[(Terminal, Brief), (Results, Brief)];
/// The tables with a figure of jobs and of steps.
const OF_ALL: &[(Table, Detail)] = &[(Terminal, Brief), (Results, Brief), (Steps, Brief)];
const OF_STEPS: &[(Table, Detail)] = &[(Steps, Brief)];
const ON_PAGE: &[(Table, Detail)] = &[(Results, Brief)];
const EVERYWHERE: &[(Table, Detail)] =
    &[(Terminal, Brief), (Results, Brief), (Scenario, Brief), (Markdown, Brief)];

/// Every column, in the order of every table. With these gaps, usual scenario names fit a terminal
/// of 100 columns.
pub(crate) static COLUMNS: [Column; 14] = [
    Column {
        title: "wall",
        full_title: Some("wall (range)"),
        meaning: Some("median (smallest–largest) of n jobs"),
        kind: ColumnKind::Range,
        drop_order: None,
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
    Column { drop_order: Some(3), gap: 0, ..number("n", OF_JOBS, count) },
    Column {
        full_title: Some("ratio to {}"),
        meaning: Some(
            "wall-clock time divided by that of {}, paired within iterations (below 1 is faster)",
        ),
        tables: &[(Terminal, Brief), (Results, Full), (Scenario, Brief), (Markdown, Brief)],
        ..number("ratio", &[], over_reference)
    },
    Column {
        meaning: Some("share of the tool’s lookups that hit"),
        drop_order: Some(4),
        gap: 0,
        ..number("hits", OF_JOBS, hits)
    },
    Column {
        meaning: Some("share of all units that were fresh or hit"),
        drop_order: Some(5),
        ..number("reuse", EVERYWHERE, reuse)
    },
    number("CPU", OF_STEPS, |it, _| point(it, Metric::Cpu, seconds)),
    number("peak memory", OF_STEPS, |it, _| point(it, Metric::PeakRss, bytes)),
    number("service CPU", OF_STEPS, |it, _| point(it, Metric::ServiceCpu, seconds)),
    Column {
        meaning: Some("body bytes that the job received, counted at the service"),
        drop_order: Some(2),
        ..number("down", OF_ALL, |it, _| point(it, Metric::BytesDown, bytes))
    },
    Column {
        meaning: Some("body bytes that the job sent, counted at the service"),
        drop_order: Some(1),
        ..number("up", OF_ALL, |it, _| point(it, Metric::BytesUp, bytes))
    },
    number("requests", OF_STEPS, |it, _| point(it, Metric::Requests, plain_count)),
    Column {
        meaning: Some("bytes that the cache keeps when the job has ended"),
        ..number("stored", ON_PAGE, |it, _| point(it, Metric::StoredBytes, bytes))
    },
    Column {
        meaning: Some("requests that a limit refused"),
        ..number("429", ON_PAGE, |it, _| point(it, Metric::RequestsLimited, plain_count))
    },
    Column {
        meaning: Some(
            "“clearly” is said from two blocks on, where a difference is far beyond the noise of the \
             whole run; “too few” means too few samples for any other verdict",
        ),
        kind: ColumnKind::Verdict,
        gap: 0,
        tables: &[(Terminal, Full), (Results, Full), (Scenario, Full), (Markdown, Brief)],
        ..number("verdict", &[], verdict)
    },
];

/// A column of numbers that is never dropped.
const fn number(
    title: &'static str,
    tables: &'static [(Table, Detail)],
    cell: fn(&ColumnInput<'_>, Detail) -> Option<String>,
) -> Column {
    Column {
        title,
        full_title: None,
        meaning: None,
        kind: ColumnKind::Number,
        drop_order: None,
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

/// The legend of a table: its columns that need an explanation, each as `title: explanation`.
pub(crate) fn legend(table: Table, reference: &str) -> Vec<String> {
    let explained = columns(table).into_iter().filter_map(|shown| {
        let meaning = shown.column.meaning?.replace("{}", reference);
        Some(format!("{}: {meaning}", shown.column.title))
    });
    explained.collect()
}

impl<'a> ColumnInput<'a> {
    /// The whole job of a row.
    pub(crate) fn job(findings: &Findings, section: &Section<'a>, row: &'a Row) -> ColumnInput<'a> {
        ColumnInput { row, step: None, status: section.status(findings, row) }
    }
}

impl ShownColumn {
    /// The title on the page; `reference` is the reference scenario's name.
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

/// The verdict in a word. A brief table leaves out `too few`: the headline has it for all rows.
fn verdict(entry: &ColumnInput<'_>, detail: Detail) -> Option<String> {
    let says_more = match &entry.status {
        RowStatus::Compared(comparison) => comparison.verdict != ComparisonVerdict::TooFewSamples,
        status => matches!(status, RowStatus::Doubtful(_)),
    };
    (detail == Detail::Full || says_more).then(|| entry.status.word().to_owned())
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
        let mut order: Vec<u8> = shown.iter().filter_map(|it| it.column.drop_order).collect();
        order.sort_unstable();
        assert_eq!(order, [1, 2, 3, 4, 5]);
        let stay = shown.iter().filter(|it| it.column.drop_order.is_none());
        let stay: Vec<&str> = stay.map(|it| it.column.title).collect();
        assert_eq!(stay, ["wall", "ratio", "verdict"]);
    }
}
