//! A ratio along a swept setting, and where it crosses its level.
//! Owns this picture only; curve and crossover are the analysis's, and drawn by its own rule.

use lukewarm_analysis::{Crossover, Curve, CurvePoint, CurveShape};

use super::axis::Axis;
use super::canvas::{Canvas, Picture};
use super::colour::{INK, SOFT};
use super::frame::{Heading, MARGIN, WIDTH, heading};
use super::plot::{EndLabel, Series, end_labels, rungs, series};
use super::typeface::{label, small};
use crate::format::trimmed;

const LEFT: f64 = 66.0;
const HEIGHT: f64 = 300.0;
/// Height of the line in which one crossover is written.
const LANE: f64 = 20.0;
/// Pieces between two points where the setting's axis is logarithmic: what is straight to the
/// analysis is bent there.
const PIECES: usize = 16;

/// One picture of one curve or several along the same setting.
pub(super) fn chart(curves: &[Curve]) -> Picture {
    let points = || curves.iter().flat_map(|it| &it.points);
    let Some(first) = curves.first().filter(|_| points().next().is_some()) else {
        return nothing();
    };
    let names = Names::of(curves);
    let title = capital(&format!("{}, by {}", names.common, first.setting.words()));
    let verdicts: Vec<String> = curves.iter().map(verdict).collect();
    let told = curves.iter().zip(&names.own).zip(&verdicts);
    let told: Vec<String> = match curves.len() {
        1 => verdicts.iter().map(|it| format!("It {it}")).collect(),
        _ => told.map(|((_, name), verdict)| format!("{name} {verdict}")).collect(),
    };
    let message = format!("{title}: {}.", told.join("; "));
    let mut canvas = Canvas::default();
    let subtitle = subtitle(first, (curves.len() == 1).then(|| told.join("")));
    let top = heading(&mut canvas, &Heading { title, subtitle, legend: &[] }) + 4.0;
    let crossings: Vec<(usize, Crossover)> =
        curves.iter().enumerate().filter_map(crossing).collect();
    let top = top + LANE * crossings.len() as f64 + 6.0;
    let bottom = top + HEIGHT;
    let right = if curves.len() == 1 { WIDTH - 24.0 } else { 556.0 };
    let axes = (horizontal(curves, right), vertical(curves, (bottom, top)));
    for (lane, (number, crossing)) in crossings.iter().enumerate() {
        let y = top - LANE * (crossings.len() - lane) as f64 + 4.0;
        let curve = &curves[*number];
        crossover(&mut canvas, &axes, (curve, crossing, series(*number)), (y, top, bottom));
    }
    rungs(&mut canvas, &axes.1, (LEFT, right), |value| format!("{}×", trimmed(value)));
    let level = axes.1.at(first.level);
    canvas.path(vec![(LEFT, level), (right, level)], INK, 1);
    for (number, curve) in curves.iter().enumerate() {
        draw(&mut canvas, &axes, curve, series(number));
    }
    let foot = swept(&mut canvas, &axes.0, points(), bottom);
    canvas.text((LEFT + right) / 2.0, foot + 18.0, first.setting.words(), small().centred());
    if curves.len() > 1 {
        let labels = curves.iter().enumerate().map(|(number, curve)| {
            let last = curve.points.last();
            let at = last.map_or((LEFT, level), |it| place(&axes, it.at, it.estimate.point));
            let (name, value) = (names.own[number].clone(), course_word(curve).to_owned());
            EndLabel { name, value, at, series: series(number) }
        });
        end_labels(&mut canvas, right + 22.0, (top, bottom), labels.collect());
    }
    canvas.picture((WIDTH, foot + 34.0), message)
}

fn nothing() -> Picture {
    let mut canvas = Canvas::default();
    canvas.text(MARGIN, 20.0, "No point of the sweep has a result", label());
    canvas.picture((WIDTH, 40.0), "No point of the sweep has a result.".to_owned())
}

/// What several curves' names share, and what is each one's own.
struct Names {
    common: String,
    own: Vec<String>,
}

impl Names {
    /// `wall of … over none` from `wall of a over none` and `wall of b over none`.
    fn of(curves: &[Curve]) -> Names {
        let words: Vec<Vec<&str>> = curves.iter().map(|it| it.what.split(' ').collect()).collect();
        let shortest = words.iter().map(Vec::len).min().unwrap_or(0);
        let same = |place: &dyn Fn(&Vec<&str>) -> String| {
            words.iter().all(|it| place(it) == place(&words[0]))
        };
        let begins = |n: &usize| same(&|it: &Vec<&str>| it[..*n].join(" "));
        let ends = |n: &usize| same(&|it: &Vec<&str>| it[it.len() - n..].join(" "));
        // Each keeps a word of its own.
        let begin = (0..shortest).rev().find(begins).unwrap_or(0);
        let end = (0..shortest - begin).rev().find(ends).unwrap_or(0);
        if words.len() == 1 {
            return Names { common: curves[0].what.clone(), own: vec![curves[0].what.clone()] };
        }
        let own = words.iter().map(|it| it[begin..it.len() - end].join(" ")).collect();
        let (before, after) = (&words[0][..begin], &words[0][words[0].len() - end..]);
        let common = [before, &["…"], after].concat().join(" ");
        Names { common, own }
    }
}

fn subtitle(curve: &Curve, told: Option<String>) -> String {
    let estimates = || curve.points.iter().map(|it| &it.estimate);
    let estimator = estimates().next().map_or("", |it| it.estimator.words());
    let counts = || estimates().map(|it| it.count);
    let n = match (counts().min(), counts().max()) {
        (Some(low), Some(high)) if low != high => format!("n = {low} to {high}"),
        (low, _) => format!("n = {}", low.unwrap_or(0)),
    };
    let told = told.map_or(String::new(), |it| format!("{it}. "));
    let shaded = match curve.course {
        CurveShape::Crosses(_) => "; shaded: interval of the crossover",
        _ => "",
    };
    format!("{told}{}, {n} per point{shaded}", capital(estimator))
}

/// What a curve does, in words that follow its name.
fn verdict(curve: &Curve) -> String {
    let level = trimmed(curve.level);
    match curve.course {
        CurveShape::Below => format!("stays below {level}×"),
        CurveShape::Above => format!("stays above {level}×"),
        CurveShape::Tangled => format!("crosses {level}× more than once"),
        CurveShape::Open => "is undecided at every point".to_owned(),
        CurveShape::Crosses(it) => {
            let way = if it.rises { "rises above" } else { "falls below" };
            format!("{way} {level}× at {} {}", curve.setting.words(), written(curve, &it))
        }
    }
}

fn course_word(curve: &Curve) -> &'static str {
    match curve.course {
        CurveShape::Below => "below",
        CurveShape::Above => "above",
        CurveShape::Crosses(Crossover { rises: true, .. }) => "rises",
        CurveShape::Crosses(_) => "falls",
        CurveShape::Tangled => "tangled",
        CurveShape::Open => "undecided",
    }
}

/// `82 ms (70–90 ms)`.
fn written(curve: &Curve, it: &Crossover) -> String {
    let [at, low, high] = [it.at, it.low, it.high].map(|value| in_unit(curve, value, it.at));
    format!("{}{} ({}–{}{})", at.0, at.1, low.0, high.0, high.1)
}

/// A value in the unit of the labelled point that is nearest to a place, with that unit.
fn in_unit(curve: &Curve, value: f64, near: f64) -> (String, String) {
    let unit = |point: &CurvePoint| {
        let digits = point.label.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',');
        let (number, unit) = point.label.split_at(digits.unwrap_or(point.label.len()));
        let number: f64 = number.replace(',', "").parse().ok()?;
        let factor = point.at / number;
        (factor > 0.0 && factor.is_finite()).then(|| (factor, unit.to_owned(), point.at))
    };
    let units = curve.points.iter().filter_map(unit);
    // Nearest as factors are: 20 ms is nearer to 30 ms than to 1 s.
    let far = |at: f64| (at / near).ln().abs();
    let nearest = units.min_by(|a, b| far(a.2).total_cmp(&far(b.2)));
    let (factor, unit, _) = nearest.unwrap_or((1.0, String::new(), near));
    (trimmed(value / factor), unit)
}

fn crossing((number, curve): (usize, &Curve)) -> Option<(usize, Crossover)> {
    match curve.course {
        CurveShape::Crosses(crossover) => Some((number, crossover)),
        _ => None,
    }
}

/// Logarithmic where the values allow it and range far enough; else as they are.
fn horizontal(curves: &[Curve], right: f64) -> Axis {
    let at = || curves.iter().flat_map(|it| &it.points).map(|it| it.at);
    let (low, high) = (at().fold(f64::INFINITY, f64::min), at().fold(0.0, f64::max));
    let span = (LEFT + 14.0, right - 14.0);
    match low > 0.0 && high / low >= 20.0 {
        true => Axis::along(low, high, span),
        false => Axis::between(low, high, span),
    }
}

fn vertical(curves: &[Curve], span: (f64, f64)) -> Axis {
    let levels = || curves.iter().map(|it| it.level);
    let estimates = || curves.iter().flat_map(|it| &it.points).map(|it| &it.estimate);
    let low = estimates().map(|it| it.low).chain(levels()).filter(|it| *it > 0.0);
    let high = estimates().map(|it| it.high).chain(levels()).filter(|it| it.is_finite());
    Axis::snug(low.fold(f64::INFINITY, f64::min), high.fold(0.0, f64::max), span)
}

fn place(axes: &(Axis, Axis), at: f64, ratio: f64) -> (f64, f64) {
    (axes.0.at(at), axes.1.at(ratio))
}

/// The crossover in its lane, its line down to the level, and its interval shaded.
fn crossover(
    canvas: &mut Canvas,
    axes: &(Axis, Axis),
    (curve, it, series): (&Curve, &Crossover, Series),
    (y, top, bottom): (f64, f64, f64),
) {
    let (low, at, high) = (axes.0.at(it.low), axes.0.at(it.at), axes.0.at(it.high));
    let high = high.max(low + 1.0);
    canvas.veil(vec![(low, top), (high, top), (high, bottom), (low, bottom)], series.colour);
    canvas.path(vec![(at, y + 8.0), (at, axes.1.at(curve.level))], series.colour, 1);
    let text = written(curve, it);
    let half = label().width(&text) / 2.0 + 8.0;
    let middle = at.clamp(MARGIN + half + 8.0, WIDTH - MARGIN - half);
    canvas.point((middle - half, y), series.form, 3, series.colour);
    canvas.text(middle + 4.0, y, &text, label().centred());
}

/// Band, line, intervals and points of one curve.
fn draw(canvas: &mut Canvas, axes: &(Axis, Axis), curve: &Curve, series: Series) {
    let upper = drawn(axes, &curve.points, |it| it.estimate.high);
    let mut band = drawn(axes, &curve.points, |it| it.estimate.low);
    band.extend(upper.into_iter().rev());
    if curve.points.len() > 1 {
        canvas.veil(band, series.colour);
        canvas.path(drawn(axes, &curve.points, |it| it.estimate.point), series.colour, 2);
    }
    for point in &curve.points {
        let (x, y) = place(axes, point.at, point.estimate.point);
        let ends = [point.estimate.low, point.estimate.high].map(|it| axes.1.at(it));
        canvas.bar(x, (ends[0], ends[1]), series.colour);
        canvas.point((x, y), series.form, 4, series.colour);
    }
}

/// A line through the points, bent as the analysis has it: the ratio's logarithm is straight
/// along the setting.
fn drawn(
    axes: &(Axis, Axis),
    points: &[CurvePoint],
    of: fn(&CurvePoint) -> f64,
) -> Vec<(f64, f64)> {
    let pieces = if axes.0.is_logarithmic() { PIECES } else { 1 };
    let mut line: Vec<(f64, f64)> = Vec::new();
    for pair in points.windows(2) {
        let (from, to) = (of(&pair[0]).ln(), of(&pair[1]).ln());
        line.extend((0..pieces).map(|piece| {
            let share = piece as f64 / pieces as f64;
            let at = pair[0].at + (pair[1].at - pair[0].at) * share;
            place(axes, at, (from + (to - from) * share).exp())
        }));
    }
    line.extend(points.last().map(|it| place(axes, it.at, of(it))));
    line
}

/// The swept values below the plot, those without room left out; gives where they end.
fn swept<'a>(
    canvas: &mut Canvas,
    axis: &Axis,
    points: impl Iterator<Item = &'a CurvePoint>,
    bottom: f64,
) -> f64 {
    let mut points: Vec<&CurvePoint> = points.collect();
    points.sort_by(|a, b| a.at.total_cmp(&b.at));
    points.dedup_by(|a, b| a.at == b.at);
    // The last value is worth more than the one before it: from the right, then.
    let mut free = f64::INFINITY;
    for point in points.iter().rev() {
        let x = axis.at(point.at);
        canvas.line((x, bottom), (x, bottom + 4.0), SOFT);
        let text = small().fit(&point.label, 90.0);
        let half = small().width(&text) / 2.0;
        let middle = x.clamp(MARGIN + half, WIDTH - MARGIN - half);
        if middle + half <= free {
            canvas.text(middle, bottom + 15.0, &text, small().centred());
            free = middle - half - 8.0;
        }
    }
    bottom + 18.0
}

fn capital(text: &str) -> String {
    let mut signs = text.chars();
    signs.next().map_or(String::new(), |first| first.to_uppercase().chain(signs).collect())
}
