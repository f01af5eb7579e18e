//! How long requests took: a histogram that stays small in the journal.
//! Owns its buckets and what can be read from them; whose requests they are is the ledger's.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Seconds;

/// Buckets a doubling: from 8 µs on a bucket's ends differ by at most an eighth.
pub const PER_DOUBLING: u16 = 8;

/// The last bucket: more microseconds are no number.
const LAST: u16 = 495;

/// Requests by how long they took, in logarithmic buckets; only buckets with a request are kept.
///
/// Bucket `b` below 8 is `b` microseconds. From there on every doubling has eight buckets of the
/// same width: bucket `8 · (d + 1) + s` begins at `(8 + s) · 2^d` microseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Latencies(BTreeMap<u16, u64>);

impl Latencies {
    /// Counts one request.
    pub fn record(&mut self, took: Seconds) {
        // A cast saturates: what is negative or no number counts as 0.
        let micros = (took.0 * 1e6) as u64;
        *self.0.entry(bucket(micros)).or_default() += 1;
    }

    /// Adds the requests of another histogram.
    pub fn merge(&mut self, other: &Latencies) {
        for (bucket, count) in &other.0 {
            *self.0.entry(*bucket).or_default() += count;
        }
    }

    /// How many requests there are.
    pub fn count(&self) -> u64 {
        self.0.values().sum()
    }

    /// The cumulative distribution: a time, and the share of requests that took at most as long.
    /// It begins with the share 0 where the fastest bucket begins, and ends with 1; without
    /// requests it is empty.
    ///
    /// ```
    /// use lukewarm_model::{Latencies, Seconds};
    /// let mut took = Latencies::default();
    /// [0.001, 0.001, 0.1, 0.1].iter().for_each(|it| took.record(Seconds(*it)));
    /// let shares: Vec<f64> = took.cumulative().iter().map(|(_, share)| *share).collect();
    /// assert_eq!(shares, [0.0, 0.5, 0.5, 1.0]);
    /// ```
    pub fn cumulative(&self) -> Vec<(Seconds, f64)> {
        let all = self.count() as f64;
        let mut points: Vec<(Seconds, f64)> = Vec::with_capacity(self.0.len() + 1);
        let mut sum = 0;
        for (bucket, count) in self.0.iter().filter(|(_, count)| **count > 0) {
            let begins = begin(*bucket);
            // Nothing took what lies between two buckets: the share stays level there.
            if points.last().is_none_or(|(at, _)| *at < begins) {
                points.push((begins, sum as f64 / all));
            }
            sum += count;
            points.push((begin(bucket.saturating_add(1)), sum as f64 / all));
        }
        points
    }

    /// The time within which this share of the requests was answered: the end of its bucket, so
    /// that it is never too short, and at most an eighth too long. None without requests.
    pub fn quantile(&self, share: f64) -> Option<Seconds> {
        // The epsilon keeps the rounding of a product from asking for one request more.
        let wanted = (share.clamp(0.0, 1.0) * self.count() as f64 - 1e-9).ceil().max(1.0);
        let mut sum = 0;
        let reached = self.0.iter().find(|(_, count)| {
            sum += **count;
            sum as f64 >= wanted
        });
        reached.map(|(bucket, _)| begin(bucket.saturating_add(1)))
    }
}

fn bucket(micros: u64) -> u16 {
    match micros {
        0..8 => micros as u16,
        _ => {
            let doublings = micros.ilog2() - 3;
            (doublings as u16 + 1) * PER_DOUBLING + ((micros >> doublings) as u16 & 7)
        }
    }
}

/// Where a bucket begins; where the one before ends.
fn begin(bucket: u16) -> Seconds {
    let bucket = bucket.min(LAST);
    let micros = match bucket {
        0..8 => u64::from(bucket),
        _ => u64::from(8 + bucket % PER_DOUBLING) << (bucket / PER_DOUBLING - 1),
    };
    Seconds(micros as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(micros: &[u64]) -> Latencies {
        let mut found = Latencies::default();
        micros.iter().for_each(|it| found.record(Seconds(*it as f64 / 1e6)));
        found
    }

    #[test]
    fn every_time_lies_in_its_bucket_and_buckets_are_narrow() {
        // Beyond that a float of seconds does not tell two microseconds apart.
        let edges = (0..48).flat_map(|power| [(1_u64 << power) - 1, 1 << power, (1 << power) + 1]);
        for micros in edges.chain(0..5_000) {
            let (low, high) = (begin(bucket(micros)), begin(bucket(micros) + 1));
            let at = micros as f64 / 1e6;
            assert!(low.0 <= at && at < high.0, "{micros} µs in {low:?} to {high:?}");
            assert!(micros < 8 || high.0 <= low.0 * 1.125 + 1e-12, "{micros} µs");
        }
        assert_eq!(bucket(u64::MAX), LAST);
    }

    #[test]
    fn quantiles_are_the_ends_of_buckets() {
        let found = of(&[100; 98].into_iter().chain([1_000, 50_000]).collect::<Vec<_>>());
        assert_eq!(found.quantile(0.5), Some(Seconds(104e-6)));
        assert_eq!(found.quantile(0.98), Some(Seconds(104e-6)));
        assert_eq!(found.quantile(0.99), Some(Seconds(1_024e-6)));
        assert_eq!(found.quantile(1.0), Some(Seconds(53_248e-6)));
        assert_eq!(Latencies::default().quantile(0.5), None);
    }

    #[test]
    fn a_distribution_rises_from_nothing_to_all() {
        let points = of(&[3, 3, 4, 900]).cumulative();
        let shares: Vec<f64> = points.iter().map(|(_, share)| *share).collect();
        assert_eq!(shares, [0.0, 0.5, 0.75, 0.75, 1.0]);
        assert!(points.windows(2).all(|pair| pair[0].0 < pair[1].0), "{points:?}");
        assert!(Latencies::default().cumulative().is_empty());
    }

    #[test]
    fn merging_is_counting_both() {
        let mut sum = of(&[5, 70]);
        sum.merge(&of(&[70, 9_000]));
        assert_eq!(sum, of(&[5, 70, 70, 9_000]));
        assert_eq!(sum.count(), 4);
    }

    #[test]
    fn what_is_no_time_and_what_is_no_bucket_do_no_harm() {
        let mut odd = Latencies::default();
        [f64::NAN, -1.0, f64::INFINITY].iter().for_each(|it| odd.record(Seconds(*it)));
        assert_eq!(odd.count(), 3);
        let foreign: Latencies = serde_json::from_str("{\"65535\":2}").unwrap();
        assert!(foreign.quantile(0.5).is_some_and(|it| it.0.is_finite()));
        assert_eq!(serde_json::to_string(&of(&[3, 3, 900])).unwrap(), "{\"3\":2,\"62\":1}");
    }
}
