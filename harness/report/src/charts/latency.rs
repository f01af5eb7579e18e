//! How long requests took: the cumulative distribution of reads and writes for each scenario.
//! Owns this chart only; without histograms in the record there is none.

use std::collections::BTreeMap;

use lukewarm_model::{Latencies, Operation, Seconds};

use super::axis::Axis;
use super::canvas::{Canvas, Form, Picture};
use super::caption::extent;
use super::colour::{Colour, GRID, ORANGE, SKY};
use super::frame::{Heading, LEFT, MARGIN, RIGHT, WIDTH, heading, ticks};
use super::typeface::{label, small};
use crate::format::{brief, whole};
use crate::sections::{Group, Section};

const SHOWN: [(Operation, &str, Colour); 2] =
    [(Operation::Read, "reads", SKY), (Operation::Write, "writes", ORANGE)];
/// Height of a scenario's strip, and of its curves in it.
const STRIP: f64 = 76.0;
const CURVE: f64 = 52.0;

/// A scenario's reads and writes.
struct LatencyStrip<'a> {
    scenario: &'a str,
    took: BTreeMap<Operation, Latencies>,
}

/// The chart; none where no read or write has its latency in the record.
pub(super) fn chart(section: &Section<'_>) -> Option<Picture> {
    let strips: Vec<LatencyStrip<'_>> = section.groups.iter().filter_map(strip).collect();
    let all = || strips.iter().flat_map(|it| it.took.values()).flat_map(Latencies::cumulative);
    let times = || all().map(|(at, _)| at.0).filter(|at| *at > 0.0);
    let (low, high) = (times().reduce(f64::min)?, times().reduce(f64::max)?);
    let axis = Axis::logarithmic(low, high, (LEFT, RIGHT));
    let title = format!("Latency of requests on {}", section.workspace);
    let half = |it: &LatencyStrip<'_>| Some(it.took.get(&Operation::Read)?.quantile(0.5)?.0);
    let halves = strips.iter().filter_map(|it| Some((it.scenario, half(it)?)));
    let message = match extent(halves, |value| Seconds(value).to_string()) {
        Some(said) => format!("{title}: the median read takes {said}."),
        None => format!("{title}: there are only writes."),
    };
    let mut canvas = Canvas::default();
    let subtitle = "Share of requests answered within a time, from head to last byte, over all \
                    jobs; dot: median (p50), ring: p99";
    let legend = SHOWN.map(|(_, word, colour)| (word, colour));
    let above = Heading { title, subtitle: subtitle.to_owned(), legend: &legend };
    let mut top = heading(&mut canvas, &above);
    for strip in &strips {
        draw(&mut canvas, &axis, strip, top);
        top += STRIP;
    }
    ticks(&mut canvas, &axis, top + 12.0, brief);
    Some(canvas.picture((WIDTH, top + 30.0), message))
}

fn strip<'a>(group: &Group<'a>) -> Option<LatencyStrip<'a>> {
    let mut took: BTreeMap<Operation, Latencies> = BTreeMap::new();
    for (operation, found) in group.rows.iter().flat_map(|row| &row.latency) {
        if SHOWN.iter().any(|(shown, ..)| shown == operation) && found.count() > 0 {
            took.entry(*operation).or_default().merge(found);
        }
    }
    (!took.is_empty()).then_some(LatencyStrip { scenario: group.scenario, took })
}

fn draw(canvas: &mut Canvas, axis: &Axis, strip: &LatencyStrip<'_>, top: f64) {
    let (high, low) = (top + 12.0, top + 12.0 + CURVE);
    let height = Axis::between(0.0, 1.0, (low, high));
    for value in axis.ticks() {
        canvas.line((axis.at(*value), top + 6.0), (axis.at(*value), low), GRID);
    }
    for (share, word) in [(0.0, "0"), (0.5, "50 %"), (1.0, "100 %")] {
        canvas.line((LEFT, height.at(share)), (RIGHT, height.at(share)), GRID);
        let set = small().sized(10.0).ending();
        canvas.text(LEFT - 6.0, height.at(share), word, set);
    }
    let (middle, room) = ((high + low) / 2.0, LEFT - 52.0 - MARGIN);
    let name = label().fit(strip.scenario, room);
    canvas.text(MARGIN, middle - 8.0, &name, label());
    let counts = SHOWN.iter().filter_map(|(operation, word, _)| {
        Some(format!("{} {word}", whole(strip.took.get(operation)?.count() as f64)))
    });
    let counts: Vec<String> = counts.collect();
    let set = small().sized(10.0);
    canvas.text(MARGIN, middle + 8.0, &set.fit(&counts.join(", "), room), set);
    let mut line = middle - 9.0 * (strip.took.len() - 1) as f64;
    for (operation, word, colour) in SHOWN {
        let Some(took) = strip.took.get(&operation) else { continue };
        let points = took.cumulative();
        let place = |(at, share): &(Seconds, f64)| (axis.at(at.0), height.at(*share));
        canvas.path(points.iter().map(place).collect(), colour, 2);
        let [p50, p99] = [0.5, 0.99].map(|share| took.quantile(share).unwrap_or_default());
        canvas.point((axis.at(p50.0), height.at(0.5)), Form::Circle, 4, colour);
        canvas.ring((axis.at(p99.0), height.at(0.99)), 5, colour);
        let text = format!("{word} p50 {p50} · p99 {p99}");
        let x = RIGHT + 14.0;
        canvas.fill((x, line - 4.0), (x + 8.0, line + 4.0), colour);
        let set = small().sized(11.0);
        canvas.text(x + 13.0, line, &set.fit(&text, WIDTH - MARGIN - x - 13.0), set);
        line += 18.0;
    }
}
