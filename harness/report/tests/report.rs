//! What a reader of a report sees, for the example run and for findings made by hand from it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use lukewarm_analysis::{
    Across, AcrossOne, Comparison, Curve, CurvePoint, Estimate, Estimator, Evaluation, Findings,
    JobIssue, Measured, Row, Swept, analyse,
};
use lukewarm_model::{
    Case, Change, ComparisonVerdict, JobSpec, JobVerdict, Metric, RunFacts, Setting, Step,
    WorkspaceName,
};
use lukewarm_report::{ColourChoice, ReportFile, TerminalStyle, files, headline, terminal};
use proptest::prelude::*;
use quick_xml::events::Event;

/// The example run: an archive, a wrapper that once fell back, a case that fails.
fn example() -> Findings {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../analysis/testdata/example");
    let record = lukewarm_record::read(folder.as_ref()).expect("the example is readable");
    analyse(Evaluation::of(&record))
}

/// The example once for all findings made by hand.
static EXAMPLE: LazyLock<Findings> = LazyLock::new(example);

/// Findings without rows, doubts and samples, on the example's machine.
fn bare(run: RunFacts) -> Findings {
    let end = EXAMPLE.end.clone();
    Findings {
        run,
        end,
        rows: Vec::new(),
        across: Vec::new(),
        swept: Vec::new(),
        outliers: Vec::new(),
        issues: Vec::new(),
        missing_jobs: 0,
        warnings: Vec::new(),
        samples: Vec::new(),
    }
}

/// Scenarios with their wall-clock, each in the same jobs; the first is the reference.
fn by_hand(scenarios: &[(&str, f64, ComparisonVerdict)], jobs: &[&str]) -> Findings {
    let mut run = EXAMPLE.run.clone();
    let template = run.plan.scenarios[0].clone();
    let job = |name: &&str| JobSpec { name: (*name).into(), change: Change::NONE };
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

fn row(scenario: &str, job: &str, wall: f64, verdict: ComparisonVerdict) -> Row {
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
    };
    Row {
        case: Case::new("finder", scenario),
        scenario: scenario.into(),
        workspace: "finder".into(),
        job: job.into(),
        verdict: Some(JobVerdict::Valid(vec!["the program works".to_owned()])),
        failure: None,
        measured: vec![
            measured(Metric::Wall, None, wall),
            measured(Metric::Wall, Some(Step::Build), wall),
            measured(Metric::ReuseRatio, None, 0.5),
        ],
        comparison: (scenario != "none").then_some(comparison),
        states: None,
        latency: BTreeMap::new(),
    }
}

fn sure() -> Findings {
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

fn plain(width: u16) -> TerminalStyle {
    TerminalStyle { width, colour: ColourChoice::Off }
}

fn text(files: &[ReportFile], name: &str) -> String {
    let file = files.iter().find(|file| file.name == name);
    let file = file.unwrap_or_else(|| panic!("there is no {name}"));
    String::from_utf8(file.content.clone()).expect("reports are UTF-8")
}

fn made(findings: &Findings) -> Vec<ReportFile> {
    files(findings).expect("findings make a report")
}

#[test]
fn a_terminal_shows_doubts_then_tables_then_the_headline() {
    insta::assert_snapshot!(terminal(&example(), plain(100)), @r#"
    failed finder/sccache-throttled: cold (priming, iterations 1, 2)
      sccache's server did not start within 10 s
      | sccache: error: Server startup failed: cache storage failed to read: Unexpected (temporary) at read
      | sccache: caused by: 429 Too Many Requests
    failed finder/sccache-throttled: unchanged (priming, iterations 1, 2), leaf-body (priming,
      iterations 1, 2)
      its predecessor `cold` failed, so there is no state to start from
    degraded finder/sccache-webdav: leaf-body (iteration 2)
      sccache stored in `Local disk: "/tmp/example/sccache"` and not in the webdav service: it fell back
      silently
      sccache looked 14 units up, but the service saw no request during the build

    finder
    scenario / job     wall               n  ratio   hits reuse     down       up  verdict
    ────────────────────────────────────────────────────────────────────────────────────────
    none
      cold             12.8 s (12.8–12.9) 2      –      –   0 %      0 B      0 B  reference
      unchanged        12.8 s (12.8–12.9) 2      –      –   0 %      0 B      0 B  reference
      leaf-body        12.8 s (12.8–12.9) 2      –      –   0 %      0 B      0 B  reference
    persistent-target
      cold             13.6 s (13.5–13.7) 2  1.06×      –   0 %      0 B      0 B  too few
      unchanged        0.21 s             2 0.016×      – 100 %      0 B      0 B  too few
      leaf-body        1.97 s (1.96–1.98) 2  0.15×      –  70 %      0 B      0 B  too few
    actions-cache
      cold             15.6 s (15.5–15.7) 2  1.22×      –   0 %    312 B  61.4 MB  too few
      unchanged        7.14 s (7.10–7.19) 2  0.56×      –  70 %  61.4 MB    140 B  too few
      leaf-body        7.14 s (7.10–7.19) 2  0.56×      –  70 %  61.4 MB    140 B  too few
    sccache-webdav
      cold             13.4 s (13.3–13.4) 2  1.04×    0 %   0 %     20 B  8.96 MB  too few
      unchanged        4.66 s (4.63–4.69) 2  0.36×  100 %  70 %  8.96 MB      0 B  too few
      leaf-body        9.61 s (5.25–14.0) 2  0.67×   46 %  33 %  4.16 MB   320 kB  degraded
    sccache-throttled
      cold             –                  –      –      –     –        –        –  no result
      unchanged        –                  –      –      –     –        –        –  no result
      leaf-body        –                  –      –      –     –        –        –  no result

    wall: median (smallest–largest) of n jobs; ratio: wall over that of none, below 1 is faster; hits:
    of the tool's lookups; reuse: fresh and hit over all units; too few: no verdict from so few jobs;
    verdicts: a false faster or slower has a chance of at most 5 % among all comparisons of one job on
    one workspace, and of about 14 % among all 3 such groups

    On finder, in every job after cold, looked faster than none: persistent-target (0.016–0.15× by job),
    actions-cache (0.56×); without a sound result: sccache-throttled, sccache-webdav. With n = 2, there
    are too few samples to say for certain: at least 8 are needed. Of 40 jobs, 1 is in doubt, 9 failed.
    "#);
}

#[test]
fn the_markdown_has_a_row_a_scenario() {
    insta::assert_snapshot!(text(&made(&example()), "summary.md"), @r#"
    ## lukewarm: example

    **On finder, in every job after cold, looked faster than none: persistent-target (0.016–0.15× by job), actions-cache (0.56×); without a sound result: sccache-throttled, sccache-webdav. With n = 2, there are too few samples to say for certain: at least 8 are needed. Of 40 jobs, 1 is in doubt, 9 failed.**

    - finder/sccache-throttled failed: cold (priming, iterations 1, 2): sccache's server did not start within 10 s
    - finder/sccache-throttled failed: unchanged (priming, iterations 1, 2), leaf-body (priming, iterations 1, 2): its predecessor \`cold\` failed, so there is no state to start from
    - finder/sccache-webdav degraded: leaf-body (iteration 2): sccache stored in \`Local disk: "/tmp/example/sccache"\` and not in the webdav service: it fell back silently; sccache looked 14 units up, but the service saw no request during the build

    | finder | cold | unchanged | leaf-body |
    |---|---|---|---|
    | none | 12.8 s · 0 % | 12.8 s · 0 % | 12.8 s · 0 % |
    | persistent-target | 13.6 s · 1.06× · 0 % | 0.21 s · 0.016× · 100 % | 1.97 s · 0.15× · 70 % |
    | actions-cache | 15.6 s · 1.22× · 0 % | 7.14 s · 0.56× · 70 % | 7.14 s · 0.56× · 70 % |
    | sccache-webdav | 13.4 s · 1.04× · 0 % | 4.66 s · 0.36× · 70 % | 9.61 s · 0.67× · 33 % · degraded |
    | sccache-throttled | no result | no result | no result |

    Each cell: median wall-clock · ratio to none · reuse (fresh and hit over all units) · verdict. Spread, bytes and steps are in `report.html`. Verdicts: a false faster or slower has a chance of at most 5 % among all comparisons of one job on one workspace, and of about 14 % among all 3 such groups.

    lukewarm 0.1.0 · Example CPU at 2.5 GHz, 2 cores · Debian GNU/Linux 13 · rustc 1.95.0 (example) · sccache 0.16.0 · 2026-11-23T10:15:00Z
    "#);
}

#[test]
fn a_headline_repeats_the_verdicts() {
    insta::assert_snapshot!(headline(&sure()), @"On finder, in every job after cold, faster than none: quick (0.20×); the same as none within the margin: alike (1.00×); undecided, or not alike in every job: open (1.01×); slower than none: heavy (1.30×). In the job cold, faster than none: quick (0.20×); the same as none within the margin: alike (1.00×); slower than none: heavy (1.30×). With n = 10, 9 of 12 comparisons are decided at the 5 % level (3 faster, 3 slower, 3 the same); the rest is not certain.");
}

#[test]
fn a_headline_with_few_samples_says_so() {
    use ComparisonVerdict::TooFewSamples;
    let scenarios = [
        ("none", 10.0, TooFewSamples),
        ("quick", 2.0, TooFewSamples),
        ("near", 9.9, TooFewSamples),
    ];
    let findings = by_hand(&scenarios, &["cold", "unchanged"]);
    insta::assert_snapshot!(headline(&findings), @"On finder, in the job unchanged, looked faster than none: quick (0.20×); undecided, or not alike in every job: near (0.99×). With n = 2, there are too few samples to say for certain: at least 6 are needed.");
}

#[test]
fn a_headline_claims_nothing_of_a_scenario_in_doubt() {
    let mut findings = sure();
    let doubtful = Some(JobVerdict::Degraded(vec!["it fell back".to_owned()]));
    findings.rows[5].verdict = doubtful.clone();
    assert!(headline(&findings).contains("without a sound result: quick."), "{findings:#?}");
    findings.rows[2].verdict = doubtful;
    let told = headline(&findings);
    let wanted =
        "On finder, in every job after cold, without a sound result: quick, alike, open, heavy.";
    assert!(told.starts_with(wanted), "{told}");
    // The table has verdicts of the jobs before, so that these are told.
    assert!(told.contains("In the job cold, faster than none: quick (0.20×);"), "{told}");
    let reference = findings.rows.iter_mut().filter(|row| row.scenario == "none");
    let degraded = JobVerdict::Degraded(vec!["it fell back".to_owned()]);
    reference.for_each(|row| row.verdict = Some(degraded.clone()));
    let told = headline(&findings);
    assert!(told.starts_with("On finder, nothing sound can be compared with none."), "{told}");
}

#[test]
fn a_difference_in_the_first_job_is_no_undecided_run() {
    // As an A/A run of `tiny` was: the table said `cold: slower`, the headline that nothing is
    // certain.
    use ComparisonVerdict::{Inconclusive, Slower};
    let scenarios = [("none", 10.0, Inconclusive), ("again", 10.1, Inconclusive)];
    let mut findings = by_hand(&scenarios, &["cold", "unchanged"]);
    findings.rows[2] = row("again", "cold", 10.4, Slower);
    insta::assert_snapshot!(headline(&findings), @"On finder, in the job unchanged, undecided, or not alike in every job: again (1.01×). In the job cold, slower than none: again (1.04×). With n = 10, 1 of 2 comparisons are decided at the 5 % level (0 faster, 1 slower, 0 the same); the rest is not certain.");
}

/// A row that the table calls decided, with its word.
fn decided(findings: &Findings) -> Vec<(&Row, &'static str)> {
    let sound = |row: &Row| matches!(row.verdict, Some(JobVerdict::Valid(_)));
    let rows = findings.rows.iter().filter(|row| {
        let reference = |it: &&Row| it.scenario == "none" && it.job == row.job;
        sound(row) && findings.rows.iter().find(reference).is_some_and(sound)
    });
    let word = |row| -> Option<(&Row, &'static str)> {
        let row: &Row = row;
        let word = match row.comparison.as_ref()?.verdict {
            ComparisonVerdict::Faster => "faster",
            ComparisonVerdict::Slower => "slower",
            ComparisonVerdict::Same => "the same",
            _ => return None,
        };
        Some((row, word))
    };
    rows.filter_map(word).collect()
}

/// Whether a sentence names a scenario with a word: in a phrase of it, or beside the name with the
/// job.
fn names(sentence: &str, scenario: &str, word: &str, job: &str) -> bool {
    let name = format!("{scenario} (");
    let places = sentence.match_indices(&name).map(|(at, _)| at);
    let mut found = false;
    for at in places {
        let phrase = sentence[..at].rsplit([':']).nth(1).unwrap_or_default();
        let phrase = phrase.rsplit([';', ',', '.']).next().unwrap_or_default().trim();
        let beside = sentence[at..].split(')').next().unwrap_or_default();
        let jobs = beside.split("; ").find_map(|it| it.strip_prefix(&format!("{word} in ")));
        found |= phrase.starts_with(&format!("{word} "))
            || (word == "the same" && phrase.starts_with("the same as"))
            || jobs.is_some_and(|jobs| jobs.split(", ").any(|it| it == job));
    }
    found
}

fn any_findings() -> impl Strategy<Value = Findings> {
    use ComparisonVerdict::{Faster, Inconclusive, Same, Slower, TooFewSamples};
    let verdict = prop::sample::select(vec![Faster, Inconclusive, Same, Slower, TooFewSamples]);
    let wall = prop::sample::select(vec![5.0, 9.95, 10.0, 10.1, 20.0]);
    // One row in eight is in doubt.
    let seen = (verdict, wall, 0..8u8);
    (1..4usize, 1..4usize, prop::collection::vec(seen, 16)).prop_map(|(others, jobs, seen)| {
        let jobs = &["cold", "unchanged", "leaf-body"][..jobs];
        let names = ["none", "first", "second", "third"];
        let scenarios: Vec<_> = names[..=others].iter().map(|name| (*name, 10.0, Same)).collect();
        let mut findings = by_hand(&scenarios, jobs);
        for (found, (verdict, wall, doubt)) in findings.rows.iter_mut().zip(seen) {
            let (scenario, job) = (found.scenario.clone(), found.job.clone());
            *found = row(&scenario, &job, wall, verdict);
            if doubt == 0 {
                found.verdict = Some(JobVerdict::Degraded(vec!["it fell back".to_owned()]));
            }
        }
        findings
    })
}

proptest! {
    #[test]
    fn a_headline_mentions_a_decided_row_exactly_where_there_is_one(findings in any_findings()) {
        let told = headline(&findings);
        let decided = decided(&findings);
        let certain = told.contains("are decided at the 5 % level")
            || told.contains("each verdict holds at the 5 % level");
        prop_assert_eq!(certain, !decided.is_empty(), "{}", &told);
        let denied = ["no difference is certain", "there are too few", "nothing sound"];
        let denies = denied.iter().any(|words| told.contains(words));
        prop_assert!(!denies || decided.is_empty(), "{}", &told);
        let jobs: Vec<&str> =
            findings.run.plan.story.jobs.iter().map(|job| job.name.as_str()).collect();
        for scenario in ["first", "second", "third"] {
            let rows = findings.rows.iter().filter(|row| row.scenario == scenario);
            let rows: Vec<&Row> = rows.skip(usize::from(jobs.len() > 1)).collect();
            let doubt = told.contains("without a sound result")
                && told.split("without a sound result: ").nth(1).is_some_and(|rest| {
                    rest.split(['.', ';']).next().unwrap_or_default().contains(scenario)
                });
            for (row, word) in decided.iter().filter(|(row, _)| row.scenario == scenario) {
                let is_first = jobs.len() > 1 && row.job == jobs[0];
                if doubt && !is_first {
                    continue;
                }
                let (main, first) = told.split_once(" In the job ").unwrap_or((&told, ""));
                let sentence = if is_first { first } else { main };
                let named = names(sentence, scenario, word, &row.job);
                prop_assert!(named, "{} {} {}: {}", scenario, &row.job, word, &told);
            }
            // And nothing is called decided that is not.
            for word in ["faster", "slower", "the same"] {
                let is = |row: &&&Row| decided.iter().any(|(it, w)| *it == **row && *w == word);
                let of: Vec<&&Row> = rows.iter().filter(is).collect();
                let (main, _) = told.split_once(" In the job ").unwrap_or((&told, ""));
                if of.is_empty() {
                    prop_assert!(!names(main, scenario, word, "no job"), "{}", &told);
                }
            }
        }
    }
}

#[test]
fn without_a_reference_nothing_is_compared() {
    let mut findings = sure();
    findings.run.plan.reference = None;
    findings.rows.iter_mut().for_each(|row| row.comparison = None);
    insta::assert_snapshot!(headline(&findings), @"On finder, there is no reference, so that nothing is compared.");
    let page = text(&made(&findings), "report.html");
    assert!(page.contains("not compared") && page.contains("10.0 s"));
}

#[test]
fn a_run_that_left_nothing_still_has_a_report() {
    let mut findings = bare(example().run);
    findings.end = None;
    findings.missing_jobs = 40;
    insta::assert_snapshot!(terminal(&findings, plain(100)), @r"
    Nothing was planned, so that nothing was found. Of 40 jobs, 40 did not run. The run was cut off
    before its end.
    ");
    let names: Vec<String> = made(&findings).into_iter().map(|file| file.name).collect();
    assert_eq!(names, ["summary.json", "summary.md", "report.html"]);
}

#[test]
fn rows_without_a_result_are_told_everywhere() {
    let mut findings = sure();
    for row in findings.rows.iter_mut() {
        row.verdict = None;
        row.measured.clear();
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
                let said = format!("changed since the job before: {change}");
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
    assert!(page.contains("From which setting on is it worth it?"), "its own title");
    assert!(page.contains("Where a curve crosses the line"), "how it is read");
    assert!(!page.contains(">sweep<"), "not the kind's name as a title");
    text(&files, "charts/sweep-leaf-body-finder.svg");
}

#[test]
fn what_the_reference_hides_is_said() {
    let mut findings = sure();
    for row in findings.rows.iter_mut().filter(|row| row.scenario == "open") {
        let comparison = row.comparison.as_mut().expect("it is compared");
        comparison.floor = Some(0.07);
    }
    let page = text(&made(&findings), "report.html");
    assert!(page.contains("inconclusive: noisier than the margin of 2 %"), "{page}");
    let told = terminal(&findings, plain(100)).replace('\n', " ");
    assert!(told.contains("the reference differs from itself by up to 7 %"), "{told}");
}

#[test]
fn the_level_of_a_row_and_of_the_run_are_said() {
    let findings = example();
    let files = made(&findings);
    let words = "of about 14 % among all 3 such groups";
    for name in ["report.html", "summary.md"] {
        assert!(text(&files, name).contains(words), "{name}");
    }
    assert!(terminal(&findings, plain(300)).contains(words));
    let json: serde_json::Value =
        serde_json::from_str(&text(&files, "summary.json")).expect("it is JSON");
    assert_eq!((&json["levels"]["family"], &json["levels"]["families"]), (&0.05.into(), &3.into()));
    assert_eq!(json["levels"]["comparisons"], 4, "as planned, the failed case too");
}

#[test]
fn few_workspaces_are_told_one_by_one() {
    let mut findings = sure();
    let one = |workspace: &str, ratio| AcrossOne { workspace: workspace.into(), ratio, pairs: 6 };
    let ratio = Estimate {
        point: 0.25,
        low: 0.125,
        high: 0.5,
        estimator: Estimator::WorkspacesWithRange,
        count: 2,
    };
    let workspaces = vec![one("finder", 0.5), one("second", 0.125)];
    let (scenario, job) = ("quick".into(), "cold".into());
    findings.across = vec![Across { scenario, job, ratio, workspaces }];
    let told = terminal(&findings, plain(100));
    assert!(told.contains("quick cold: 0.25× (0.12–0.50); finder 0.50×, second 0.12×"), "{told}");
    let words = "geometric mean of two workspaces' mean ratios, and these two";
    assert!(told.contains(words), "{told}");
    assert!(text(&made(&findings), "summary.md").contains(words));
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
fn usual_names_fit_a_hundred_columns_and_narrow_terminals_lose_columns() {
    use ComparisonVerdict::Inconclusive;
    let long = [("none", 10.0, Inconclusive), ("sccache-github-actions", 123.0, Inconclusive)];
    let findings = by_hand(&long, &["cold", "core-signature"]);
    let wide = terminal(&findings, plain(100));
    assert!(wide.contains(" down ") && wide.contains(" up "), "{wide}");
    for width in [100, 72] {
        let told = terminal(&findings, plain(width));
        let longest = told.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(usize::from(width)), "{told}");
        assert!(told.contains("ratio") && told.contains("verdict"));
    }
}

#[test]
fn colours_are_all_that_colours_add() {
    let coloured = TerminalStyle { width: 100, colour: ColourChoice::On };
    let painted = terminal(&example(), coloured);
    let plain = terminal(&example(), plain(100));
    assert!(painted.contains("\u{1b}[33mdegraded\u{1b}[0m"));
    assert!(!plain.contains('\u{1b}'));
    let mut stripped = painted.to_string();
    for code in ["0", "1", "2", "31", "32", "33"] {
        stripped = stripped.replace(&format!("\u{1b}[{code}m"), "");
    }
    assert_eq!(stripped, *plain);
    assert!(plain.ends_with('\n'));
}

#[test]
fn what_a_process_printed_moves_no_cursor() {
    let mut findings = example();
    findings.issues[0].last_lines = vec!["\u{1b}[2Jgone\r".to_owned()];
    findings.issues[0].reasons = vec!["bell\u{7} rings".to_owned()];
    let told = terminal(&findings, plain(100));
    assert!(told.contains("[2Jgone") && !told.contains('\u{1b}') && !told.contains('\u{7}'));
}

#[test]
fn the_summary_for_machines_is_versioned_and_whole() {
    let findings = example();
    let json = text(&made(&findings), "summary.json");
    let value: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(value["format"], 2);
    assert_eq!(value["run"], findings.run.id);
    assert_eq!(value["rows"].as_array().map(Vec::len), Some(findings.rows.len()));
    assert_eq!(value["headline"], headline(&findings));
}

#[test]
fn the_summary_for_a_pull_request_stays_brief_whatever_was_run() {
    let names = ["none", "b", "c", "d", "e", "f", "g", "h"];
    let scenarios = names.map(|name| (name, 9.0, ComparisonVerdict::Faster));
    let usual = by_hand(&scenarios, &["cold", "unchanged", "leaf-body", "core-signature"]);
    let usual = text(&made(&usual), "summary.md");
    assert!(usual.lines().count() < 60 && !usual.contains("Left out"), "{usual}");

    let jobs: Vec<String> = (0..20).map(|number| format!("job-{number}")).collect();
    let jobs: Vec<&str> = jobs.iter().map(String::as_str).collect();
    let mut large = by_hand(&scenarios, &jobs);
    let rows = large.rows.clone();
    for number in 0..100 {
        let moved = rows.iter().cloned();
        let name = WorkspaceName::from(format!("workspace-{number}"));
        large.rows.extend(moved.map(|row| Row { workspace: name.clone(), ..row }));
    }
    let doubt = example().issues[0].clone();
    large.issues = (0..50)
        .map(|number| JobIssue {
            reasons: vec!["why ".repeat(5000), number.to_string()],
            ..doubt.clone()
        })
        .collect();
    let large = text(&made(&large), "summary.md");
    assert!(large.lines().count() < 60, "{large}");
    // What a comment on a pull request may hold.
    assert!(large.len() < 65_536, "{} bytes", large.len());
    for told in
        ["and 40 more troubles", "Left out here", "98 tables", "8 jobs", "95 more workspaces"]
    {
        assert!(large.contains(told), "{told}: {large}");
    }
}
