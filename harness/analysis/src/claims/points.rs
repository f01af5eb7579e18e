//! A predicate at the points of a sweep, or at one point where nothing is swept.
//! Owns what points come to together. *All hold* and *all fail* need every point at the level of
//! one test (an intersection–union test: Berger 1982). *Some hold* and *some fail* are said of any
//! point among several, so that their level is shared by Holm's steps.

use lukewarm_model::{Bound, Stopping, SweepPoint};

use super::evaluate_predicate::{Level, Measurement};
use super::{Decision, Part, Test, Why};
use crate::compare::{self, MARGIN, Margin, worth_more};

/// One point of a sweep, or the only one there is.
pub(super) struct Point<'a> {
    /// Where it is; none where nothing is swept.
    pub(super) at: Option<&'a SweepPoint>,
    pub(super) measured: Measurement,
}

/// The levels of a claim's tests in a run.
pub(super) struct ClaimLevels {
    all: compare::Levels,
    tests: usize,
}

impl Point<'_> {
    /// Where it is, as people write it.
    pub(super) fn label(&self) -> Option<&str> {
        self.at.map(|it| it.label.as_str())
    }
}

impl ClaimLevels {
    /// Those of a plan that looks like this, for a claim with so many tests, of predicates with so
    /// many points.
    pub(super) fn planned(stopping: &Stopping, tests: usize, points: usize) -> ClaimLevels {
        ClaimLevels { all: compare::Levels::of(stopping, tests * points.max(1)), tests }
    }

    /// Those of a run that does not look; of no run at all.
    pub(super) fn fixed() -> ClaimLevels {
        ClaimLevels::planned(&Stopping::Fixed, 1, 1)
    }

    /// Of one point: for what is to hold each test by itself, since all must hold; for what is to
    /// fail a share of the level, since one of the claim's tests is enough.
    pub(super) fn alone(&self) -> Level {
        Level { holds: self.all.alone(), fails: self.all.share(self.tests) }
    }

    /// Of any point among so many.
    fn any(&self, points: usize) -> Level {
        let share = self.all.share(points * self.tests);
        Level { holds: self.all.share(points), fails: share }
    }
}

/// What a predicate comes to, over all its points and at each.
pub(super) struct Decided {
    /// Over all points.
    pub(super) whole: Decision,
    /// At each point, where any of them may be the one that is told of.
    points: Vec<Decision>,
}

/// Decides a predicate at its points, and over all of them.
pub(super) fn decide(bound: Bound, points: &[Point<'_>], levels: &ClaimLevels) -> Decided {
    if bound.is_open() {
        return Decided { whole: Decision::Shown, points: Vec::new() };
    }
    let at = |level: Level| -> Vec<Decision> {
        points.iter().map(|it| it.measured.decide(bound, level)).collect()
    };
    let alone = at(levels.alone());
    let doubtful =
        |it: &&Decision| matches!(it, Decision::Open(Why::Doubtful(_) | Why::Preliminary(_)));
    let alike = |first: &&Decision| alone.iter().all(|it| it == *first);
    let is_decided = |it: &&Decision| matches!(it, Decision::Holds | Decision::Fails);
    let whole = match &alone[..] {
        [only] => Some(only),
        [first, ..] if is_decided(&first) && alike(&first) => Some(first),
        all => all.iter().find(doubtful),
    };
    if let Some(whole) = whole {
        return Decided { whole: whole.clone(), points: alone };
    }
    let points_by_holm = by_holm(points.len(), |open| at(levels.any(open)));
    Decided { whole: any(points, &points_by_holm), points: points_by_holm }
}

/// What points come to of which some may be decided, and not all are.
fn any(points: &[Point<'_>], decisions: &[Decision]) -> Decision {
    let labels = |wanted: &Decision| -> Vec<String> {
        let decided = points.iter().zip(decisions).filter(|(_, it)| *it == wanted);
        decided.map(|(point, _)| point.label().unwrap_or_default().to_owned()).collect()
    };
    let (holding, failing) = (labels(&Decision::Holds), labels(&Decision::Fails));
    match (holding.is_empty(), failing.is_empty()) {
        (false, false) => Decision::Turns,
        (false, true) => Decision::Partly(Part { holds: true, points: holding }),
        (true, false) => Decision::Partly(Part { holds: false, points: failing }),
        (true, true) => decisions.first().cloned().unwrap_or(Decision::Open(Why::NotMeasured)),
    }
}

/// What each point comes to where any of them may be the one that is told of: Holm's steps, in
/// which each decided point leaves more of the level to the others. `at` decides all points, with
/// so many of them open.
fn by_holm(points: usize, at: impl Fn(usize) -> Vec<Decision>) -> Vec<Decision> {
    let is_decided = |it: &Decision| matches!(it, Decision::Holds | Decision::Fails);
    let mut open = points;
    loop {
        let decisions = at(open.max(1));
        let left = decisions.iter().filter(|it| !is_decided(it)).count();
        if left >= open || left == 0 {
            return decisions;
        }
        open = left;
    }
}

/// The places of the points that more samples would say more of: the predicate is not decided as a
/// whole, theirs is not, and their interval is wider than what is of interest.
pub(super) fn open(bound: Bound, points: &[Point<'_>], levels: &ClaimLevels) -> Vec<usize> {
    let Decided { whole, points: decisions } = decide(bound, points, levels);
    let undecided = matches!(
        whole,
        Decision::Open(Why::TooFew | Why::Undecided | Why::MeasuredOnce | Why::NotMeasured)
            | Decision::Partly(_)
    );
    if !undecided {
        return Vec::new();
    }
    let is_open = |(place, decision): &(usize, &Decision)| {
        let interval = match decision {
            Decision::Open(Why::Undecided) => {
                points[*place].measured.estimate(bound, levels.alone())
            }
            // Too little is known for an interval.
            Decision::Open(Why::TooFew | Why::MeasuredOnce) => None,
            _ => return false,
        };
        worth_more(interval.as_ref(), &Margin::of(MARGIN))
    };
    decisions.iter().enumerate().filter(is_open).map(|(place, _)| place).collect()
}

/// How far the test of a predicate came; none where none decides it.
pub(super) fn test(
    bound: Bound,
    points: &[Point<'_>],
    levels: &ClaimLevels,
    decision: &Decision,
    planned: u32,
) -> Option<Test> {
    if bound.is_open() {
        return None;
    }
    let tested: Vec<_> = points.iter().filter_map(|it| Some((it, it.measured.reach()?))).collect();
    let (_, least) = tested.iter().min_by_key(|(_, reach)| reach.pairs)?;
    let p_values = tested.iter().map(|(it, _)| it.measured.p_value(bound, levels.alone()));
    let p_values: Option<Vec<f64>> = p_values.collect();
    let decided = matches!(decision, Decision::Holds | Decision::Fails | Decision::Turns);
    let level = levels.alone();
    let needed = tested.iter().map(|(it, _)| it.measured.needed(bound, level.holds));
    let needed: Option<Vec<u32>> = needed.collect();
    Some(Test {
        pairs: least.pairs,
        look: least.look,
        p_value: p_values.and_then(|it| it.into_iter().max_by(f64::total_cmp)),
        pairs_needed: needed.filter(|_| !decided).and_then(|it| it.into_iter().max()),
        pairs_planned: planned,
    })
}
