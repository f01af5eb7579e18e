//! The page and its charts.

use std::collections::BTreeSet;

use lukewarm_analysis::{Curve, CurvePoint, Estimate, Estimates, Estimator, Swept};
use lukewarm_model::{Change, ComparisonVerdict, RestoreScope, Setting, ToolDescription};
use lukewarm_report::{ReportFile, terminal};
use quick_xml::events::Event;

use crate::by_hand::{by_hand, example, made, plain, sure, text};

#[test]
fn rows_without_a_result_are_told_everywhere() {
    let mut findings = sure();
    for row in findings.rows.iter_mut() {
        row.verdict = None;
        row.measured = Estimates::default();
        row.comparison = None;
        row.failure = Some("did not run: stopped".to_owned());
    }
    let files = made(&findings);
    for name in ["summary.md", "report.html", "charts/wall-finder.svg", "charts/reuse-finder.svg"] {
        assert!(text(&files, name).contains("no result"), "{name}");
    }
    assert!(text(&files, "report.html").contains("did not run: stopped"));
    assert!(!text(&files, "charts/wall-finder.svg").contains("NaN"));
}

#[test]
fn the_page_says_what_changed_before_each_job_whatever_kind_it_is() {
    for change in Change::all() {
        let mut findings = sure();
        findings.run.plan.story.jobs[1].change = change;
        findings.run.plan.story.jobs[2].change = change;
        let page = text(&made(&findings), "report.html");
        let nothing = page.matches("nothing changed").count();
        match change == Change::NONE {
            true => assert_eq!(nothing, 2, "{change}"),
            false => {
                assert_eq!(nothing, 0, "{change}");
                let said = format!("changed since the previous job: {change}");
                assert_eq!(page.matches(&said).count(), 2, "{change}");
            }
        }
        assert!(page.contains("from an empty cache"), "{change}");
    }
}

#[test]
fn every_kind_of_chart_has_its_question_on_the_page() {
    let mut findings = sure();
    let estimate = |point: f64| Estimate {
        point,
        low: point * 0.99,
        high: point * 1.01,
        estimator: Estimator::HodgesLehmann,
        count: 10,
    };
    let points = [(0.0, 0.5), (1.0, 2.0)].map(|(at, ratio)| CurvePoint {
        at,
        label: format!("{at} s"),
        estimate: estimate(ratio),
    });
    let curve = Curve::new(Setting::RoundTrip, "wall of quick over none", points.to_vec(), 1.0);
    let job = "leaf/body".into();
    findings.swept = vec![Swept { workspace: "finder".into(), job, curves: vec![curve] }];
    let files = made(&findings);
    let page = text(&files, "report.html");
    assert!(page.contains("From which value of the setting on is it worth it?"), "its own title");
    assert!(page.contains("Where a curve crosses the line"), "how it is read");
    assert!(!page.contains(">sweep<"), "not the kind's name as a title");
    text(&files, "charts/sweep-leaf-body-finder.svg");
}

#[test]
fn the_same_findings_give_the_same_bytes() {
    assert_eq!(made(&example()), made(&example()));
    assert_eq!(terminal(&example(), plain(80)), terminal(&example(), plain(80)));
}

#[test]
fn what_people_named_is_never_markup() {
    let same = ComparisonVerdict::Same;
    let mut findings =
        by_hand(&[("none", 10.0, same), ("<script>x", 9.0, same), ("a&b", 8.0, same)], &["cold"]);
    let rows = findings.rows.iter_mut();
    rows.for_each(|row| row.workspace = "<b>\"work\"&|".into());
    findings.run.plan.name = "</title><script>".to_owned();
    findings.run.command = vec!["lukewarm".to_owned(), "<img src=x>".to_owned()];
    findings.run.plan.scenarios[1].essay =
        "<script>alert(1)</script>\n\n![pixel](https://x.example/p.png) [go](javascript:x)\n\n\
         <img src=y>\n"
            .to_owned();
    let files = made(&findings);
    let page = text(&files, "report.html");
    for wrong in ["<script>x", "<script>alert", "<img", "javascript:", "p.png", "<b>\""] {
        assert!(!page.contains(wrong), "{wrong}");
    }
    assert_eq!(page.matches("<script").count(), 1, "the page's own");
    for right in ["&lt;script&gt;alert(1)", "pixel"] {
        assert!(page.contains(right), "{right}");
    }
    let wall = text(&files, "charts/wall--b--work---.svg");
    assert!(wall.contains("&lt;script&gt;x") && wall.contains("a&amp;b"));
    well_formed("wall", &wall);
    let summary = text(&files, "summary.md");
    assert!(!summary.contains("<script") && summary.contains("&lt;script&gt;x"), "{summary}");
}

#[test]
fn pictures_are_well_formed_and_the_page_needs_nothing_else() {
    let files = made(&example());
    let charts: Vec<&ReportFile> =
        files.iter().filter(|file| file.name.starts_with("charts/")).collect();
    assert_eq!(charts.len(), 6);
    let page = text(&files, "report.html");
    for chart in charts {
        let svg = text(&files, &chart.name);
        well_formed(&chart.name, &svg);
        assert!(!svg.contains(" id="), "{}: ids of two pictures could meet", chart.name);
        assert!(page.contains(&svg), "{} is not on the page", chart.name);
    }
    for outside in [" src=", "<link", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.len() < 2_000_000);
}

fn well_formed(name: &str, svg: &str) {
    let mut reader = quick_xml::Reader::from_str(svg);
    reader.config_mut().check_end_names = true;
    let mut elements = BTreeSet::new();
    loop {
        match reader.read_event() {
            Ok(Event::Eof) => break,
            Ok(Event::Start(tag) | Event::Empty(tag)) => {
                for attribute in tag.attributes() {
                    attribute.unwrap_or_else(|error| panic!("{name}: {error}"));
                }
                elements.insert(tag.name().as_ref().to_owned());
            }
            Ok(_) => {}
            Err(error) => panic!("{name}: {error}"),
        }
    }
    for element in ["svg", "text", "line"] {
        assert!(elements.contains(element), "{name}");
    }
}

#[test]
fn the_limits_are_those_of_the_tools_that_were_measured() {
    static TELEPORT: ToolDescription = ToolDescription {
        restores: RestoreScope::Checkout,
        caveats: &["Teleporting is not timed on {cores} cores."],
        ..ToolDescription::new("teleport", "a tool that no code knows by name")
    };
    let mut findings = sure();
    findings.run.host.cores = 7;
    findings.run.plan.scenarios[1].tool.name = "teleport".to_owned();
    let shown = ["Teleporting is not timed on 7 cores.", "kept between jobs in quick"];
    let page = text(&made(&findings), "report.html");
    assert!(shown.iter().all(|words| !page.contains(words)), "the tool is not described yet");
    findings.tools.push(TELEPORT.clone());
    let page = text(&made(&findings), "report.html");
    for words in shown {
        assert_eq!(page.matches(words).count(), 1, "{words}");
    }
}

#[test]
fn the_example_has_the_caveats_of_its_own_tools_only() {
    let findings = example();
    let page = text(&made(&findings), "report.html");
    let names: Vec<&str> = findings.tools.iter().map(|tool| tool.name).collect();
    assert_eq!(names, ["none", "persistent-target", "actions-cache", "sccache"]);
    let cores = findings.run.host.cores.to_string();
    let caveats: Vec<&str> = findings.tools.iter().flat_map(|tool| tool.caveats).copied().collect();
    assert!(caveats.len() >= 2, "{caveats:?}");
    for caveat in caveats {
        assert!(page.contains(&caveat.replace("{cores}", &cores)), "{caveat}");
    }
    assert!(page.contains("kept between jobs in persistent-target"));
}
