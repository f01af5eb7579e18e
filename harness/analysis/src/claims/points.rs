//! A predicate at the points of a sweep, or at one point where nothing is swept.
//! Owns what points come to together. *All hold* and *all fail* need every point at the level of
//! one test (an intersection–union test: Berger 1982). *Some hold* and *some fail* are said of any
//! point among several, so that their level is shared by Holm's steps.

use lukewarm_model::{Bound, Stopping, SweepPoint};

use super::evaluate_predicate::{Level, Weighed};
use super::{Decision, Part, Test, Why};
use crate::compare;
use crate::compare::{MARGIN, Margin};
use crate::estimate::Estimate;

/// One point of a sweep, or the only one there is.
pub(super) struct Point<'a> {
    /// Where it is; none where nothing is swept.
    pub(super) at: Option<&'a SweepPoint>,
    pub(super) weighed: Weighed,
}

/// The levels of a claim's tests in a run.
pub(super) struct Levels {
    all: compare::Levels,
    tests: usize,
}

impl Point<'_> {
    /// Where it is, as people write it.
    pub(super) fn label(&self) -> Option<&str> {
        self.at.map(|it| it.label.as_str())
    }
}

impl Levels {
    /// Those of a plan that looks like this, for a claim with so many tests, of predicates with so
    /// many points.
    pub(super) fn planned(stopping: &Stopping, tests: usize, points: usize) -> Levels {
        Levels { all: compare::Levels::of(stopping, tests * points.max(1)), tests }
    }

    /// Those of a run that does not look; of no run at all.
    pub(super) fn fixed() -> Levels {
        Levels::planned(&Stopping::Fixed, 1, 1)
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

/// What a predicate comes to over all its points.
pub(super) fn decision(bound: Bound, points: &[Point<'_>], levels: &Levels) -> Decision {
    if bound.is_open() {
        return Decision::Shown;
    }
    let alone: Vec<Decision> =
        points.iter().map(|it| it.weighed.decide(bound, levels.alone())).collect();
    if let [only] = &alone[..] {
        return only.clone();
    }
    let doubtful =
        |it: &&Decision| matches!(it, Decision::Open(Why::Doubtful(_) | Why::Preliminary(_)));
    if let Some(doubt) = alone.iter().find(doubtful) {
        return doubt.clone();
    }
    let all = |wanted: &Decision| !alone.is_empty() && alone.iter().all(|it| it == wanted);
    for whole in [Decision::Holds, Decision::Fails] {
        if all(&whole) {
            return whole;
        }
    }
    let any = by_holm(bound, points, levels);
    let labels = |wanted: &Decision| -> Vec<String> {
        let decided = points.iter().zip(&any).filter(|(_, it)| *it == wanted);
        decided.map(|(point, _)| point.label().unwrap_or_default().to_owned()).collect()
    };
    let (holding, failing) = (labels(&Decision::Holds), labels(&Decision::Fails));
    match (holding.is_empty(), failing.is_empty()) {
        (false, false) => Decision::Turns,
        (false, true) => Decision::Partly(Part { holds: true, points: holding }),
        (true, false) => Decision::Partly(Part { holds: false, points: failing }),
        (true, true) => {
            let open = any.into_iter().next();
            open.unwrap_or(Decision::Open(Why::NotMeasured))
        }
    }
}

/// What each point comes to where any of them may be the one that is told of: Holm's steps, in
/// which each decided point leaves more of the level to the others.
fn by_holm(bound: Bound, points: &[Point<'_>], levels: &Levels) -> Vec<Decision> {
    let is_decided = |it: &Decision| matches!(it, Decision::Holds | Decision::Fails);
    let mut open = points.len();
    loop {
        let level = levels.any(open.max(1));
        let decisions: Vec<Decision> =
            points.iter().map(|it| it.weighed.decide(bound, level)).collect();
        let left = decisions.iter().filter(|it| !is_decided(it)).count();
        if left >= open || left == 0 {
            return decisions;
        }
        open = left;
    }
}

/// The places of the points that more samples would say more of: the predicate is not decided as a
/// whole, theirs is not, and their interval is wider than what is of interest.
pub(super) fn open(bound: Bound, points: &[Point<'_>], levels: &Levels) -> Vec<usize> {
    let undecided = matches!(
        decision(bound, points, levels),
        Decision::Open(Why::TooFew | Why::Undecided | Why::MeasuredOnce | Why::NotMeasured)
            | Decision::Partly(_)
    );
    if !undecided {
        return Vec::new();
    }
    let decisions = by_holm(bound, points, levels);
    let narrow = |it: &Estimate| Margin::of(MARGIN).is_narrow(it);
    let is_open = |(place, decision): (usize, &Decision)| {
        let estimate = points[place].weighed.estimate(bound, levels.alone());
        let open = match decision {
            Decision::Open(Why::TooFew | Why::MeasuredOnce) => true,
            Decision::Open(Why::Undecided) => !estimate.as_ref().is_some_and(narrow),
            _ => false,
        };
        open.then_some(place)
    };
    decisions.iter().enumerate().filter_map(is_open).collect()
}

/// How far the test of a predicate came; none where none decides it.
pub(super) fn test(
    bound: Bound,
    points: &[Point<'_>],
    levels: &Levels,
    decision: &Decision,
    planned: u32,
) -> Option<Test> {
    if bound.is_open() {
        return None;
    }
    let tested: Vec<_> = points.iter().filter_map(|it| Some((it, it.weighed.reach()?))).collect();
    let (_, least) = tested.iter().min_by_key(|(_, reach)| reach.pairs)?;
    let p_values = tested.iter().map(|(it, _)| it.weighed.p_value(bound, levels.alone()));
    let p_values: Option<Vec<f64>> = p_values.collect();
    let decided = matches!(decision, Decision::Holds | Decision::Fails | Decision::Turns);
    let level = levels.alone();
    let needed = tested.iter().map(|(it, _)| it.weighed.needed(bound, level.holds));
    let needed: Option<Vec<u32>> = needed.collect();
    Some(Test {
        pairs: least.pairs,
        look: least.look,
        p_value: p_values.and_then(|it| it.into_iter().max_by(f64::total_cmp)),
        pairs_needed: needed.filter(|_| !decided).and_then(|it| it.into_iter().max()),
        pairs_planned: planned,
    })
}
