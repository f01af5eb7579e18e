//! A recommendation at a terminal.

use comfy_table::{Cell, CellAlignment, Table};
use lukewarm_analysis::{RankedScenario, WorkspaceRecommendation};
use lukewarm_model::text::{Paint, Safe, Terminal, one_line};

use super::parts::RecommendationReport;
use super::{advice, sentences};
use crate::TerminalStyle;
use crate::format::{ratio_with_spread, seconds, whole};
use crate::terminal::{minimal_style, wrapped};

/// Flips and pieces of advice that are shown; JSON has all.
const SHOWN: usize = 5;

pub(super) fn human(report: &RecommendationReport<'_>, style: TerminalStyle) -> Safe<Terminal> {
    let mut text = Safe::empty();
    let it = report.recommendation;
    paragraph(&mut text, style, Paint::Dim, "", &format!("run   {}", it.run));
    paragraph(&mut text, style, Paint::Dim, "", &format!("jobs  {}", sentences::mix(&it.mix)));
    for workspace in &it.workspaces {
        text.line("");
        of_workspace(&mut text, report, workspace, style);
    }
    text
}

fn of_workspace(
    text: &mut Safe<Terminal>,
    report: &RecommendationReport<'_>,
    of: &WorkspaceRecommendation,
    style: TerminalStyle,
) {
    table(text, of, style);
    for left in &of.left_out {
        paragraph(text, style, Paint::Yellow, "", &sentences::left_out(left));
    }
    text.line("");
    let sure = of.choice.scenario().is_some();
    let paint = if sure { Paint::Green } else { Paint::Yellow };
    paragraph(text, style, paint, "", &sentences::answer(of));
    if let Some(savings) = &of.savings {
        for line in sentences::savings(savings, report.billed_by) {
            paragraph(text, style, Paint::Plain, "", &line);
        }
    }
    if !of.flips.is_empty() {
        text.line("");
        text.painted(style.paint(Paint::Bold), "When it is otherwise");
        for flip in of.flips.iter().take(SHOWN) {
            paragraph(text, style, Paint::Plain, "- ", &sentences::flip(flip));
        }
    }
    if !of.advice.is_empty() {
        text.line("");
        text.painted(style.paint(Paint::Bold), "What the data show to improve");
    }
    for advice in of.advice.iter().take(SHOWN) {
        let words = advice::words(advice);
        paragraph(text, style, Paint::Plain, "- ", words.title);
        let parts = [
            ("why", words.rationale.as_str()),
            ("saves", &words.potential),
            ("but", words.caveat),
            ("to know more", words.missing),
        ];
        for (name, words) in parts {
            paragraph(text, style, Paint::Dim, "  ", &format!("{name}: {words}"));
        }
    }
}

fn table(text: &mut Safe<Terminal>, of: &WorkspaceRecommendation, style: TerminalStyle) {
    let mut table = Table::new();
    table.load_style(minimal_style());
    table.set_header(["", of.workspace.as_str(), "a job", "beside the reference", "", "needs"]);
    for it in &of.ranking {
        let cells = row(it);
        table.add_row(cells.iter().enumerate().map(|(number, cell)| {
            let side = if number == 2 { CellAlignment::Right } else { CellAlignment::Left };
            Cell::new(one_line(cell)).set_alignment(side)
        }));
    }
    for (number, line) in table.lines().enumerate() {
        let paint = if number == 0 { Paint::Bold } else { Paint::Plain };
        text.painted(style.paint(paint), line.trim_end());
    }
}

/// The cells of a way: place, name, time, ratio, verdict, needs.
pub(super) fn row(it: &RankedScenario) -> [String; 6] {
    let ratio = it.ratio.as_ref().map(ratio_with_spread).unwrap_or_default();
    let verdict = sentences::verdict(it).to_owned();
    let needs = match it.conditions_of.as_ref() {
        Some(other) => format!("as {other}"),
        None => sentences::needs_in_short(it.needs).to_owned(),
    };
    let place = whole(it.place as f64);
    [place, it.scenario.to_string(), seconds(it.seconds), ratio, verdict, needs]
}

/// A sentence that breaks at the terminal's width, behind a mark.
fn paragraph(
    text: &mut Safe<Terminal>,
    style: TerminalStyle,
    paint: Paint,
    mark: &str,
    words: &str,
) {
    let width = style.width.saturating_sub(mark.len() as u16);
    for (number, line) in wrapped(words, width).iter().enumerate() {
        let before = if number == 0 { mark } else { &"  "[..mark.len().min(2)] };
        text.painted(style.paint(paint), format!("{before}{line}"));
    }
}
