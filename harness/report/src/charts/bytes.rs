//! Bytes that each job received from its service and sent to it, and in how many requests.
//! Owns this chart only; scenarios without a service have no bytes and no line.

use lukewarm_analysis::{Findings, Row};
use lukewarm_model::Metric;

use super::axis::Axis;
use super::canvas::{Canvas, Picture};
use super::caption::{range, sentence};
use super::colour::ALARM;
use super::frame::{
    DIRECTIONS, Frame, Heading, LEFT, Line, RIGHT, chart as framed, counts, panels, stack,
};
use super::typeface::small;
use crate::format::{bytes, round_bytes, whole};
use crate::sections::Section;

const METRICS: [Metric; 2] = [Metric::BytesDown, Metric::BytesUp];

/// The chart; none where no scenario has a service.
pub(super) fn chart(findings: &Findings, section: &Section<'_>) -> Option<Picture> {
    let scenarios = &findings.run.plan.scenarios;
    let served = |name: &str| scenarios.iter().any(|s| s.name == name && s.service.is_some());
    let panels = panels(section, served);
    if panels.is_empty() {
        return None;
    }
    let rows = || panels.iter().flat_map(|panel| &panel.rows);
    let values = || rows().flat_map(|row| METRICS.map(|metric| row.estimate(metric, None)));
    let largest = values().flatten().map(|value| value.point).fold(0.0, f64::max);
    let title =
        format!("Bytes transferred between each job on {} and its service", section.workspace);
    let down = |row: &Row| row.estimate(Metric::BytesDown, None).map(|it| it.point);
    let said = range(findings, section, &panels, down, bytes);
    let frame = Frame {
        message: sentence(&title, section, said.map(|it| format!("bytes down range {it}"))),
        heading: Heading {
            title,
            subtitle: format!(
                "Body bytes and requests counted at the service, median of {}; scenarios without \
                 a service are left out",
                counts(&panels)
            ),
            legend: &DIRECTIONS,
        },
        axis: Axis::from_zero(largest, (LEFT, RIGHT - 40.0)),
        tick: round_bytes,
        line_height: 34.0,
    };
    Some(framed(findings, section, &panels, frame, line))
}

fn line(canvas: &mut Canvas, axis: &Axis, line: &Line<'_>) {
    for (number, (metric, (_, colour))) in METRICS.into_iter().zip(DIRECTIONS).enumerate() {
        let Some(estimate) = line.row.estimate(metric, None) else { continue };
        let top = line.y - 13.0 + 14.0 * number as f64;
        let end = stack(canvas, axis, (top, top + 12.0), &[(estimate.point, colour)]);
        canvas.text(end + 7.0, top + 6.0, &bytes(estimate.point), small().sized(11.0));
    }
    let point = |metric| line.row.estimate(metric, None).map(|it| it.point);
    let end = line.end.min(735.0);
    let set = small().sized(11.0).ending();
    let limited = point(Metric::RequestsLimited).filter(|count| *count > 0.0);
    let y = if limited.is_some() { line.y - 7.0 } else { line.y };
    if let Some(requests) = point(Metric::Requests) {
        let noun = if requests == 1.0 { "request" } else { "requests" };
        canvas.text(end, y, &format!("{} {noun}", whole(requests)), set);
    }
    if let Some(limited) = limited {
        let text = format!("{} refused", whole(limited));
        canvas.text(end, line.y + 7.0, &text, set.in_colour(ALARM));
    }
}
