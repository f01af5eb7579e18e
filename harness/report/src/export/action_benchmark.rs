//! github-action-benchmark's `customSmallerIsBetter`: a list of names with a value, a unit and a
//! range (<https://github.com/benchmark-action/github-action-benchmark>). It has what gets better
//! by getting smaller: times, bytes and requests.

use lukewarm_analysis::Findings;
use lukewarm_model::Metric;
use serde_json::{Value, json};

use super::names::row_name;

const METRICS: [Metric; 4] = [Metric::Wall, Metric::BytesDown, Metric::BytesUp, Metric::Requests];

pub(super) fn action_benchmark(findings: &Findings) -> Value {
    let mut list = Vec::new();
    for row in &findings.rows {
        for metric in METRICS {
            let Some(estimate) = row.estimate(metric, None) else { continue };
            list.push(json!({
                "name": format!("{} {metric}", row_name(row)),
                "unit": metric.unit().to_string(),
                "value": estimate.point,
                "range": format!("{}–{}", estimate.low, estimate.high),
                "extra": format!("n = {}", estimate.count),
            }));
        }
    }
    json!(list)
}
