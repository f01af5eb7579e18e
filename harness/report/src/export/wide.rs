//! One line a job and a column a metric, for spreadsheets and data frames. `samples.csv` is the
//! long form, which also has the steps.

use std::collections::BTreeMap;

use lukewarm_analysis::Findings;
use lukewarm_model::text::{Csv, Safe};
use lukewarm_model::{Case, JobSamples, Metric};

pub(super) fn wide(findings: &Findings) -> Result<Safe<Csv>, csv::Error> {
    let names = ["case", "scenario", "workspace", "story", "job", "iteration", "position"];
    let mut writer = csv::Writer::from_writer(Vec::new());
    let metrics = Metric::ALL.map(Metric::name);
    writer.write_record(names.iter().chain(&["verdict"]).chain(&metrics))?;
    let mut jobs: Vec<&JobSamples> = findings.samples.iter().collect();
    jobs.sort_by_key(|job| job.position);
    for job in jobs {
        let Case { workspace, scenario } = &job.case;
        let row = [&*job.case.to_string(), scenario, workspace, &job.story, &job.job];
        let mut row: Vec<String> = row.map(|it| Safe::<Csv>::of(it).into_string()).to_vec();
        row.extend([job.iteration.to_string(), job.position.to_string()]);
        row.push(job.verdict.name().to_owned());
        let values: BTreeMap<Metric, f64> =
            job.whole_job().map(|sample| (sample.metric, sample.value)).collect();
        let value = |metric: Metric| values.get(&metric).map_or(String::new(), f64::to_string);
        writer.write_record(row.into_iter().chain(Metric::ALL.map(value)))?;
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    Ok(Safe::<Csv>::file(&String::from_utf8_lossy(&bytes)))
}
