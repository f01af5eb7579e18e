//! `summary.md` for people and `summary.json` for machines.

use lukewarm_analysis::{JobIssue, Row};
use lukewarm_model::{ComparisonVerdict, WorkspaceName};
use lukewarm_report::{headline, terminal};

use crate::by_hand::{by_hand, example, made, plain, text};

#[test]
fn the_markdown_has_a_row_a_scenario() {
    insta::assert_snapshot!(text(&made(&example()), "summary.md"), @r#"
    ## lukewarm: example

    **On finder, in every job after cold, clearly faster than none: persistent-target (0.016–0.15× by job), actions-cache (0.56×); without a valid result: sccache-throttled, sccache-webdav. The fastest is persistent-target. In the job cold, not decided: persistent-target (1.06×). With n = 2, 5 of 8 comparisons are decided at the 5 % level (5 faster, 0 slower, 0 the same; all of these clearly); the others are undecided. Of 40 jobs, 1 is in doubt, 9 failed. Next: lukewarm recommend gives the workflow; about 3 min more (6 more blocks) would probably decide sccache-webdav in cold: lukewarm run none sccache-webdav.**

    - finder/sccache-throttled failed: cold (priming, iterations 1, 2): sccache's server did not start within 10 s
    - finder/sccache-throttled failed: unchanged (priming, iterations 1, 2), leaf-body (priming, iterations 1, 2): its predecessor \`cold\` failed, so there is no state to start from
    - finder/sccache-webdav degraded: leaf-body (iteration 2): sccache stored in \`Local disk: "/tmp/example/sccache"\` and not in the webdav service: it fell back silently; sccache looked up 14 units, but the service saw no request during the build

    | finder | cold | unchanged | leaf-body |
    |---|---|---|---|
    | none | 12.8 s · 0 % | 12.8 s · 0 % | 12.8 s · 0 % |
    | persistent-target | 13.6 s · 1.06× · 0 % | 0.21 s · 0.016× · 100 % · clearly faster | 1.97 s · 0.15× · 70 % · clearly faster |
    | actions-cache | 15.6 s · 1.22× · 0 % | 7.14 s · 0.56× · 70 % · clearly faster | 7.14 s · 0.56× · 70 % · clearly faster |
    | sccache-webdav | 13.4 s · 1.04× · 0 % | 4.66 s · 0.36× · 70 % · clearly faster | 9.61 s · 0.67× · 33 % · degraded |
    | sccache-throttled | no result | no result | no result |

    Each cell: median wall-clock time · ratio to none · reuse (share of units that were fresh or hit) · verdict. Spread, bytes and steps are in `report.html`. Verdicts: the chance of any false “faster” or “slower” is at most 5 % among the comparisons of one job on one workspace (a family), and about 14 % over all 3 families; of a false “clearly” at most 0.5 % in each comparison.

    lukewarm 0.1.0 · Example CPU at 2.5 GHz, 2 cores · Debian GNU/Linux 13 · rustc 1.95.0 (example) · sccache 0.16.0 · 2026-11-23T10:15:00Z
    "#);
}

#[test]
fn the_level_of_a_row_and_of_the_run_are_said() {
    let findings = example();
    let files = made(&findings);
    let words = "about 14 % over all 3 families";
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
    for told in ["and 40 more issues", "Left out here", "98 tables", "8 jobs", "95 more workspaces"]
    {
        assert!(large.contains(told), "{told}: {large}");
    }
}
