//! The Bencher Metric Format: benchmark, measure, value with its bounds
//! (<https://bencher.dev/docs/reference/bencher-metric-format/>). Measures are named like the
//! metrics, with hyphens, in their units: seconds, bytes, counts and shares.

use std::collections::BTreeMap;

use lukewarm_analysis::Findings;
use serde_json::{Value, json};

use super::names::row_name;

pub(super) fn bencher(findings: &Findings) -> Value {
    let mut benchmarks: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
    for row in &findings.rows {
        let measures = benchmarks.entry(row_name(row)).or_default();
        for measured in row.measured.iter().filter(|measured| measured.step.is_none()) {
            let estimate = &measured.estimate;
            let value = json!({
                "value": estimate.point,
                "lower_value": estimate.low,
                "upper_value": estimate.high,
            });
            measures.insert(measured.metric.name().replace('_', "-"), value);
        }
    }
    benchmarks.retain(|_, measures| !measures.is_empty());
    json!(benchmarks)
}
