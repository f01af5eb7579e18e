//! `report.html`: the whole story of a run on one page, without network and scripts.
//! Owns what the page holds and in which order; the template owns its looks.

pub(crate) mod essay;
mod facts;
mod samples;
mod tables;

use askama::Template;
use lukewarm_analysis::Findings;
use lukewarm_model::Warning;

use crate::charts::Chart;
use crate::doubts::{self, Trouble};
use crate::headline::{answer, certainty};
use crate::sections::{Section, sections};
use facts::{Fact, ScenarioFacts};
use samples::{Sampled, sampled};
use tables::{ResultGroup, StepLine};

/// Troubles that are told one by one; beyond them a page helps nobody.
const TROUBLES: usize = 60;

/// The page, in the order it is read.
#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    name: &'a str,
    id: &'a str,
    started: &'a str,
    answer: String,
    certainty: String,
    troubles: Vec<Trouble<'a>>,
    more_troubles: usize,
    reference: &'a str,
    workspaces: Vec<Workspace<'a>>,
    story: Vec<Fact>,
    story_essay: String,
    scenarios: Vec<ScenarioFacts<'a>>,
    methods: Vec<String>,
    machine: Vec<Fact>,
    warnings: &'a [Warning],
    time: Vec<Fact>,
    samples: Vec<Sampled>,
    command: String,
}

/// One workspace: what it is, its results, its pictures, its steps.
struct Workspace<'a> {
    name: &'a str,
    title: &'a str,
    essay: String,
    results: Vec<ResultGroup<'a>>,
    charts: Vec<&'a Chart>,
    steps: Vec<StepLine<'a>>,
}

/// The page as HTML.
pub(crate) fn page(findings: &Findings, charts: &[Chart]) -> Result<String, askama::Error> {
    let run = &findings.run;
    let mut troubles = doubts::troubles(findings);
    let more_troubles = troubles.len().saturating_sub(TROUBLES);
    troubles.truncate(TROUBLES);
    let sections = sections(findings);
    let page = Page {
        name: &run.plan.name,
        id: &run.id,
        started: &run.started,
        answer: answer(findings),
        certainty: certainty(findings),
        troubles,
        more_troubles,
        reference: run.plan.reference.as_deref().unwrap_or("the reference"),
        workspaces: sections.iter().map(|s| workspace(findings, s, charts)).collect(),
        story: facts::story(findings),
        story_essay: essay::html(&run.plan.story.essay),
        scenarios: run.plan.scenarios.iter().map(|s| facts::scenario(run, s)).collect(),
        methods: facts::methods(findings),
        machine: facts::machine(run),
        warnings: &findings.warnings,
        time: facts::time(findings),
        samples: sampled(findings),
        command: facts::command(run),
    };
    page.render()
}

fn workspace<'a>(
    findings: &'a Findings,
    section: &Section<'a>,
    charts: &'a [Chart],
) -> Workspace<'a> {
    let known = findings.run.plan.workspaces.iter().find(|w| w.name == section.workspace);
    Workspace {
        name: section.workspace,
        title: known.map_or("", |workspace| workspace.title.as_str()),
        essay: known.map_or_else(String::new, |workspace| essay::html(&workspace.essay)),
        results: tables::results(findings, section),
        charts: charts.iter().filter(|chart| chart.workspace == section.workspace).collect(),
        steps: tables::steps(section),
    }
}
