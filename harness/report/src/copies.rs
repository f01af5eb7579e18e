//! The table of jobs that ran several times at once: duplicate compiles, refused writes, who
//! finished when. Owns its columns and words for every format; the numbers are the findings'.

use lukewarm_analysis::{CopiesRow, Estimate, Findings};
use lukewarm_model::{AtOnce, Seconds};

use crate::format::{plain_count, seconds};

/// What the table is called.
pub(crate) const TITLE: &str = "Several jobs at once";

/// What must be known to read it.
pub(crate) const NOTE: &str = "The copies of a job share the cores of this machine, so that their \
    times are those of contended builds; in CI each has a machine. What carries over are the \
    counts. Compiled again: compilations of what copies could have shared, beyond the first of \
    each unit; of a wrapper, which does not name what it compiles, at least so many. Written \
    again: entries that a copy wanted to write and another one too, beyond the first of each.";

/// The heads of the columns.
pub(crate) const HEADS: [&str; 8] = [
    "scenario and job",
    "at once",
    "compiled",
    "compiled again",
    "written again",
    "refused (429)",
    "key taken",
    "finished",
];

/// The rows, in the plan's order; empty where every job ran alone.
pub(crate) fn rows(findings: &Findings) -> Vec<[String; HEADS.len()]> {
    findings.copies.iter().map(|row| cells(findings, row)).collect()
}

fn cells(findings: &Findings, row: &CopiesRow) -> [String; HEADS.len()] {
    let name = match findings.run.plan.workspaces.len() {
        0 | 1 => format!("{} {}", row.scenario, row.job),
        _ => format!("{} {}", row.case, row.job),
    };
    let at_once = AtOnce { copies: row.copies as u32, stagger: Seconds(row.stagger) };
    let counts = [
        &row.compiled,
        &row.duplicate_compiles,
        &row.duplicate_writes,
        &row.refused_by_limit,
        &row.refused_as_taken,
    ];
    let [compiled, again, written, limited, taken] = counts.map(|it| count(it.as_ref()));
    let at_once = at_once.to_string().replacen(" at once", "", 1);
    [name, at_once, compiled, again, written, limited, taken, finished(row)]
}

/// A count with its range, where there is one.
fn count(estimate: Option<&Estimate>) -> String {
    let Some(Estimate { point, low, high, .. }) = estimate else { return "–".to_owned() };
    let point = plain_count(*point);
    match low == high {
        true => point,
        false => format!("{point} ({}–{})", plain_count(*low), plain_count(*high)),
    }
}

/// `1 after 3.20 s, 3 after 3.31 s`: which copy, and how long after the first one's start.
fn finished(row: &CopiesRow) -> String {
    let copies = row.finished.iter();
    let said: Vec<String> =
        copies.map(|it| format!("{} after {}", it.copy, seconds(it.ended))).collect();
    said.join(", ")
}
