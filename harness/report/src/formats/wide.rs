//! One line a job and a column a metric, for spreadsheets and data frames. `samples.csv` is the
//! long form, which also has the steps.

use std::collections::BTreeMap;

use lukewarm_analysis::Findings;
use lukewarm_model::Metric;
use lukewarm_model::text::{Csv, Safe};

pub(super) fn wide(findings: &Findings) -> Result<Safe<Csv>, csv::Error> {
    let names = ["case", "scenario", "workspace", "story", "job", "iteration", "position"];
    let mut writer = csv::Writer::from_writer(Vec::new());
    let metrics = Metric::ALL.map(Metric::name);
    writer.write_record(names.iter().chain(&["verdict"]).chain(&metrics))?;
    let mut rows: BTreeMap<u64, (Vec<String>, BTreeMap<Metric, f64>)> = BTreeMap::new();
    for sample in findings.samples.iter().filter(|sample| sample.step.is_none()) {
        let (_, values) = rows.entry(sample.position).or_insert_with(|| {
            let row =
                [&sample.case, &sample.scenario, &sample.workspace, &sample.story, &sample.job];
            let mut row: Vec<String> = row.map(|it| Safe::<Csv>::of(it).into_string()).to_vec();
            row.extend([sample.iteration.to_string(), sample.position.to_string()]);
            row.push(sample.verdict.clone());
            (row, BTreeMap::new())
        });
        values.insert(sample.metric, sample.value);
    }
    for (row, values) in rows.into_values() {
        let value = |metric: Metric| values.get(&metric).map_or(String::new(), f64::to_string);
        writer.write_record(row.into_iter().chain(Metric::ALL.map(value)))?;
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    Ok(Safe::<Csv>::file(&String::from_utf8_lossy(&bytes)))
}
