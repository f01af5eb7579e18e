//! hyperfine's JSON, so that its scripts and whatever reads them take a run
//! (<https://github.com/sharkdp/hyperfine>, `--export-json`). Its mean and standard deviation are
//! made from the samples here, since the format asks for them; no report shows them.

use lukewarm_analysis::Findings;
use lukewarm_model::{JobSamples, Metric};
use serde_json::{Value, json};

use super::names::row_name;

pub(super) fn hyperfine(findings: &Findings) -> Value {
    let results = findings.rows.iter().filter_map(|row| {
        let is_ours =
            |it: &&JobSamples| (&it.case, &it.job) == (&row.case, &row.job) && it.iteration > 0;
        let ours = findings.samples.iter().filter(is_ours);
        let times: Vec<f64> = ours.filter_map(|it| it.value(Metric::Wall, None)).collect();
        let wall = row.estimate(Metric::Wall, None)?;
        let count = times.len() as f64;
        let mean = times.iter().sum::<f64>() / count;
        let squares: f64 = times.iter().map(|time| (time - mean).powi(2)).sum();
        let deviation = (times.len() > 1).then(|| (squares / (count - 1.0)).sqrt());
        let cpu = row.estimate(Metric::Cpu, None).map_or(0.0, |cpu| cpu.point);
        Some(json!({
            "command": row_name(row),
            "mean": mean,
            "stddev": deviation,
            "median": wall.point,
            // The kernel's account of a whole tree does not keep user and system time apart here.
            "user": cpu,
            "system": 0.0,
            "min": wall.low,
            "max": wall.high,
            "times": times,
            "exit_codes": vec![0; times.len()],
        }))
    });
    json!({ "results": results.collect::<Vec<_>>() })
}
