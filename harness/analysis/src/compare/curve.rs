//! Curves: a ratio along a swept setting, and where it crosses a level.
//! Owns the crossover, its interval, and the choice of further points. It must not know how a point
//! was measured.

use lukewarm_model::Setting;
use lukewarm_model::described::JsonSchema;
use serde::{Serialize, Serializer};

use super::decide::{Side, side};
use crate::estimate::{Estimate, Estimator};

/// A ratio along a swept setting.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Curve {
    /// The swept setting, in words: `round trip`.
    #[serde(rename = "dimension", serialize_with = "words")]
    #[schemars(with = "String")]
    pub setting: Setting,
    /// The ratio, in words: `wall of sccache-webdav over none, unchanged`.
    pub what: String,
    /// The points, by the setting's value.
    pub points: Vec<CurvePoint>,
    /// The level of the crossover, usually 1.
    pub level: f64,
    /// The shape of the curve relative to its level, with the crossover.
    pub course: CurveShape,
}

/// One measured point of a curve.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct CurvePoint {
    /// The setting's value in its base unit: seconds, bits per second, a count, a share.
    pub at: f64,
    /// The setting's value with its unit: `20 ms`.
    pub label: String,
    /// The ratio at this value.
    pub estimate: Estimate,
}

/// The shape of a curve relative to its level.
#[derive(Clone, Copy, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CurveShape {
    /// Every decided point lies below, and one at least is decided.
    Below,
    /// Every decided point lies above, and one at least is decided.
    Above,
    /// It crosses the level once.
    Crosses(Crossover),
    /// It crosses the level more than once.
    Tangled,
    /// No point is decided.
    Open,
}

/// The value of the setting at which a curve crosses its level.
#[derive(Clone, Copy, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Crossover {
    /// The crossover of the linearly interpolated points.
    pub at: f64,
    /// The lower end of its interval: the last value at which the first side is decided.
    pub low: f64,
    /// The upper end of its interval: the first value at which the other side is decided.
    pub high: f64,
    /// Whether the ratio grows with the setting, so that the first side is the lower one.
    pub rises: bool,
}

/// A function that picks one number of an estimate.
type Bound = fn(&Estimate) -> f64;

impl Curve {
    /// The curve through points, which it sorts.
    pub fn new(setting: Setting, what: &str, mut points: Vec<CurvePoint>, level: f64) -> Curve {
        points.sort_by(|a, b| a.at.total_cmp(&b.at));
        let course = course(&points, level);
        Curve { setting, what: what.to_owned(), points, level, course }
    }

    /// The same points, of which none decides anything.
    pub(crate) fn undecided(self) -> Curve {
        Curve { course: CurveShape::Open, ..self }
    }

    /// A value of the swept setting with its unit.
    pub fn written(&self, at: f64) -> String {
        self.setting.written(at)
    }

    /// Values at which further points narrow the crossover most: inside the gap between the last
    /// point on one side and the first on the other, at most `most`. Empty for a curve that does
    /// not cross, or whose gap is below a twentieth of the whole range.
    pub fn refinement(&self, most: usize) -> Vec<f64> {
        let CurveShape::Crosses(_) = self.course else { return Vec::new() };
        let Some((before, after)) = gap(&self.points, self.level) else { return Vec::new() };
        let (from, to) = (self.points[before].at, self.points[after].at);
        let range = self.points[self.points.len() - 1].at - self.points[0].at;
        // Points inside the gap that decide nothing are no reason for more beside them.
        if to - from < range / 20.0 || after - before > most {
            return Vec::new();
        }
        let part = (to - from) / (most + 1) as f64;
        (1..=most).map(|number| from + part * number as f64).collect()
    }
}

/// A setting in words, as files have it.
fn words<S: Serializer>(setting: &Setting, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(setting.words())
}

/// The pair of decided points between which the curve crosses.
fn gap(points: &[CurvePoint], level: f64) -> Option<(usize, usize)> {
    let decided: Vec<(usize, Side)> = points
        .iter()
        .enumerate()
        .filter_map(|(i, it)| Some((i, decided_side(it, level)?)))
        .collect();
    let changes: Vec<_> = decided.windows(2).filter(|pair| pair[0].1 != pair[1].1).collect();
    match changes[..] {
        [pair] => Some((pair[0].0, pair[1].0)),
        _ => None,
    }
}

fn course(points: &[CurvePoint], level: f64) -> CurveShape {
    let sides: Vec<Side> = points.iter().filter_map(|it| decided_side(it, level)).collect();
    let changes = sides.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let Some(first) = sides.first() else { return CurveShape::Open };
    match (changes, first) {
        (0, Side::Below) => CurveShape::Below,
        (0, Side::Above) => CurveShape::Above,
        (1, first) => match gap(points, level) {
            Some((before, after)) => CurveShape::Crosses(crossover(
                &points[before..=after],
                level,
                *first == Side::Below,
            )),
            None => CurveShape::Tangled,
        },
        _ => CurveShape::Tangled,
    }
}

/// The side on which a point lies; absent where its interval is not a confidence interval, or its
/// values are not known to repeat: one sample decides nothing.
fn decided_side(point: &CurvePoint, level: f64) -> Option<Side> {
    let decides = match point.estimate.estimator {
        // Of values that repeat exactly: the range is what was seen of them.
        Estimator::MedianWithRange => point.estimate.count > 1,
        estimator => estimator.is_confident(),
    };
    side(&point.estimate, level).filter(|_| decides)
}

/// The crossover among points whose ends lie on different sides. Between points the logarithm of
/// the ratio is interpolated linearly.
fn crossover(points: &[CurvePoint], level: f64, rises: bool) -> Crossover {
    let ends = (points[0].at, points[points.len() - 1].at);
    let at = crossing(points, level, |it| it.point);
    // The bound that leaves the first side first, and the one that reaches the other side last.
    let (first, last): (Bound, Bound) = match rises {
        true => (|it| it.high, |it| it.low),
        false => (|it| it.low, |it| it.high),
    };
    let low = crossing(points, level, first).unwrap_or(ends.0);
    let high = points.windows(2).rev().find_map(|pair| between(pair, level, last));
    let (low, high) = (low, high.unwrap_or(ends.1));
    Crossover { at: at.unwrap_or((ends.0 + ends.1) / 2.0).clamp(low, high), low, high, rises }
}

/// The first place where a line through the points crosses the level.
fn crossing(points: &[CurvePoint], level: f64, of: Bound) -> Option<f64> {
    points.windows(2).find_map(|pair| between(pair, level, of))
}

/// Where the straight line between two points crosses the level, if it does.
fn between(pair: &[CurvePoint], level: f64, of: Bound) -> Option<f64> {
    let height = |point: &CurvePoint| of(&point.estimate).ln() - level.ln();
    let (from, to) = (height(&pair[0]), height(&pair[1]));
    if from == to || from * to > 0.0 || !from.is_finite() || !to.is_finite() {
        return None;
    }
    Some(pair[0].at + (pair[1].at - pair[0].at) * (from / (from - to)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points of a true curve, each with an interval of ± a share.
    fn points(at: &[f64], ratio: impl Fn(f64) -> f64, spread: f64) -> Vec<CurvePoint> {
        let point = |at: &f64| {
            let point = ratio(*at);
            let (low, high) = (point / (1.0 + spread), point * (1.0 + spread));
            let estimator = Estimator::HodgesLehmann;
            let estimate = Estimate { point, low, high, estimator, count: 10 };
            CurvePoint { at: *at, label: format!("{at}"), estimate }
        };
        at.iter().map(point).collect()
    }

    fn curve(at: &[f64], ratio: impl Fn(f64) -> f64, spread: f64) -> Curve {
        Curve::new(Setting::RoundTrip, "a over b", points(at, ratio, spread), 1.0)
    }

    const COARSE: [f64; 4] = [0.0, 50.0, 100.0, 200.0];

    #[test]
    fn a_crossover_is_found_in_both_directions_with_its_interval() {
        // exp((x - 80) / 100) crosses 1 at 80; ±10 % is ±9.5 along the line.
        for (sign, rises) in [(1.0, true), (-1.0, false)] {
            let found = curve(&COARSE, |x| (sign * (x - 80.0) / 100.0_f64).exp(), 0.1);
            let CurveShape::Crosses(it) = found.course else { panic!("{:?}", found.course) };
            assert!((it.at - 80.0).abs() < 1e-9, "{it:?}");
            assert!((it.low - 70.469).abs() < 1e-2 && (it.high - 89.531).abs() < 1e-2, "{it:?}");
            assert_eq!(it.rises, rises);
        }
    }

    #[test]
    fn a_curve_on_one_side_does_not_cross() {
        assert_eq!(curve(&COARSE, |_| 0.5, 0.1).course, CurveShape::Below);
        assert_eq!(curve(&COARSE, |_| 1.5, 0.1).course, CurveShape::Above);
        assert_eq!(curve(&COARSE, |_| 1.01, 0.1).course, CurveShape::Open);
        // A last point that decides nothing is no crossing.
        let near = |x: f64| if x > 150.0 { 1.02 } else { 0.8 };
        assert_eq!(curve(&COARSE, near, 0.1).course, CurveShape::Below);
        let to_and_fro = |x: f64| if x == 50.0 { 2.0 } else { 0.5 };
        assert_eq!(curve(&COARSE, to_and_fro, 0.1).course, CurveShape::Tangled);
        assert_eq!(Curve::new(Setting::RoundTrip, "b", Vec::new(), 1.0).course, CurveShape::Open);
    }

    #[test]
    fn points_that_decide_nothing_widen_the_interval() {
        let flat = |x: f64| (x - 75.0) / 1000.0;
        let found = curve(&COARSE, |x| flat(x).exp(), 0.02);
        let CurveShape::Crosses(it) = found.course else { panic!("{:?}", found.course) };
        assert!(it.low < 60.0 && it.high > 90.0, "{it:?}");
        // The points at 50 and 100 decide, so that the interval lies between them.
        assert!(it.low > 50.0 && it.high < 100.0, "{it:?}");
    }

    #[test]
    fn refinement_lies_in_the_gap_and_ends() {
        let ratio = |x: f64| ((x - 80.0) / 100.0).exp();
        let coarse = curve(&COARSE, ratio, 0.05);
        assert_eq!(coarse.refinement(1), [75.0]);
        assert_eq!(coarse.refinement(2).len(), 2);
        assert!(curve(&COARSE, |_| 0.5, 0.05).refinement(2).is_empty());
        let fine = curve(&[0.0, 76.0, 84.0, 200.0], ratio, 0.01);
        assert!(fine.refinement(2).is_empty(), "{:?}", fine.refinement(2));
    }

    #[test]
    fn fewer_pairs_than_a_verdict_needs_make_no_crossover() {
        for (estimator, count) in [
            (Estimator::GeometricMeanWithRange, 1),
            (Estimator::GeometricMeanWithRange, 5),
            (Estimator::MedianWithRange, 1),
        ] {
            let mut points = points(&COARSE, |x| ((x - 80.0) / 100.0).exp(), 0.0);
            for point in &mut points {
                point.estimate.estimator = estimator;
                point.estimate.count = count;
            }
            let found = Curve::new(Setting::RoundTrip, "a over b", points, 1.0);
            assert_eq!(found.course, CurveShape::Open, "{estimator:?} of {count}");
            assert!(found.refinement(2).is_empty());
        }
    }

    #[test]
    fn points_are_put_in_order() {
        let found = curve(&[200.0, 0.0, 50.0, 100.0], |x| ((x - 80.0) / 100.0).exp(), 0.05);
        let at: Vec<f64> = found.points.iter().map(|point| point.at).collect();
        assert_eq!(at, COARSE);
        assert!(matches!(found.course, CurveShape::Crosses(_)));
    }
}
