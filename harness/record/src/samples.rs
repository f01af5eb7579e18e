//! `samples.csv`: every sample in long format, one value a line.
//! Owns its columns. `results/README.md` explains them and the metrics.

use lukewarm_model::JobSamples;
use lukewarm_model::text::{Csv, Safe};

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
    let error = |source: Box<dyn std::error::Error + Send + Sync>| RecordError::Wording {
        what: "samples.csv".to_owned(),
        source,
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS).map_err(|source| error(source.into()))?;
    for job in jobs {
        let names = [&job.case, &job.scenario, &job.workspace, &job.story, &job.job];
        let [case, scenario, workspace, story, name] = names.map(|name| Safe::<Csv>::of(name));
        let (iteration, position) = (job.iteration.to_string(), job.position.to_string());
        let (repeat, state) = (job.repeat.to_string(), job.state.to_string());
        for sample in &job.samples {
            let fields = [
                case.as_str(),
                &scenario,
                &workspace,
                &story,
                &name,
                &iteration,
                &position,
                sample.step.map_or("", |step| step.name()),
                sample.metric.name(),
                &sample.value.to_string(),
                sample.metric.unit().symbol(),
                sample.source.name(),
                job.verdict.name(),
                &repeat,
                &state,
            ];
            writer.write_record(fields).map_err(|source| error(source.into()))?;
        }
    }
    writer.into_inner().map_err(|source| error(source.to_string().into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lukewarm_model::{Metric, Sample, Source, Step, VerdictKind};

    fn sample(job: &str, step: Option<Step>, metric: Metric, value: f64) -> JobSamples {
        JobSamples {
            case: "cli/none".to_owned(),
            scenario: "none".to_owned(),
            workspace: "cli".to_owned(),
            story: "default".to_owned(),
            job: job.to_owned(),
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
