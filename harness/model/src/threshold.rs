//! Thresholds: which changes of which metric the regression gate lets pass.
//! Owns the rules and their defaults; reading a file of them belongs to `plan`, deciding to
//! `analysis`.

use crate::Metric;

/// What the gate lets pass.
#[derive(Clone, Debug, PartialEq)]
pub struct Thresholds {
    /// The rules; of several that fit, the last counts.
    pub rules: Vec<Rule>,
}

/// How much one metric may change.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// The case, with one `*` at its end for all that begin so; none is every case.
    pub case: Option<String>,
    /// The job's name in the story; none is every job.
    pub job: Option<String>,
    /// What is observed.
    pub metric: Metric,
    /// The share that makes no difference: 0.02 is 2 %. Without one the metric is not gated.
    pub tolerance: Option<f64>,
}

/// The share by which wall-clock may change where nothing else is said: less is of no practical
/// interest.
pub const WALL_TOLERANCE: f64 = 0.02;

/// What repeats exactly where nothing has changed, and is gated on any change where nothing else
/// is said.
pub const EXACT_METRICS: [Metric; 11] = [
    Metric::BytesDown,
    Metric::BytesUp,
    Metric::Requests,
    Metric::RequestsLimited,
    Metric::RequestsFailed,
    Metric::StoredBytes,
    Metric::Units,
    Metric::UnitsFresh,
    Metric::UnitsHit,
    Metric::UnitsMiss,
    Metric::UnitsNoncacheable,
];

impl Thresholds {
    /// How much a metric may change; none where it is not gated.
    pub fn tolerance(&self, case: &str, job: &str, metric: Metric) -> Option<f64> {
        let fits = |rule: &&Rule| {
            rule.metric == metric
                && rule.case.as_deref().is_none_or(|pattern| matches(pattern, case))
                && rule.job.as_deref().is_none_or(|name| name == job)
        };
        self.rules.iter().rev().find(fits)?.tolerance
    }
}

impl Default for Thresholds {
    /// Wall-clock within its tolerance, everything that repeats exactly without any.
    fn default() -> Thresholds {
        let rule = |metric, tolerance| Rule { case: None, job: None, metric, tolerance };
        let mut rules = vec![rule(Metric::Wall, Some(WALL_TOLERANCE))];
        rules.extend(EXACT_METRICS.map(|metric| rule(metric, Some(0.0))));
        Thresholds { rules }
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(begin) => name.starts_with(begin),
        None => pattern == name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_rule_that_fits_counts() {
        let mut thresholds = Thresholds::default();
        let rule = |case: Option<&str>, job: Option<&str>, tolerance| Rule {
            case: case.map(str::to_owned),
            job: job.map(str::to_owned),
            metric: Metric::Wall,
            tolerance,
        };
        thresholds.rules.push(rule(Some("cli/sccache-*"), None, Some(0.05)));
        thresholds.rules.push(rule(None, Some("cold"), None));
        let wall = |case, job| thresholds.tolerance(case, job, Metric::Wall);
        assert_eq!(wall("cli/none", "unchanged"), Some(WALL_TOLERANCE));
        assert_eq!(wall("cli/sccache-webdav", "unchanged"), Some(0.05));
        assert_eq!(wall("cli/sccache-webdav", "cold"), None);
        assert_eq!(thresholds.tolerance("cli/none", "cold", Metric::Requests), Some(0.0));
        assert_eq!(thresholds.tolerance("cli/none", "cold", Metric::Cpu), None);
    }
}
