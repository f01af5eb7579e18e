//! `samples.csv`: every sample in long format, one value a line.
//! Owns its columns. `results/README.md` explains them and the metrics.

use std::error::Error;
use std::fmt::Write as _;

use lukewarm_model::text::{Csv, Safe};
use lukewarm_model::{Case, JobSamples, Sample, in_parallel};

/// Why a file's content cannot be made.
pub type WordingError = Box<dyn Error + Send + Sync>;

/// The columns of `samples.csv`, in their order.
const COLUMNS: [&str; 15] = [
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
pub fn samples_csv(jobs: &[JobSamples]) -> Result<Vec<u8>, WordingError> {
    let jobs =
        in_parallel(jobs, lines).into_iter().collect::<Result<Vec<String>, WordingError>>()?;
    let head = line(COLUMNS)? + "\n";
    let mut text = Vec::with_capacity(head.len() + jobs.iter().map(String::len).sum::<usize>());
    text.extend_from_slice(head.as_bytes());
    jobs.iter().for_each(|lines| text.extend_from_slice(lines.as_bytes()));
    Ok(text)
}

/// The lines of one job. What is the same in all of them is formatted once, and what is a word is
/// copied: a record has a hundred lines a job.
fn lines(job: &JobSamples) -> Result<String, WordingError> {
    let JobSamples { case, story, job: name, verdict, repeat, state, .. } = job;
    let Case { workspace, scenario } = case;
    let names = [&*case.to_string(), scenario, workspace, story, name];
    let [case, scenario, workspace, story, name] = names.map(Safe::<Csv>::of);
    let (iteration, position) = (job.iteration.to_string(), job.position.to_string());
    let names: [&str; 7] = [&case, &scenario, &workspace, &story, &name, &iteration, &position];
    let before = line(names)? + ",";
    let after = format!(",{verdict},{repeat},{state}\n");
    let mut text = String::with_capacity(job.samples.len() * (before.len() + after.len() + 64));
    for Sample { step, metric, value, source } in &job.samples {
        text.push_str(&before);
        text.push_str(step.map_or("", |step| step.name()));
        text.push(',');
        text.push_str(metric.name());
        let _ = write!(text, ",{value},");
        text.push_str(metric.unit().symbol());
        text.push(',');
        text.push_str(source.name());
        text.push_str(&after);
    }
    Ok(text)
}

/// Fields as CSV, quoted where they must be, without the end of the line.
fn line<'a>(fields: impl IntoIterator<Item = &'a str>) -> Result<String, WordingError> {
    // A few words: the usual buffer is of 8 KiB.
    let mut writer = csv::WriterBuilder::new().buffer_capacity(256).from_writer(Vec::new());
    writer.write_record(fields)?;
    let bytes = writer.into_inner().map_err(|error| error.to_string())?;
    Ok(String::from_utf8(bytes)?.trim_end_matches('\n').to_owned())
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
