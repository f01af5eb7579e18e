//! The machines of a merged record, or its sittings, in words and as a table: the ratio of each,
//! the pooled one, and whether they agree.
//! Owns these words and columns; every figure is the findings' own. How a table is drawn belongs to
//! each medium.

use lukewarm_analysis::{
    AcrossParts, Comparison, Findings, Heterogeneity, MachineKind, MergedRun, PartApart,
};
use lukewarm_model::{Case, JobName};

use crate::format::{counted, ratio, ratio_with_spread, trimmed};
use crate::sections::{RowStatus, sections};

/// Machines up to which each has a column where there is room; of more the lowest and the highest
/// are shown.
pub(crate) const COLUMNS: usize = 6;
/// Disagreements that the headline names.
const NAMED: usize = 2;

/// Comparisons by machine: those of one kind of machine.
pub(crate) struct MachineTable {
    /// What it is of.
    pub(crate) title: String,
    /// The heads of the columns after scenario and job.
    pub(crate) heads: Vec<String>,
    /// One line for each comparison.
    pub(crate) lines: Vec<MachineLine>,
}

/// One comparison by machine.
pub(crate) struct MachineLine {
    pub(crate) case: Case,
    pub(crate) job: JobName,
    /// A cell for each head.
    pub(crate) cells: Vec<String>,
    /// Whether the machines differ.
    pub(crate) differ: bool,
}

/// The tables of a merged record, the kind of machine that the figures are of first; none for any
/// other record. With more machines than `columns` the lowest and the highest are shown.
pub(crate) fn tables(findings: &Findings, columns: usize) -> Vec<MachineTable> {
    let Some(merged) = several(findings) else { return Vec::new() };
    let sections = sections(findings);
    let rows = sections.iter().flat_map(|section| {
        let rows = section.groups.iter().flat_map(|group| group.rows);
        rows.filter_map(|row| match section.status(findings, row) {
            RowStatus::Compared(comparison) => Some((&row.case, &row.job, comparison)),
            _ => None,
        })
    });
    let mut tables: Vec<MachineTable> = Vec::new();
    let first: Vec<(&Case, &JobName, &Comparison)> = rows.collect();
    for (number, kind) in merged.kinds.iter().enumerate() {
        let others = kind.comparisons.iter().map(|it| (&it.case, &it.job, &it.comparison));
        let compared = if number == 0 { first.clone() } else { others.collect() };
        tables.extend((!compared.is_empty()).then(|| table(merged, kind, &compared, columns)));
    }
    tables
}

fn table(
    merged: &MergedRun,
    kind: &MachineKind,
    compared: &[(&Case, &JobName, &Comparison)],
    columns: usize,
) -> MachineTable {
    let parts: Vec<u32> = kind.parts.iter().map(|it| it.part).collect();
    let each = parts.len() <= columns;
    let mut heads: Vec<String> = match each {
        true => parts.iter().map(|part| merged.name(*part)).collect(),
        false => ["lowest", "highest"].map(|it| format!("{it} ({})", merged.noun.word())).to_vec(),
    };
    // The verdicts of the first kind are in the table of results.
    let verdict = (!kind.differences.is_empty()).then_some("verdict");
    let last = ["pooled"].into_iter().chain(verdict).chain(["do they differ?"]);
    heads.extend(last.map(str::to_owned));
    let line = |(case, job, comparison): &(&Case, &JobName, &Comparison)| {
        let across = comparison.across.as_ref();
        let mut cells = match each {
            true => parts.iter().map(|part| of_part(across, *part)).collect(),
            false => extremes(across),
        };
        cells.push(ratio_with_spread(&comparison.ratio));
        cells.extend(verdict.map(|_| comparison.verdict.words().to_owned()));
        cells.push(across.map_or_else(String::new, differ));
        MachineLine {
            case: (*case).clone(),
            job: (*job).clone(),
            cells,
            differ: across.is_some_and(AcrossParts::differ),
        }
    };
    MachineTable { title: title(merged, kind), heads, lines: compared.iter().map(line).collect() }
}

/// `4 machines`, or `2 machines of another kind (number of cores was 2 and is 4)`.
fn title(merged: &MergedRun, kind: &MachineKind) -> String {
    let count = counted(kind.parts.len(), merged.noun.word());
    match kind.differences.is_empty() {
        true => count,
        false => format!("{count} of another kind ({})", kind.differences.join("; ")),
    }
}

fn of_part(across: Option<&AcrossParts>, part: u32) -> String {
    let found = across.and_then(|it| it.parts.iter().find(|it| it.part == part));
    found.map_or_else(|| "–".to_owned(), |it| ratio(it.ratio.point))
}

fn extremes(across: Option<&AcrossParts>) -> Vec<String> {
    let found = across.and_then(AcrossParts::extremes);
    match found {
        Some(both) => {
            both.map(|it| format!("{} ({})", ratio(it.ratio.point), it.part + 1)).to_vec()
        }
        None => vec!["–".to_owned(); 2],
    }
}

/// `yes (p < 0.001)`, `p = 0.4` where it is not seen, or that nobody can say.
fn differ(across: &AcrossParts) -> String {
    match &across.heterogeneity {
        None if across.parts.len() < 2 => "one alone".to_owned(),
        None => "too few pairs".to_owned(),
        Some(it) if it.differ => format!("yes ({})", p(it)),
        Some(it) => p(it),
    }
}

/// `p = 0.03`.
pub(crate) fn p(found: &Heterogeneity) -> String {
    match found.p_value {
        it if it < 0.001 => "p < 0.001".to_owned(),
        it => format!("p = {}", trimmed((it * 1000.0).round() / 1000.0)),
    }
}

/// The machines of a record, where it was merged from several.
fn several(findings: &Findings) -> Option<&MergedRun> {
    let parts = |it: &&MergedRun| it.kinds.iter().map(|kind| kind.parts.len()).sum::<usize>();
    findings.merged.as_ref().filter(|it| parts(it) > 1)
}

/// How the ratios of a record that was merged from several machines are read, in sentences; absent
/// for any other, and where it compares nothing.
pub(crate) fn reading(findings: &Findings) -> Option<String> {
    let merged = several(findings)?;
    let compared = findings.rows.iter().any(|row| row.comparison.is_some());
    if !compared && merged.kinds.iter().all(|kind| kind.comparisons.is_empty()) {
        return None;
    }
    let (one, pooled) = (merged.noun.word(), merged.pooled());
    let few = match pooled {
        2 => format!(
            " With two {one}s that interval is very wide: it takes a third to say what others of \
             the kind would have, unless the difference is clear."
        ),
        _ => String::new(),
    };
    Some(format!(
        "Each {one} has its own ratio, from pairs within its own blocks. The pooled ratio counts \
         each {one} once; its interval is a t interval over {one}s, so that it holds what these \
         differ by, and more blocks on the same {one}s do not shrink that.{few} Whether they \
         differ is Brown and Forsythe’s test on the log ratios, at 5 % over all comparisons (Holm)."
    ))
}

/// `On sccache-webdav in unchanged, machines disagree: on machine 3 the ratio is 0.61×, elsewhere
/// 0.42×.`; absent where no disagreement is known.
pub(crate) fn disagreement(findings: &Findings) -> Option<String> {
    let merged = findings.merged.as_ref()?;
    let several = findings.run.plan.workspaces.len() > 1;
    let mut found: Vec<(&Case, &JobName, &AcrossParts)> = Vec::new();
    for section in sections(findings) {
        for row in section.groups.iter().flat_map(|group| group.rows) {
            let RowStatus::Compared(comparison) = section.status(findings, row) else { continue };
            let across = comparison.across.as_ref().filter(|it| it.differ());
            found.extend(across.map(|it| (&row.case, &row.job, it)));
        }
    }
    found.sort_by(|a, b| reach(b.2).total_cmp(&reach(a.2)));
    let named = found.iter().take(NAMED).map(|(case, job, across)| {
        let on = if several { format!(" on {}", case.workspace) } else { String::new() };
        format!("{}{on} in {job}: {}", case.scenario, apart(merged, across))
    });
    let mut named: Vec<String> = named.collect();
    let more = found.len().checked_sub(NAMED + 1).map(|it| counted(it + 1, "more comparison"));
    named.extend(more.map(|it| format!("and in {it}")));
    (!named.is_empty())
        .then(|| format!("The {}s disagree on {}.", merged.noun.word(), named.join("; ")))
}

/// How far apart the lowest and the highest lie.
fn reach(across: &AcrossParts) -> f64 {
    across.extremes().map_or(1.0, |[low, high]| high.ratio.point / low.ratio.point)
}

/// `on machine 3 the ratio is 0.61×, elsewhere 0.42×`, or from where to where it goes.
fn apart(merged: &MergedRun, across: &AcrossParts) -> String {
    let found = across.heterogeneity.as_ref().and_then(|it| it.apart.as_ref());
    match (found, across.extremes()) {
        (Some(PartApart { part, ratio: own, elsewhere }), _) => format!(
            "on {} the ratio is {}, elsewhere {}",
            merged.name(*part),
            ratio(*own),
            ratio(*elsewhere)
        ),
        (None, Some([low, high])) => format!(
            "the ratio goes from {} on {} to {} on {}",
            ratio(low.ratio.point),
            merged.name(low.part),
            ratio(high.ratio.point),
            merged.name(high.part)
        ),
        (None, None) => "no ratio".to_owned(),
    }
}

/// What would decide the comparison that needs the fewest machines; absent where nothing would.
pub(crate) fn next(findings: &Findings) -> Option<String> {
    let merged = findings.merged.as_ref()?;
    let open = findings.rows.iter().filter_map(|row| {
        let comparison = row.comparison.as_ref().filter(|it| !it.verdict.is_decided())?;
        let machines = comparison.across.as_ref()?.machines_needed?;
        Some((row, comparison, machines))
    });
    let (row, comparison, machines) = open.min_by_key(|(_, _, machines)| *machines)?;
    let (one, what) = (merged.noun.word(), format!("{} in {}", row.scenario, row.job));
    let spread = comparison.across.as_ref().and_then(|it| it.heterogeneity.as_ref());
    let blocks = match (comparison.iterations_needed, spread) {
        (Some(blocks), _) => format!("; so would about {blocks} blocks on the same {one}s"),
        (None, Some(it)) if it.spread > 0.0 => {
            format!("; more blocks on the same {one}s would not, if these differ as it seems")
        }
        (None, _) => String::new(),
    };
    Some(format!("about {machines} {one}s in all would probably decide {what}{blocks}"))
}

/// What a record was merged from, in a few words: `4 machines of one kind`, or `3 machines of one
/// kind, without 1 of another`; absent where one machine measured it.
pub(crate) fn composition(findings: &Findings) -> Option<String> {
    let merged = several(findings)?;
    let one = merged.noun.word();
    let (first, others) = merged.kinds.split_first()?;
    let count = counted(first.parts.len(), one);
    let other: usize = others.iter().map(|kind| kind.parts.len()).sum();
    Some(match (first.parts.len(), other) {
        (_, 0) if one == "machine" => format!("{count} of one kind"),
        (_, 0) => count,
        (_, other) => format!("{count} of one kind, without {other} of another"),
    })
}
