//! `samples.csv`: every sample in long format, one value a line.
//! Owns its columns. `results/README.md` explains them and the metrics.

use lukewarm_model::Sample;
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

/// The content of `samples.csv`. The step is empty for the whole job; values have as many digits
/// as bring them back exactly.
///
/// # Errors
/// None that a sample can cause: it would be a bug.
pub fn samples_csv(samples: &[Sample]) -> Result<Vec<u8>, RecordError> {
    let error = |source: Box<dyn std::error::Error + Send + Sync>| RecordError::Wording {
        what: "samples.csv".to_owned(),
        source,
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS).map_err(|source| error(source.into()))?;
    for sample in samples {
        let names = [&sample.case, &sample.scenario, &sample.workspace, &sample.story, &sample.job];
        let [case, scenario, workspace, story, job] = names.map(|name| Safe::<Csv>::of(name));
        let fields = [
            case.as_str(),
            &scenario,
            &workspace,
            &story,
            &job,
            &sample.iteration.to_string(),
            &sample.position.to_string(),
            sample.step.map_or("", |step| step.name()),
            sample.metric.name(),
            &sample.value.to_string(),
            &sample.metric.unit().to_string(),
            &sample.source.to_string(),
            &sample.verdict,
            &sample.repeat.to_string(),
            &sample.state.to_string(),
        ];
        writer.write_record(fields).map_err(|source| error(source.into()))?;
    }
    writer.into_inner().map_err(|source| error(source.to_string().into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lukewarm_model::{Metric, Source, Step};

    fn sample(job: &str, step: Option<Step>, metric: Metric, value: f64) -> Sample {
        Sample {
            case: "cli/none".to_owned(),
            scenario: "none".to_owned(),
            workspace: "cli".to_owned(),
            story: "default".to_owned(),
            job: job.to_owned(),
            iteration: 1,
            position: 4,
            repeat: 0,
            state: 2,
            step,
            metric,
            value,
            source: Source::Clock,
            verdict: "valid".to_owned(),
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

    #[test]
    fn the_specification_has_every_column() {
        let page = include_str!("../../../results/README.md");
        let table = page.split("## ").find(|part| part.starts_with("samples.csv")).unwrap();
        let first = table.lines().filter_map(|line| line.split('|').nth(1));
        let named: Vec<&str> = first.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
        assert_eq!(named, COLUMNS);
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
