//! `report.html`: the whole result of a run on one page that needs no network, and is complete
//! without its script. Owns the page's content and order; the templates own its appearance.

mod anchors;
mod charts;
pub(crate) mod essay;
mod facts;
mod limits;
mod methods;
mod samples;
mod script;
mod strips;
mod tables;
mod threats;

use askama::Template;
use lukewarm_analysis::Findings;
use lukewarm_model::{Timestamp, Warning};

use crate::charts::Chart;
use crate::columns::{Table, legend};
use crate::copies;
use crate::headline::{answer, certainty};
use crate::issues::{self, IssueGroup};
use crate::machines::{self, MachineTable};
use crate::sections::{Section, sections};
use anchors::Anchors;
use charts::Question;
use facts::{Fact, ScenarioFacts};
use limits::{Budget, ISSUES, ROWS, SCENARIOS, STEPS, WORKSPACES, cut};
use samples::Samples;
use strips::Strip;
use tables::{ClassedText, CopiesLine, ResultLine, StepLine};

/// The page, in the order it is read. Each section is a template of its own.
#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    policy: String,
    script: &'static str,
    name: &'a str,
    id: &'a str,
    started: Timestamp,
    moment: String,
    measured_on: String,
    answer: String,
    certainty: String,
    issues: Vec<ShownIssue<'a>>,
    more_issues: usize,
    reference: &'a str,
    heads: Heads,
    workspaces: Vec<Workspace<'a>>,
    more_workspaces: usize,
    machine_tables: Vec<MachineTable>,
    machines_reading: String,
    machine_facts: Vec<Fact>,
    copies: Vec<CopiesLine>,
    copies_heads: [&'static str; copies::HEADS.len()],
    copies_title: &'static str,
    copies_note: &'static str,
    questions: Vec<Question<'a>>,
    scenarios: Vec<ScenarioStory<'a>>,
    more_scenarios: usize,
    built: Vec<Built<'a>>,
    more_built: usize,
    story: Vec<Fact>,
    story_essay: String,
    links: Vec<Fact>,
    methods: Vec<Fact>,
    legend: String,
    levels: Option<String>,
    fixed: Vec<Fact>,
    differing: Vec<Fact>,
    missing: Vec<String>,
    machine: Vec<Fact>,
    warnings: &'a [Warning],
    time: Vec<Fact>,
    samples: Samples<'a>,
    command: String,
    again: String,
    seed: u64,
    lukewarm: &'a str,
}

/// The heads of the columns of each table.
struct Heads {
    results: Vec<ClassedText>,
    steps: Vec<ClassedText>,
    scenario: Vec<ClassedText>,
}

/// An issue, shortened to what a page takes.
struct ShownIssue<'a> {
    id: String,
    issue: IssueGroup<'a>,
    reasons: Vec<String>,
    last_lines: Vec<String>,
}

/// One workspace's results and steps.
struct Workspace<'a> {
    id: String,
    name: &'a str,
    title: &'a str,
    results: Vec<ResultLine<'a>>,
    more_results: usize,
    steps: Vec<StepLine<'a>>,
    more_steps: usize,
}

/// One workspace's essay.
struct Built<'a> {
    id: String,
    name: &'a str,
    title: &'a str,
    essay: String,
}

/// One scenario: its settings, its essay and its own chart.
struct ScenarioStory<'a> {
    id: String,
    facts: ScenarioFacts<'a>,
    strips: Vec<Strip<'a>>,
    more_strips: usize,
}

/// The page as HTML.
pub(crate) fn page(findings: &Findings, charts: &[Chart]) -> Result<String, askama::Error> {
    let run = &findings.run;
    let sections = sections(findings);
    let reference = run.plan.reference.as_deref().unwrap_or("the reference");
    let mut anchors = Anchors::default();
    let issues = issues::issue_groups(findings);
    let scenarios = scenarios(findings, &sections, &mut anchors);
    let built = built(findings, &mut anchors);
    let workspaces = workspaces(findings, &sections, &mut anchors);
    let page = Page {
        policy: script::policy(),
        script: script::SCRIPT,
        name: &run.plan.name,
        id: &run.id,
        started: run.started,
        moment: facts::moment(run.started),
        measured_on: facts::measured_on(findings),
        answer: answer(findings),
        certainty: certainty(findings),
        more_issues: issues.len().saturating_sub(ISSUES),
        issues: issues.into_iter().take(ISSUES).map(|it| shown_issue(it, &mut anchors)).collect(),
        reference,
        heads: Heads {
            results: tables::heads(Table::Results, reference),
            steps: tables::heads(Table::Steps, reference),
            scenario: tables::heads(Table::Scenario, reference),
        },
        more_workspaces: sections.len() - workspaces.len(),
        workspaces,
        machine_tables: machines::tables(findings, machines::COLUMNS),
        machines_reading: machines::reading(findings).unwrap_or_default(),
        machine_facts: facts::parts(findings),
        copies: tables::copies(findings, &mut anchors),
        copies_heads: copies::HEADS,
        copies_title: copies::TITLE,
        copies_note: copies::NOTE,
        questions: charts::questions(findings, &sections, charts, &mut anchors),
        more_scenarios: run.plan.scenarios.len() - scenarios.len(),
        scenarios,
        more_built: run.plan.workspaces.len() - built.len(),
        built,
        story: facts::story(findings),
        story_essay: essay::html(&run.plan.story.essay),
        links: facts::links(run),
        methods: methods::methods(findings),
        legend: sentences(&legend(Table::Results, reference)),
        levels: crate::levels::sentence(findings),
        fixed: threats::fixed(findings),
        differing: threats::differing(findings),
        missing: threats::missing(findings),
        machine: facts::machine(run),
        warnings: &findings.warnings,
        time: facts::time(findings),
        samples: samples::samples(findings, &mut anchors),
        command: facts::command(&run.command),
        again: facts::command(&["lukewarm", "report", &format!("results/{}", run.id)]),
        seed: run.plan.seed,
        lukewarm: &run.lukewarm,
    };
    page.render()
}

/// Texts as sentences, one after the other.
fn sentences(texts: &[String]) -> String {
    let sentences: Vec<String> =
        texts.iter().map(|text| format!("{}.", methods::capitalized(text))).collect();
    sentences.join(" ")
}

fn shown_issue<'a>(issue: IssueGroup<'a>, anchors: &mut Anchors) -> ShownIssue<'a> {
    let texts = |texts: &[String]| texts.iter().take(limits::REASONS).map(|it| cut(it)).collect();
    ShownIssue {
        id: anchors.id("doubt", &[&issue.case.to_string(), issue.kind.name()]),
        reasons: texts(issue.reasons),
        last_lines: texts(issue.last_lines),
        issue,
    }
}

fn workspaces<'a>(
    findings: &'a Findings,
    sections: &[Section<'a>],
    anchors: &mut Anchors,
) -> Vec<Workspace<'a>> {
    let (mut rows, mut lines) = (Budget::new(ROWS), Budget::new(STEPS));
    let shown = sections.iter().map(|section| {
        let known = findings.run.plan.workspaces.iter().find(|w| w.name == *section.workspace);
        let results = tables::results(findings, section, (anchors, &mut rows));
        let (steps, more_steps) = tables::steps(findings, section, (anchors, &mut lines));
        Workspace {
            id: anchors.id("on", &[section.workspace]),
            name: section.workspace,
            title: known.map_or("", |workspace| workspace.title.as_str()),
            more_results: tables::count(section) - results.len(),
            results,
            steps,
            more_steps,
        }
    });
    // A table without rows is left out.
    shown.take_while(|workspace| !workspace.results.is_empty()).collect()
}

fn built<'a>(findings: &'a Findings, anchors: &mut Anchors) -> Vec<Built<'a>> {
    let shown = findings.run.plan.workspaces.iter().take(WORKSPACES).map(|workspace| Built {
        id: anchors.id("workspace", &[&workspace.name]),
        name: &workspace.name,
        title: &workspace.title,
        essay: essay::html(&workspace.essay),
    });
    shown.collect()
}

fn scenarios<'a>(
    findings: &'a Findings,
    sections: &[Section<'a>],
    anchors: &mut Anchors,
) -> Vec<ScenarioStory<'a>> {
    let shown = findings.run.plan.scenarios.iter().take(SCENARIOS).map(|scenario| {
        let (strips, more_strips) = strips::strips(findings, sections, &scenario.name);
        ScenarioStory {
            id: anchors.id("scenario", &[&scenario.name]),
            facts: facts::scenario(&findings.run, scenario),
            strips,
            more_strips,
        }
    });
    shown.collect()
}
