//! Wall-clock by step: how long each job took, and which step it went to.

use lukewarm_analysis::{Findings, Row};
use lukewarm_model::{Metric, Seconds, Step};

use super::draw::Colour;
use super::{Bar, Part, Sketch};
use crate::words;

pub fn sketch(findings: &Findings, workspace: &str) -> Sketch {
    let title = match &findings.run.plan.reference {
        Some(reference) => {
            format!("{workspace}: wall-clock of each job by step, and its ratio to {reference}")
        }
        None => format!("{workspace}: wall-clock of each job by step"),
    };
    let legend = vec![
        Part { name: "restore", colour: Colour::Sky },
        Part { name: "build", colour: Colour::Blue },
        Part { name: "save", colour: Colour::Orange },
    ];
    super::sketch(findings, workspace, title, legend, bar)
}

fn bar(row: &Row) -> Bar {
    let step = |step: Step| row.estimate(Metric::Wall, Some(step)).map_or(0.0, |it| it.point);
    let whole = row.estimate(Metric::Wall, None);
    let mut label = whole.map_or_else(String::new, |it| Seconds(it.point).to_string());
    if let Some(comparison) = &row.comparison {
        label = format!("{label} · {}", words::ratio(comparison));
    }
    Bar {
        parts: Step::ALL.map(step).to_vec(),
        label,
        range: whole.filter(|it| it.count > 1).map(|it| (it.low, it.high)),
    }
}
