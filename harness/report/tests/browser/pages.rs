//! The pages that the tests open, each made anew in the folder that Cargo keeps for tests.

use std::fs;
use std::path::{Path, PathBuf};

use lukewarm_analysis::{Evaluation, Findings, Row, analyse};
use lukewarm_model::{Case, JobName, RawRecord, ScenarioName, WorkspaceName};

/// A text that would act if it were taken for markup, wherever it stands.
pub const MARKUP: &str =
    "</title></script><script>window.struck=1</script><img src=x onerror=\"window.struck=2\">'\"&";

/// The run that the project quotes.
pub fn published() -> PathBuf {
    write("published", &findings(&record("../../results/published/cli")))
}

/// The answer that the project publishes, copied: a browser leaves files beside what it opens.
pub fn claims() -> PathBuf {
    let published = "../../results/published/claims/claims.html";
    let page = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(published));
    put("claims", &page.expect("the published answer has a page"))
}

/// A run with doubts: an archive, a wrapper that once fell back, a case that fails.
pub fn doubtful() -> PathBuf {
    write("doubtful", &findings(&record("../analysis/testdata/example")))
}

/// The run with doubts, in which everything that has a name is called `MARKUP`.
pub fn injected() -> PathBuf {
    let mut record = record("../analysis/testdata/example");
    let plan = &mut record.run.plan;
    let markup = || MARKUP.to_owned();
    plan.name = markup();
    plan.reference = plan.reference.as_ref().map(|_| markup().into());
    plan.story.essay = markup();
    plan.story.title = markup();
    for (number, scenario) in plan.scenarios.iter_mut().enumerate() {
        // Names stay different from one another; the reference has the bare one.
        scenario.name = format!("{MARKUP}{}", " ".repeat(number)).into();
        scenario.title = markup();
        scenario.essay =
            format!("{MARKUP} [go](javascript:window.struck=3) ![p](x.png)\n\n{MARKUP}");
    }
    let names: Vec<ScenarioName> = plan.scenarios.iter().map(|it| it.name.clone()).collect();
    for workspace in &mut plan.workspaces {
        workspace.name = markup().into();
        workspace.title = markup();
        workspace.essay = markup();
    }
    for (case, name) in plan.cases.iter_mut().zip(names) {
        case.scenario = name;
        case.workspace = markup().into();
    }
    for (number, job) in plan.story.jobs.iter_mut().enumerate() {
        let name = JobName::from(format!("{MARKUP}{}", "!".repeat(number)));
        for fact in record.jobs.iter_mut().filter(|fact| fact.job == job.name) {
            fact.job.clone_from(&name);
        }
        job.name = name;
    }
    for failure in record.jobs.iter_mut().filter_map(|job| job.failure.as_mut()) {
        failure.message = markup();
        failure.last_lines = vec![markup()];
    }
    record.run.id = markup();
    record.run.command = vec![markup()];
    record.run.host.cpu = markup();
    record.run.host.system = markup();
    record.run.tools.values_mut().for_each(|tool| tool.version = markup());
    record.run.toolchains = [(markup(), record.run.toolchains["finder"].clone())].into();
    write("injected", &findings(&record))
}

/// 10,000 jobs: few rows, each with many samples.
pub fn long() -> PathBuf {
    let mut record = record("../analysis/testdata/example");
    let pass: Vec<_> =
        record.jobs.iter().filter(|job| job.attempt.iteration == 1).cloned().collect();
    for iteration in 3.. {
        if record.jobs.len() + pass.len() > 10_000 {
            break;
        }
        record.jobs.extend(pass.iter().cloned().map(|mut job| {
            job.attempt.iteration = iteration;
            job
        }));
    }
    write("long", &findings(&record))
}

/// 10,000 jobs: many workspaces, so that there are thousands of rows with few samples each.
pub fn wide() -> PathBuf {
    let mut findings = findings(&record("../../results/published/cli"));
    let (rows, samples) = (findings.rows.clone(), findings.samples.clone());
    let workspace = findings.run.plan.workspaces[0].clone();
    for number in 1..10_000 / findings.run.plan.job_count() {
        let name = WorkspaceName::from(format!("cli-{number}"));
        let renamed = |case: &Case| Case { workspace: name.clone(), ..case.clone() };
        let mut copy = workspace.clone();
        copy.name.clone_from(&name);
        findings.run.plan.workspaces.push(copy);
        findings.rows.extend(rows.iter().cloned().map(|row| Row {
            case: renamed(&row.case),
            workspace: name.clone(),
            ..row
        }));
        findings.samples.extend(samples.iter().cloned().map(|mut sample| {
            sample.case = renamed(&sample.case);
            sample
        }));
    }
    write("wide", &findings)
}

fn record(folder: &str) -> RawRecord {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    lukewarm_record::read(&folder).expect("the record is readable")
}

fn findings(record: &RawRecord) -> Findings {
    analyse(Evaluation::of(record))
}

/// Writes the page into a folder of this process: tests run side by side.
fn write(name: &str, findings: &Findings) -> PathBuf {
    let files = lukewarm_report::files(findings).expect("a report is made");
    let page = files.iter().find(|file| file.name == "report.html").expect("there is a page");
    put(name, &page.content)
}

/// Puts a page into a folder of its own.
fn put(name: &str, page: &[u8]) -> PathBuf {
    static NUMBER: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let folder =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser").join(format!("{name}-{number}"));
    fs::create_dir_all(&folder).expect("the folder for tests is writable");
    let path = folder.join("report.html");
    fs::write(&path, page).expect("the page is written");
    path
}
