//! What a wrapper adds to a call: median and 95th percentile of the difference within pairs.
//! Owns the statistic of such pairs. It must not compare tools: each was measured by itself.

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{OverheadPairs, Seconds, ToolIdentity, WrappedCall};
use serde::Serialize;

use crate::statistics::{median, quantile};

/// The overhead of one call with one tool.
#[derive(Clone, Debug, PartialEq)]
pub struct CallOverhead {
    /// The tool's program.
    pub tool: ToolIdentity,
    /// What was called.
    pub call: WrappedCall,
    /// The number of pairs.
    pub pairs: usize,
    /// Median wall-clock without the wrapper.
    pub direct: Seconds,
    /// Median wall-clock through the wrapper.
    pub wrapped: Seconds,
    /// Median of the difference within a pair.
    pub median: QuantileEstimate,
    /// 95th percentile of the difference within a pair.
    pub percentile_95: QuantileEstimate,
}

/// A quantile of differences, with its 95 % interval by order statistics.
#[derive(Clone, Copy, Debug, PartialEq, JsonSchema, Serialize)]
pub struct QuantileEstimate {
    /// The quantile of the sample.
    pub point: Seconds,
    /// The lower end of the interval.
    pub low: Seconds,
    /// The upper end of the interval.
    pub high: Seconds,
}

/// The overhead that pairs show; none without pairs.
pub fn overhead(measured: &OverheadPairs) -> Option<CallOverhead> {
    let of = |read: fn(&lukewarm_model::CallPair) -> f64| -> Vec<f64> {
        measured.pairs.iter().map(read).collect()
    };
    let differences = of(|pair| pair.wrapped.0 - pair.direct.0);
    let estimate = |share| {
        let (point, low, high) = quantile(&differences, share)?;
        let [point, low, high] = [point, low, high].map(Seconds);
        Some(QuantileEstimate { point, low, high })
    };
    Some(CallOverhead {
        tool: measured.tool.clone(),
        call: measured.call,
        pairs: measured.pairs.len(),
        direct: Seconds(median(&of(|pair| pair.direct.0))?),
        wrapped: Seconds(median(&of(|pair| pair.wrapped.0))?),
        median: estimate(0.5)?,
        percentile_95: estimate(0.95)?,
    })
}

#[cfg(test)]
mod tests {
    use lukewarm_model::CallPair;

    use super::*;

    #[test]
    fn the_overhead_is_the_difference_within_pairs_and_not_of_medians() {
        let pair = |direct: f64, added: f64| CallPair {
            direct: Seconds(direct),
            wrapped: Seconds(direct + added),
        };
        // The machine becomes slower meanwhile; what is added does not.
        let pairs: Vec<CallPair> = (0..400_u32)
            .map(|it| pair(f64::from(it), if it % 10 == 0 { 0.5 } else { 0.25 }))
            .collect();
        let tool = ToolIdentity {
            name: "wrapper".to_owned(),
            version: "1.0.0".to_owned(),
            origin: "PATH".to_owned(),
            sha256: String::new(),
        };
        let measured = OverheadPairs { tool, call: WrappedCall::Version, pairs };
        let found = overhead(&measured).unwrap();
        assert_eq!((found.pairs, found.median.point), (400, Seconds(0.25)));
        assert_eq!((found.median.low, found.median.high), (Seconds(0.25), Seconds(0.25)));
        assert_eq!(found.percentile_95.point, Seconds(0.5));
        assert_eq!(found.direct, Seconds(199.5));
        assert_eq!(overhead(&OverheadPairs { pairs: Vec::new(), ..measured }), None);
    }
}
