//! What the machines of a merged record, or its sittings, say of a comparison, each for itself.
//! Owns the test of whether they agree, corrected over all comparisons of the record, and the one
//! that lies apart. The pooled ratio is the comparison's own.

use lukewarm_model::described::JsonSchema;
use serde::Serialize;

use crate::compare::{LEVEL, Pairs, part_ratios, spread_over_parts};
use crate::estimate::Estimate;
use crate::statistics::rejected;

/// A comparison by part of a merged record.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct AcrossParts {
    /// The ratio of each part that has pairs, in the order of the run's parts.
    pub parts: Vec<PartRatio>,
    /// Whether they have one ratio; absent with one part, and where no part has two pairs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heterogeneity: Option<Heterogeneity>,
    /// Where it is undecided: machines, with as many blocks as these have, that would decide it
    /// with a power of 80 %, if effect and spread are as estimated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machines_needed: Option<u32>,
}

/// The ratio of one part.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct PartRatio {
    /// The part's place in the run's parts, from 0.
    pub part: u32,
    /// Its ratio, from its own pairs alone.
    pub ratio: Estimate,
}

/// Whether the parts of a comparison have one ratio.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Heterogeneity {
    /// The p-value of "all have one ratio" (Brown and Forsythe's test on the logarithms of the
    /// paired ratios).
    pub p_value: f64,
    /// Whether that is rejected at 5 %, by Holm's procedure over all comparisons of the record.
    pub differ: bool,
    /// The standard deviation of the ratio between machines, as a share, beyond what the noise of
    /// their pairs explains: 0.05 is ±5 %. 0 where the noise explains all of it.
    pub spread: f64,
    /// The part that lies apart, where they differ and the others agree with each other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apart: Option<PartApart>,
}

/// One part that lies apart from the others.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct PartApart {
    /// The part's place in the run's parts, from 0.
    pub part: u32,
    /// Its ratio.
    pub ratio: f64,
    /// The geometric mean of the others' ratios.
    pub elsewhere: f64,
}

impl AcrossParts {
    /// Of the pairs of a comparison in a merged record; whether its parts differ is said once all
    /// comparisons are known.
    pub(super) fn of(pairs: &Pairs, machines_needed: Option<u32>) -> AcrossParts {
        let parts = part_ratios(pairs).into_iter().map(|(part, ratio)| PartRatio { part, ratio });
        let heterogeneity = spread_over_parts(pairs).map(|it| Heterogeneity {
            p_value: it.p_value,
            differ: false,
            spread: it.between.sqrt().exp_m1(),
            apart: apart(pairs, it.within),
        });
        AcrossParts { parts: parts.collect(), heterogeneity, machines_needed }
    }

    /// Whether the parts are known to differ.
    pub fn differ(&self) -> bool {
        self.heterogeneity.as_ref().is_some_and(|it| it.differ)
    }

    /// The smallest and the largest ratio, each with its part; absent without parts.
    pub fn extremes(&self) -> Option<[&PartRatio; 2]> {
        let by = |a: &&PartRatio, b: &&PartRatio| a.ratio.point.total_cmp(&b.ratio.point);
        Some([self.parts.iter().min_by(by)?, self.parts.iter().max_by(by)?])
    }
}

/// The part that lies farthest from the others by its noise, where these agree with each other; of
/// two nobody knows which it is.
fn apart(pairs: &Pairs, within: f64) -> Option<PartApart> {
    let points: Vec<(u32, f64, f64)> = {
        let counts = pairs.by_part();
        let point = |(part, ratio): (u32, Estimate)| {
            Some((part, ratio.point.ln(), within / counts.get(&part)?.len() as f64))
        };
        part_ratios(pairs).into_iter().filter_map(point).collect()
    };
    let others = points.len().checked_sub(1).filter(|others| *others > 1)? as f64;
    let sum: f64 = points.iter().map(|it| it.1).sum();
    let noise: f64 = points.iter().map(|it| it.2).sum();
    let far = |(_, point, own): &(u32, f64, f64)| {
        let error = (own + (noise - own) / others.powi(2)).sqrt();
        (point - (sum - point) / others).abs() / error.max(f64::MIN_POSITIVE)
    };
    let (part, point, _) = points.iter().max_by(|a, b| far(a).total_cmp(&far(b)))?;
    let rest: Pairs = pairs
        .by_part()
        .into_iter()
        .filter(|(of, _)| of != part)
        .flat_map(|(of, ratios)| ratios.into_iter().map(move |ratio| (ratio, of)))
        .collect();
    let agree = spread_over_parts(&rest).is_none_or(|it| it.p_value > LEVEL);
    let elsewhere = ((sum - point) / others).exp();
    agree.then(|| PartApart { part: *part, ratio: point.exp(), elsewhere })
}

/// Says of which comparisons the parts differ: Holm's procedure over all of them.
pub(super) fn decide_heterogeneity<'c>(comparisons: impl Iterator<Item = &'c mut AcrossParts>) {
    let mut found: Vec<&mut Heterogeneity> =
        comparisons.filter_map(|it| it.heterogeneity.as_mut()).collect();
    let p_values: Vec<Option<f64>> = found.iter().map(|it| Some(it.p_value)).collect();
    let planned = p_values.len();
    let differ = rejected(&p_values, planned, |open| LEVEL / open as f64);
    for (one, differs) in found.iter_mut().zip(differ) {
        one.differ = differs;
        if !differs {
            one.apart = None;
        }
    }
}
