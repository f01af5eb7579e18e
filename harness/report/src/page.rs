//! The page: one self-contained file, readable without network and without JavaScript.
//! Owns what the template may ask for; everything it prints is escaped by the template engine,
//! but for charts and essays, which are made here.

use askama::Template;
use lukewarm_analysis::{Doubt, Findings, Row};
use lukewarm_model::{Metric, Sample, Seconds, Step, Warning};
use pulldown_cmark::{Event, Parser, html};

use crate::chart::Chart;
use crate::headline::headline;
use crate::{ReportError, words};

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'f> {
    findings: &'f Findings,
    headline: String,
    command: String,
    host: String,
    iterations: String,
    reference: &'f str,
    doubts: &'f [Doubt],
    warnings: &'f [Warning],
    workspaces: Vec<Workspace<'f>>,
    scenarios: Vec<Told>,
    networks: Vec<Told>,
    tools: Vec<String>,
    toolchains: Vec<String>,
    time: Vec<(String, String)>,
    samples: Vec<[String; 7]>,
}

/// One workspace: its tables and pictures.
struct Workspace<'f> {
    name: &'f str,
    title: &'f str,
    essay: String,
    jobs: Vec<Job<'f>>,
    charts: Vec<&'f Chart>,
}

/// One job's rows.
struct Job<'f> {
    name: &'f str,
    change: String,
    rows: Vec<Line<'f>>,
}

/// One row as it is printed.
struct Line<'f> {
    scenario: &'f str,
    cells: Vec<String>,
    word: String,
    reasons: String,
}

/// Something with a name, a line and an essay.
struct Told {
    name: String,
    line: String,
    title: String,
    essay: String,
}

/// The page's text.
///
/// # Errors
/// Only by a bug in the template.
pub fn page(findings: &Findings, charts: &[Chart]) -> Result<String, ReportError> {
    let plan = &findings.run.plan;
    let mut networks: Vec<Told> = Vec::new();
    for network in plan.scenarios.iter().filter_map(|scenario| scenario.network.as_ref()) {
        if networks.iter().all(|told| told.name != network.name) {
            networks.push(Told {
                name: network.name.clone(),
                line: network.to_string(),
                title: format!("{}. Source: {}", network.title, network.source),
                essay: markdown(&network.essay),
            });
        }
    }
    let scenarios = plan.scenarios.iter().map(|scenario| Told {
        name: scenario.name.clone(),
        line: format!("{}; {}", scenario.tool, words::service(scenario)),
        title: scenario.title.clone(),
        essay: markdown(&scenario.essay),
    });
    let page = Page {
        findings,
        headline: headline(findings),
        command: words::command(findings),
        host: words::host(findings),
        iterations: words::iterations(findings),
        reference: plan.reference.as_deref().unwrap_or("no reference"),
        doubts: &findings.doubts,
        warnings: &findings.warnings,
        workspaces: plan
            .workspaces
            .iter()
            .map(|it| Workspace {
                name: &it.name,
                title: &it.title,
                essay: markdown(&it.essay),
                jobs: jobs(findings, &it.name),
                charts: charts.iter().filter(|chart| chart.workspace == it.name).collect(),
            })
            .collect(),
        scenarios: scenarios.collect(),
        networks,
        tools: tools(findings),
        toolchains: toolchains(findings),
        time: time(findings),
        samples: findings.samples.iter().filter_map(sample).collect(),
    };
    Ok(page.render()?)
}

fn jobs<'f>(findings: &'f Findings, workspace: &str) -> Vec<Job<'f>> {
    let plan = &findings.run.plan;
    let line = |row: &'f Row| Line {
        scenario: &row.scenario,
        cells: cells(row),
        word: words::verdict(row),
        reasons: match (&row.failure, &row.verdict) {
            (Some(failure), _) => failure.clone(),
            (None, Some(verdict)) => verdict.reasons().join("; "),
            (None, None) => String::new(),
        },
    };
    plan.story
        .jobs
        .iter()
        .map(|job| Job {
            name: &job.name,
            change: job.change.to_string(),
            rows: plan
                .scenarios
                .iter()
                .filter_map(|it| words::row(findings, workspace, &it.name, &job.name))
                .map(line)
                .collect(),
        })
        .collect()
}

/// The columns of the page's table, in its order.
fn cells(row: &Row) -> Vec<String> {
    let nothing = || words::NOTHING.to_owned();
    let step = |step| {
        row.estimate(Metric::Wall, Some(step))
            .map_or_else(nothing, |it| Seconds(it.point).to_string())
    };
    let seconds = |value: f64| Seconds(value).to_string();
    let count = |value: f64| format!("{value:.0}");
    let mut cells = vec![
        row.estimate(Metric::Wall, None).map_or_else(nothing, words::wall),
        row.comparison.as_ref().map_or_else(nothing, words::ratio),
        row.comparison.as_ref().map_or_else(nothing, words::comparison),
    ];
    cells.extend(Step::ALL.map(step));
    cells.extend([
        words::metric(row, Metric::HitRatio, words::percent),
        words::metric(row, Metric::ReuseRatio, words::percent),
        words::metric(row, Metric::BytesDown, words::bytes),
        words::metric(row, Metric::BytesUp, words::bytes),
        words::metric(row, Metric::Requests, count),
        words::metric(row, Metric::StoredBytes, words::bytes),
        words::metric(row, Metric::Cpu, seconds),
        words::metric(row, Metric::ServiceCpu, seconds),
        words::metric(row, Metric::PeakRss, words::bytes),
    ]);
    cells
}

fn tools(findings: &Findings) -> Vec<String> {
    let tools = findings.run.tools.iter();
    tools.map(|(name, it)| format!("{name}: {} ({})", it.version, it.origin)).collect()
}

fn toolchains(findings: &Findings) -> Vec<String> {
    let toolchains = findings.run.toolchains.iter();
    toolchains.map(|(name, it)| format!("{name}: {}; {}", it.rustc, it.cargo)).collect()
}

/// Where the time went, as shares.
fn time(findings: &Findings) -> Vec<(String, String)> {
    let Some(end) = &findings.end else { return Vec::new() };
    let time = end.time;
    let whole = (time.measured + time.laying + time.own).0.max(f64::MIN_POSITIVE);
    [
        ("steps of jobs", time.measured),
        ("laying and clearing clean machines", time.laying),
        ("the harness itself", time.own),
    ]
    .map(|(what, part)| (what.to_owned(), format!("{part} ({:.1} %)", part.0 / whole * 100.0)))
    .to_vec()
}

/// The whole-job wall-clock samples; `samples.csv` has all the others.
fn sample(sample: &Sample) -> Option<[String; 7]> {
    (sample.metric == Metric::Wall && sample.step.is_none()).then(|| {
        [
            sample.workspace.clone(),
            sample.scenario.clone(),
            sample.job.clone(),
            sample.iteration.to_string(),
            sample.position.to_string(),
            format!("{:.3} s", sample.value),
            sample.verdict.clone(),
        ]
    })
}

/// Markdown as HTML; HTML inside it is shown, not obeyed.
fn markdown(text: &str) -> String {
    let events = Parser::new(text).map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        event => event,
    });
    let mut out = String::new();
    html::push_html(&mut out, events);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{chart, examples, files};

    #[test]
    fn the_answer_comes_first_and_nothing_is_fetched() {
        let findings = examples::findings();
        let text = page(&findings, &chart::all(&findings).unwrap()).unwrap();
        let place = |what: &str| text.find(what).unwrap_or_else(|| panic!("no {what}"));
        assert!(place("too few to say for certain") < place("<table"));
        assert!(place("jobs in doubt") < place("<table"));
        for fetched in ["<script", "<link", "src=", "@import", "url("] {
            assert!(!text.contains(fetched), "the page has {fetched}");
        }
        assert!(text.len() < 2_000_000);
    }

    #[test]
    fn markup_in_names_and_essays_stays_text() {
        let mut findings = examples::findings();
        let evil = "<img src=x onerror=alert(1)>";
        findings.run.plan.scenarios[0].name = evil.to_owned();
        findings.run.plan.scenarios[0].essay = format!("An {evil} essay");
        findings.run.command = vec![evil.to_owned()];
        let text = page(&findings, &chart::all(&findings).unwrap()).unwrap();
        assert!(!text.contains("<img"), "{}", &text[text.find("<img").unwrap_or(0)..][..200]);
    }

    #[test]
    fn the_same_findings_give_the_same_bytes() {
        assert_eq!(files(&examples::findings()).unwrap(), files(&examples::findings()).unwrap());
    }
}
