//! Bytes that each job received from its service and sent to it.
//! Owns this chart only; scenarios without a service have no bytes and no line.

use lukewarm_analysis::Findings;
use lukewarm_model::Metric;

use super::canvas::{ChartError, SOFT};
use super::frame::{DIRECTIONS, Frame, chart as framed, counts, label, panels, stack};
use crate::sections::Section;
use crate::words::bytes;

/// The chart; none where no scenario has a service.
pub(super) fn chart(
    findings: &Findings,
    section: &Section<'_>,
) -> Result<Option<String>, ChartError> {
    let scenarios = &findings.run.plan.scenarios;
    let served = |name: &str| scenarios.iter().any(|s| s.name == name && s.service.is_some());
    let panels = panels(section, served);
    if panels.is_empty() {
        return Ok(None);
    }
    let metrics = [Metric::BytesDown, Metric::BytesUp];
    let rows = || panels.iter().flat_map(|panel| &panel.rows);
    let values = || rows().flat_map(|row| metrics.map(|metric| row.estimate(metric, None)));
    let frame = Frame {
        title: format!("Bytes between each job on {} and its service", section.workspace),
        subtitle: format!(
            "Body bytes counted at the service, median of {}; scenarios without a service left out",
            counts(&panels)
        ),
        legend: &DIRECTIONS,
        largest: values().flatten().map(|value| value.point).fold(0.0, f64::max),
        tick: |value| if value == 0.0 { "0".to_owned() } else { bytes(value) },
        line_height: 34.0,
    };
    let svg = framed(findings, section, &panels, &frame, |canvas, scale, line| {
        for (number, (metric, (_, colour))) in metrics.into_iter().zip(DIRECTIONS).enumerate() {
            let Some(estimate) = line.row.estimate(metric, None) else { continue };
            let top = line.y - 13.0 + 14.0 * number as f64;
            let parts = [(estimate.point, colour)];
            let end = stack(canvas, scale, (top, top + 12.0), &parts)?;
            let mut place = label();
            place.pixels = 11.0;
            place.colour = SOFT;
            canvas.text(end + 7.0, top + 6.0, &bytes(estimate.point), place)?;
        }
        Ok(())
    });
    svg.map(Some)
}
