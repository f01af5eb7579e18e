//! The procedure of claims on plain numbers, for simulations of how often it is right.
//! Owns nothing of the procedure: it calls what judges claims and what ends their runs.

use std::collections::BTreeMap;

use lukewarm_model::{Bound, Stopping, SweepPoint};

use super::Decision;
use super::evaluate_predicate::Measurement;
use super::points::{ClaimLevels, Point, decide, open};

/// How a timed predicate of a claim is decided: after which looks, beside how many other tests, at
/// how many points.
pub struct ClaimMethod {
    looks: Vec<u32>,
    levels: ClaimLevels,
    points: Vec<SweepPoint>,
}

impl ClaimMethod {
    /// For a claim with so many timed predicates, of which one is at so many points of a sweep.
    pub fn new(looks: &[u32], tests: usize, points: usize) -> ClaimMethod {
        let looks = looks.to_vec();
        let stopping = Stopping::Sequential { looks: looks.clone() };
        let point = |number: usize| SweepPoint {
            at: number as f64,
            label: number.to_string(),
            scenarios: BTreeMap::new(),
        };
        let levels = ClaimLevels::planned(&stopping, tests, points);
        ClaimMethod { looks, levels, points: (0..points).map(point).collect() }
    }

    /// What a bound comes to, and how many blocks that took: values of the reference and, for each
    /// point, of the candidate, block by block.
    pub fn decide(
        &self,
        bound: Bound,
        reference: &[f64],
        points: &[Vec<f64>],
    ) -> (Decision, usize) {
        // What is decided at a look gets no more blocks.
        let mut ends = vec![usize::MAX; points.len()];
        let mut last = (Decision::Shown, 0);
        for look in &self.looks {
            let measured: Vec<Point<'_>> = points
                .iter()
                .zip(&ends)
                .zip(&self.points)
                .map(|((values, end), at)| {
                    let pairs = values.iter().zip(reference).take((*look as usize).min(*end));
                    let pairs = pairs.map(|(value, divisor)| (value / divisor, 0)).collect();
                    Point { at: Some(at), measured: Measurement::of_pairs(pairs) }
                })
                .collect();
            last = (decide(bound, &measured, &self.levels).whole, *look as usize);
            let still = open(bound, &measured, &self.levels);
            if still.is_empty() {
                break;
            }
            for (place, end) in ends.iter_mut().enumerate() {
                if !still.contains(&place) {
                    *end = (*look as usize).min(*end);
                }
            }
        }
        last
    }
}
