//! What became of the units of each job: fresh, hit, compiled, compiled without being cacheable.
//! Owns this chart only. Shares are of the medians.

use lukewarm_analysis::{Findings, Row};
use lukewarm_model::Metric;

use super::canvas::ChartError;
use super::frame::{Frame, OUTCOMES, chart as framed, counts, label, panels, stack};
use crate::sections::Section;
use crate::words::percent;

const METRICS: [Metric; 4] =
    [Metric::UnitsFresh, Metric::UnitsHit, Metric::UnitsMiss, Metric::UnitsNoncacheable];

pub(super) fn chart(findings: &Findings, section: &Section<'_>) -> Result<String, ChartError> {
    let panels = panels(section, |_| true);
    let frame = Frame {
        title: format!("What each job on {} could reuse", section.workspace),
        subtitle: format!(
            "Share of the units that Cargo planned, median of {}; more green is more reuse",
            counts(&panels)
        ),
        legend: &OUTCOMES,
        largest: 1.0,
        tick: |share| format!("{:.0} %", share * 100.0),
        line_height: 24.0,
    };
    framed(findings, section, &panels, &frame, |canvas, scale, line| {
        let parts: Vec<_> = shares(line.row).into_iter().zip(OUTCOMES.map(|(_, c)| c)).collect();
        stack(canvas, scale, (line.y - 7.0, line.y + 7.0), &parts)?;
        canvas.text(scale.x(1.0) + 8.0, line.y, &words(line.row), label())
    })
}

/// The outcomes' counts over all units; 0 where a count is missing.
fn shares(row: &Row) -> [f64; 4] {
    let point = |metric| row.estimate(metric, None).map_or(0.0, |estimate| estimate.point);
    let units = point(Metric::Units);
    METRICS.map(|metric| if units > 0.0 { point(metric) / units } else { 0.0 })
}

/// `reuse 70 %, hits 100 %`.
fn words(row: &Row) -> String {
    let reuse = row.estimate(Metric::ReuseRatio, None).map(|found| ("reuse", found.point));
    let hits = row.estimate(Metric::HitRatio, None).map(|found| ("hits", found.point));
    let phrases: Vec<String> = [reuse, hits]
        .into_iter()
        .flatten()
        .map(|(word, share)| format!("{word} {}", percent(share)))
        .collect();
    phrases.join(" · ")
}
