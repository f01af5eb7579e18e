//! What the cache keeps after each job of the story: how fast it grows, and whether it stops.
//! Owns this chart only; short stories and those that store nothing have none.

use lukewarm_analysis::Row;
use lukewarm_model::Metric;

use super::axis::Axis;
use super::canvas::{Canvas, Picture};
use super::caption::extent;
use super::frame::{Heading, MARGIN, WIDTH, heading, panels};
use super::plot::{EndLabel, broken, end_labels, rungs, series};
use super::typeface::small;
use crate::format::{bytes, round_bytes};
use crate::sections::{Group, Section};

/// The fewest jobs that show a growth.
const FEWEST: usize = 3;
const LEFT: f64 = 76.0;
const RIGHT: f64 = 560.0;
const HEIGHT: f64 = 300.0;
const MIDDLE: f64 = (LEFT + RIGHT) / 2.0;

/// One scenario's bytes after each job; absent where the job has no result.
struct StoredSeries<'a> {
    /// The scenario's number among all, so that its colour is the same in every chart.
    number: usize,
    scenario: &'a str,
    stored: Vec<Option<f64>>,
}

/// The chart; none for fewer than three jobs, or where nothing is stored.
pub(super) fn chart(section: &Section<'_>) -> Option<Picture> {
    let panels = panels(section, |_| true);
    let jobs: Vec<&str> = panels.iter().map(|panel| panel.job).collect();
    let courses = courses(section, &jobs);
    if jobs.len() < FEWEST || courses.is_empty() {
        return None;
    }
    let title = format!("Size of the cache after each job on {}", section.workspace);
    let ends = courses.iter().filter_map(|it| Some((it.scenario, it.stored.last().copied()??)));
    let message = match extent(ends, bytes) {
        Some(said) => format!("{title}: after {} jobs the caches keep {said}.", jobs.len()),
        None => format!("{title}: no result after the last job."),
    };
    let mut canvas = Canvas::default();
    let subtitle = "Bytes that the cache keeps when the job has ended, median; scenarios that \
                    store nothing are left out";
    let above = Heading { title, subtitle: subtitle.to_owned(), legend: &[] };
    let top = heading(&mut canvas, &above) + 12.0;
    let bottom = top + HEIGHT;
    let values = || courses.iter().flat_map(|it| it.stored.iter().flatten());
    let y = Axis::from_zero(values().copied().fold(0.0, f64::max), (bottom, top));
    let x = Axis::between(1.0, jobs.len() as f64, (LEFT + 8.0, RIGHT));
    rungs(&mut canvas, &y, (LEFT, RIGHT), round_bytes);
    let foot = names(&mut canvas, &x, &jobs, bottom);
    let labels = courses.iter().map(|course| line(&mut canvas, (&x, &y), course)).collect();
    end_labels(&mut canvas, RIGHT + 22.0, (top, bottom), labels);
    Some(canvas.picture((WIDTH, foot + 12.0), message))
}

fn courses<'a>(section: &Section<'a>, jobs: &[&str]) -> Vec<StoredSeries<'a>> {
    let stored = |row: &Row| row.estimate(Metric::StoredBytes, None).map(|it| it.point);
    let course = |(number, group): (usize, &Group<'a>)| {
        let of = |job: &&str| stored(group.rows.iter().find(|row| row.job == **job)?);
        StoredSeries { number, scenario: group.scenario, stored: jobs.iter().map(of).collect() }
    };
    let stores = |it: &StoredSeries<'_>| it.stored.iter().flatten().any(|bytes| *bytes > 0.0);
    section.groups.iter().enumerate().map(course).filter(stores).collect()
}

/// Draws one line; gives the name at its end.
fn line(canvas: &mut Canvas, (x, y): (&Axis, &Axis), course: &StoredSeries<'_>) -> EndLabel {
    let series = series(course.number);
    let place = |(number, value): (usize, &Option<f64>)| {
        value.map(|bytes| (x.at(number as f64 + 1.0), y.at(bytes)))
    };
    let points: Vec<_> = course.stored.iter().enumerate().map(place).collect();
    broken(canvas, &points, series);
    let last = course.stored.iter().rev().flatten().next().copied().unwrap_or(0.0);
    EndLabel {
        name: course.scenario.to_owned(),
        value: bytes(last),
        at: points.iter().rev().flatten().next().copied().unwrap_or((RIGHT, y.at(0.0))),
        series,
    }
}

/// The jobs below the plot: their names in two rows where there is room, else their numbers;
/// gives where they end.
fn names(canvas: &mut Canvas, x: &Axis, jobs: &[&str], bottom: f64) -> f64 {
    let set = small().sized(11.0);
    let apart = (RIGHT - LEFT - 8.0) / (jobs.len() - 1) as f64;
    // In two rows each name has the room of two jobs.
    let room = 2.0 * apart - 8.0;
    if room < 70.0 {
        let every = (24.0 / apart).ceil().max(1.0) as usize;
        for number in (1..=jobs.len()).filter(|it| *it == 1 || it % every == 0) {
            canvas.text(x.at(number as f64), bottom + 16.0, &number.to_string(), set.centred());
        }
        canvas.text(MIDDLE, bottom + 34.0, "number of the job in the story", small().centred());
        return bottom + 40.0;
    }
    for (number, job) in jobs.iter().enumerate() {
        let at = x.at(number as f64 + 1.0);
        let row = bottom + 16.0 + 15.0 * (number % 2) as f64;
        // A name at an edge has half its room beyond it.
        let text = set.fit(&format!("{} {job}", number + 1), room);
        let half = set.width(&text) / 2.0;
        let at = at.clamp(MARGIN + half, WIDTH - MARGIN - half);
        canvas.text(at, row, &text, set.centred());
    }
    bottom + 36.0
}
