//! The example run, and findings made by hand from it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use lukewarm_analysis::{
    Comparison, Estimate, Estimates, Estimator, Evaluation, Findings, Measured, Row, analyse,
};
use lukewarm_model::{
    Case, Change, ComparisonVerdict, JobSpec, JobVerdict, Metric, RunFacts, Step,
};
use lukewarm_report::{ColourChoice, ReportFile, TerminalStyle, files};

/// The example run: an archive, a wrapper that once fell back, a case that fails.
pub fn example() -> Findings {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../analysis/testdata/example");
    let record = lukewarm_record::read(folder.as_ref()).expect("the example is readable");
    analyse(Evaluation::of(&record))
}

/// The example once for all findings made by hand.
pub static EXAMPLE: LazyLock<Findings> = LazyLock::new(example);

/// Findings without rows, doubts and samples, on the example's machine.
pub fn bare(run: RunFacts) -> Findings {
    let end = EXAMPLE.end.clone();
    Findings {
        run,
        end,
        rows: Vec::new(),
        tools: EXAMPLE.tools.clone(),
        best: Vec::new(),
        cross_workspace: Vec::new(),
        swept: Vec::new(),
        merged: None,
        copies: Vec::new(),
        outliers: Vec::new(),
        issues: Vec::new(),
        outputs: Default::default(),
        missing_jobs: 0,
        warnings: Vec::new(),
        samples: Vec::new(),
    }
}

/// Scenarios with their wall-clock, each in the same jobs; the first is the reference.
pub fn by_hand(scenarios: &[(&str, f64, ComparisonVerdict)], jobs: &[&str]) -> Findings {
    let mut run = EXAMPLE.run.clone();
    let template = run.plan.scenarios[0].clone();
    let job = |name: &&str| JobSpec::alone(*name, Change::NONE);
    run.plan.story.jobs = jobs.iter().map(job).collect();
    run.plan.scenarios.clear();
    run.plan.cases.clear();
    let mut findings = bare(run);
    for (name, wall, verdict) in scenarios {
        let mut scenario = template.clone();
        scenario.name = (*name).into();
        findings.run.plan.scenarios.push(scenario);
        for job in jobs {
            findings.rows.push(row(name, job, *wall, *verdict));
        }
    }
    findings
}

pub fn row(scenario: &str, job: &str, wall: f64, verdict: ComparisonVerdict) -> Row {
    let count = if verdict == ComparisonVerdict::TooFewSamples { 2 } else { 10 };
    let around = |point: f64, estimator| Estimate {
        point,
        low: point * 0.99,
        high: point * 1.01,
        estimator,
        count,
    };
    let measured = |metric, step, point| Measured {
        metric,
        step,
        estimate: around(point, Estimator::MedianWithRange),
    };
    let comparison = Comparison {
        reference: "none".into(),
        ratio: around(wall / 10.0, Estimator::HodgesLehmann),
        verdict,
        iterations_needed: None,
        detectable: None,
        margin: 0.02,
        floor: None,
        across: None,
    };
    Row {
        case: Case::new("finder", scenario),
        scenario: scenario.into(),
        workspace: "finder".into(),
        job: job.into(),
        verdict: Some(JobVerdict::Valid(vec!["the program works".to_owned()])),
        failure: None,
        measured: Estimates::from_iter([
            measured(Metric::Wall, None, wall),
            measured(Metric::Wall, Some(Step::Build), wall),
            measured(Metric::ReuseRatio, None, 0.5),
        ]),
        comparison: (scenario != "none").then_some(comparison),
        states: None,
        latency: BTreeMap::new(),
    }
}

pub fn sure() -> Findings {
    use ComparisonVerdict::{Faster, Inconclusive, Same, Slower};
    let scenarios = [
        ("none", 10.0, Same),
        ("quick", 2.0, Faster),
        ("alike", 10.0, Same),
        ("heavy", 13.0, Slower),
        ("open", 10.1, Inconclusive),
    ];
    by_hand(&scenarios, &["cold", "unchanged", "leaf-body"])
}

pub fn plain(width: u16) -> TerminalStyle {
    TerminalStyle { width, colour: ColourChoice::Off }
}

pub fn text(files: &[ReportFile], name: &str) -> String {
    let file = files.iter().find(|file| file.name == name);
    let file = file.unwrap_or_else(|| panic!("there is no {name}"));
    String::from_utf8(file.content.clone()).expect("reports are UTF-8")
}

pub fn made(findings: &Findings) -> Vec<ReportFile> {
    files(findings).expect("findings make a report")
}
