//! Reuse: what became of each job's units.

use lukewarm_analysis::{Findings, Row};
use lukewarm_model::Metric;

use super::draw::Colour;
use super::{Bar, Part, Sketch};
use crate::words;

pub fn sketch(findings: &Findings, workspace: &str) -> Sketch {
    let title = format!("{workspace}: what became of each job's units, and the share reused");
    let legend = vec![
        Part { name: "fresh (Cargo skipped it)", colour: Colour::Green },
        Part { name: "hit", colour: Colour::Sky },
        Part { name: "compiled", colour: Colour::Vermilion },
        Part { name: "not cacheable by the tool", colour: Colour::Grey },
    ];
    super::sketch(findings, workspace, title, legend, bar)
}

fn bar(row: &Row) -> Bar {
    let count = |metric| row.estimate(metric, None).map_or(0.0, |it| it.point);
    let parts =
        [Metric::UnitsFresh, Metric::UnitsHit, Metric::UnitsMiss, Metric::UnitsNoncacheable];
    let mut label = words::metric(row, Metric::ReuseRatio, words::percent);
    if let Some(hits) = row.estimate(Metric::HitRatio, None) {
        label = format!("{label} · hits {}", words::percent(hits.point));
    }
    Bar { parts: parts.map(count).to_vec(), label, range: None }
}
