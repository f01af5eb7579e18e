//! `samples.csv`: every sample in long format, one value a line.
//! Owns its columns. `results/README.md` explains them and the metrics.

use std::fmt::Write as _;

use lukewarm_model::text::{Csv, Safe};
use lukewarm_model::{Case, JobSamples, Sample};

use crate::RecordError;

/// The columns of `samples.csv`, in their order.
pub const COLUMNS: [&str; 15] = [
    "case",
    "scenario",
    "workspace",
    "story",
    "job",
    "iteration",
    "position",
    "step",
    "metric",
    "value",
    "unit",
    "source",
    "verdict",
    "repeat",
    "state",
];

/// The content of `samples.csv`, job by job. The step is empty for the whole job; values have as
/// many digits as bring them back exactly.
///
/// # Errors
/// None that a sample can cause: it would be a bug.
pub fn samples_csv(jobs: &[JobSamples]) -> Result<Vec<u8>, RecordError> {
    let mut text = line(COLUMNS)? + "\n";
    for job in jobs {
        // What names the job is the same in all of its lines, and is formatted once.
        let JobSamples { case, story, job: name, .. } = job;
        let Case { workspace, scenario } = case;
        let names = [&*case.to_string(), scenario, workspace, story, name];
        let [case, scenario, workspace, story, name] = names.map(Safe::<Csv>::of);
        let (iteration, position) = (job.iteration.to_string(), job.position.to_string());
        let names: [&str; 7] = [&case, &scenario, &workspace, &story, &name, &iteration, &position];
        let before = line(names)?;
        let (verdict, repeat, state) = (job.verdict, job.repeat, job.state);
        for Sample { step, metric, value, source } in &job.samples {
            let (step, unit) = (step.map_or("", |step| step.name()), metric.unit());
            text.push_str(&before);
            let _ = writeln!(
                text,
                ",{step},{metric},{value},{unit},{source},{verdict},{repeat},{state}"
            );
        }
    }
    Ok(text.into_bytes())
}

/// Fields as CSV, quoted where they must be, without the end of the line.
fn line<'a>(fields: impl IntoIterator<Item = &'a str>) -> Result<String, RecordError> {
    let error = |source: Box<dyn std::error::Error + Send + Sync>| RecordError::Wording {
        what: "samples.csv".to_owned(),
        source,
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(fields).map_err(|source| error(source.into()))?;
    let bytes = writer.into_inner().map_err(|source| error(source.to_string().into()))?;
    let line = String::from_utf8(bytes).map_err(|source| error(source.into()))?;
    Ok(line.trim_end_matches('\n').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use lukewarm_model::{Metric, Source, Step, VerdictKind};

    fn sample(job: &str, step: Option<Step>, metric: Metric, value: f64) -> JobSamples {
        JobSamples {
            case: Case::new("cli", "none"),
            story: "default".to_owned(),
            job: job.into(),
            iteration: 1,
            position: 4,
            repeat: 0,
            state: 2,
            verdict: VerdictKind::Valid,
            samples: vec![Sample { step, metric, value, source: Source::Clock }],
        }
    }

    #[test]
    fn one_value_a_line() {
        let samples = [
            sample("cold", None, Metric::Wall, 7.856),
            sample("a, \"b\"", Some(Step::Build), Metric::Units, 33.0),
        ];
        let text = String::from_utf8(samples_csv(&samples).unwrap()).unwrap();
        insta::assert_snapshot!(text, @r#"
        case,scenario,workspace,story,job,iteration,position,step,metric,value,unit,source,verdict,repeat,state
        cli/none,none,cli,default,cold,1,4,,wall,7.856,s,clock,valid,0,2
        cli/none,none,cli,default,"a, ""b""",1,4,build,units,33,1,clock,valid,0,2
        "#);
    }

    proptest::proptest! {
        #[test]
        fn values_come_back_exactly(value: f64) {
            proptest::prop_assume!(value.is_finite());
            let text = samples_csv(&[sample("cold", None, Metric::Wall, value)]).unwrap();
            let mut reader = csv::Reader::from_reader(text.as_slice());
            let row = reader.records().next().unwrap().unwrap();
            proptest::prop_assert_eq!(row[9].parse::<f64>().unwrap(), value);
        }
    }
}
