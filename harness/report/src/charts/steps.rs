//! Steps of one job: the archive's restore, build and save next to the same job of each wrapper.
//! Owns this chart only. Segments are medians, one after the other from the job's start.

use lukewarm_analysis::{Findings, Row};
use lukewarm_model::{Metric, Step};

use super::axis::Axis;
use super::canvas::{Canvas, Picture};
use super::caption::{extent, main_job};
use super::colour::SOFT;
use super::frame::{Frame, Heading, LEFT, Line, Panel, STEPS, chart as framed, counts, stack};
use super::typeface::{label, small};
use super::wall::whole_seconds;
use crate::format::seconds;
use crate::sections::{Group, Section};

/// Where bars may end.
const END: f64 = 700.0;
const LINE: f64 = 46.0;
/// Between two texts on one line.
const GAP: f64 = 10.0;

/// How a scenario caches, in the order of the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    Reference,
    Archive,
    Both,
    Wrapper,
}

/// The chart; none where nothing is restored and nothing wrapped.
pub(super) fn chart(findings: &Findings, section: &Section<'_>) -> Option<Picture> {
    let job = main_job(section)?;
    let reference = findings.run.plan.reference.as_deref();
    let mut groups: Vec<(Way, &Group<'_>)> =
        section.groups.iter().filter_map(|it| Some((way(it, reference)?, it))).collect();
    groups.sort_by_key(|(way, _)| *way);
    groups.iter().find(|(way, _)| *way != Way::Reference)?;
    let row = |group: &Group<'_>| -> Option<usize> { group.rows.iter().position(|r| r.job == job) };
    let rows: Vec<_> = groups.iter().filter_map(|(_, it)| Some(&it.rows[row(it)?])).collect();
    let archive = groups.iter().find(|(way, _)| *way == Way::Archive);
    let archive = archive.and_then(|(_, it)| Some(&it.rows[row(it)?])).filter(|it| ends(it) > 0.0);
    let panel = [Panel { job, rows }];
    let title = format!("Steps of the job {job} on {}", section.workspace);
    let largest = panel[0].rows.iter().map(|row| ends(row)).fold(0.0, f64::max);
    let sound = panel[0].rows.iter().filter(|row| ends(row) > 0.0);
    let said = extent(sound.map(|row| (row.scenario.as_str(), ends(row))), seconds);
    let line = match archive {
        Some(row) => {
            format!("; vertical line: {} ends", label().fit(&row.scenario, 170.0))
        }
        None => String::new(),
    };
    let frame = Frame {
        message: match said {
            Some(said) => format!("{title}: the last step ends {said}."),
            None => format!("{title}: no result."),
        },
        heading: Heading {
            title,
            subtitle: format!(
                "Steps in order, median of {}{line}; a compiler wrapper transfers during the \
                 build",
                counts(&panel)
            ),
            legend: &STEPS,
        },
        axis: Axis::from_zero(largest, (LEFT, END)),
        tick: whole_seconds,
        line_height: LINE,
    };
    Some(framed(findings, section, &panel, frame, |canvas, axis, line| {
        segments(canvas, axis, line, archive.map(|row| axis.at(ends(row))));
    }))
}

/// How a scenario caches, as its rows show it; none for one without archive and wrapper.
fn way(group: &Group<'_>, reference: Option<&str>) -> Option<Way> {
    let has = |metric, step| group.rows.iter().any(|row| row.estimate(metric, step).is_some());
    let archive = has(Metric::Wall, Some(Step::Restore)) || has(Metric::Wall, Some(Step::Save));
    let wrapper = has(Metric::HitRatio, None);
    match (archive, wrapper) {
        _ if reference == Some(group.scenario) => Some(Way::Reference),
        (true, false) => Some(Way::Archive),
        (true, true) => Some(Way::Both),
        (false, true) => Some(Way::Wrapper),
        (false, false) => None,
    }
}

/// The steps that a row has, with their seconds.
fn parts(row: &Row) -> Vec<(usize, f64)> {
    let part = |(number, step): (usize, &Step)| {
        Some((number, row.estimate(Metric::Wall, Some(*step))?.point))
    };
    Step::ALL.iter().enumerate().filter_map(part).collect()
}

/// When the last step ends.
fn ends(row: &Row) -> f64 {
    parts(row).iter().map(|(_, seconds)| seconds).sum()
}

/// The segments of one line, with their words; `archive` is where the archive's job ends.
fn segments(canvas: &mut Canvas, axis: &Axis, line: &Line<'_>, archive: Option<f64>) {
    let parts = parts(line.row);
    let coloured: Vec<_> = parts.iter().map(|(it, value)| (*value, STEPS[*it].1)).collect();
    let end = stack(canvas, axis, (line.y + 1.0, line.y + 17.0), &coloured);
    let total = if parts.len() > 1 { in_all(line, end + 9.0) } else { String::new() };
    if let Some(at) = archive {
        // Not where words are: a line through a digit makes another of it.
        let words = end + 5.0..end + 13.0 + label().width(&total);
        let top = if words.contains(&at) { line.y + 18.0 } else { line.y - 2.0 };
        canvas.line((at, top), (at, line.y + LINE / 2.0), SOFT);
    }
    if !total.is_empty() {
        canvas.text(end + 9.0, line.y + 9.0, &total, label());
    }
    let set = small().sized(11.0);
    let mut before = 0.0;
    let words: Vec<(String, f64)> = parts
        .iter()
        .map(|(number, value)| {
            let middle = (axis.at(before) + axis.at(before + value)) / 2.0;
            before += value;
            (format!("{} {}", STEPS[*number].0, some_seconds(*value)), middle)
        })
        .collect();
    let widths: Vec<f64> = words.iter().map(|(text, _)| set.width(text)).collect();
    let middles: Vec<f64> = words.iter().map(|(_, middle)| *middle).collect();
    for ((text, _), x) in words.iter().zip(abreast(&middles, &widths, (LEFT, line.end))) {
        canvas.text(x, line.y - 10.0, text, set);
    }
}

/// `2.85 s in all`, cut where the line ends.
fn in_all(line: &Line<'_>, x: f64) -> String {
    label().fit(&format!("{} in all", seconds(ends(line.row))), line.end - x)
}

/// Seconds, and never 0 for a step that took a moment.
fn some_seconds(value: f64) -> String {
    if value > 0.0 && value < 0.005 { "<0.01 s".to_owned() } else { seconds(value) }
}

/// Where texts begin that want to be centred at these places, side by side within the ends.
fn abreast(middles: &[f64], widths: &[f64], (left, right): (f64, f64)) -> Vec<f64> {
    let mut starts: Vec<f64> = Vec::new();
    let mut free = left;
    for (middle, width) in middles.iter().zip(widths) {
        let begin = (middle - width / 2.0).max(free);
        starts.push(begin);
        free = begin + width + GAP;
    }
    let mut end = right;
    for (begin, width) in starts.iter_mut().zip(widths).rev() {
        *begin = begin.min(end - width);
        end = *begin - GAP;
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stand_over_their_segments_and_make_way() {
        assert_eq!(abreast(&[50.0, 200.0], &[40.0, 60.0], (0.0, 300.0)), [30.0, 170.0]);
        assert_eq!(abreast(&[5.0, 8.0], &[40.0, 60.0], (0.0, 300.0)), [0.0, 50.0]);
        assert_eq!(abreast(&[270.0, 290.0], &[40.0, 60.0], (0.0, 300.0)), [190.0, 240.0]);
    }
}
