//! What a terminal shows.

use lukewarm_analysis::{CrossWorkspace, Estimate, Estimator, WorkspaceRatio};
use lukewarm_model::ComparisonVerdict;
use lukewarm_report::{ColourChoice, TerminalStyle, terminal};

use crate::by_hand::{bare, by_hand, example, made, plain, sure, text};

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
      sccache looked up 14 units, but the service saw no request during the build

    finder
    scenario / job     wall               n  ratio   hits reuse     down       up  verdict
    ─────────────────────────────────────────────────────────────────────────────────────────────
    none
      cold             12.8 s (12.8–12.9) 2      –      –   0 %      0 B      0 B  reference
      unchanged        12.8 s (12.8–12.9) 2      –      –   0 %      0 B      0 B  reference
      leaf-body        12.8 s (12.8–12.9) 2      –      –   0 %      0 B      0 B  reference
    persistent-target
      cold             13.6 s (13.5–13.7) 2  1.06×      –   0 %      0 B      0 B  too few
      unchanged        0.21 s             2 0.016×      – 100 %      0 B      0 B  clearly faster
      leaf-body        1.97 s (1.96–1.98) 2  0.15×      –  70 %      0 B      0 B  clearly faster
    actions-cache
      cold             15.6 s (15.5–15.7) 2  1.22×      –   0 %    312 B  61.4 MB  too few
      unchanged        7.14 s (7.10–7.19) 2  0.56×      –  70 %  61.4 MB    140 B  clearly faster
      leaf-body        7.14 s (7.10–7.19) 2  0.56×      –  70 %  61.4 MB    140 B  clearly faster
    sccache-webdav
      cold             13.4 s (13.3–13.4) 2  1.04×    0 %   0 %     20 B  8.96 MB  too few
      unchanged        4.66 s (4.63–4.69) 2  0.36×  100 %  70 %  8.96 MB      0 B  clearly faster
      leaf-body        9.61 s (5.25–14.0) 2  0.67×   46 %  33 %  4.16 MB   320 kB  degraded
    sccache-throttled
      cold             –                  –      –      –     –        –        –  no result
      unchanged        –                  –      –      –     –        –        –  no result
      leaf-body        –                  –      –      –     –        –        –  no result

    wall: median (smallest–largest) of n jobs; ratio: wall-clock time divided by that of none, paired
    within iterations (below 1 is faster); hits: share of the tool’s lookups that hit; reuse: share of
    all units that were fresh or hit; down: body bytes that the job received, counted at the service;
    up: body bytes that the job sent, counted at the service; verdict: “clearly” is said from two blocks
    on, where a difference is far beyond the noise of the whole run; “too few” means too few samples for
    any other verdict; error rate: the chance of any false “faster” or “slower” is at most 5 % among the
    comparisons of one job on one workspace (a family), and about 14 % over all 3 families; of a false
    “clearly” at most 0.5 % in each comparison

    On finder, in every job after cold, clearly faster than none: persistent-target (0.016–0.15× by
    job), actions-cache (0.56×); without a valid result: sccache-throttled, sccache-webdav. The fastest
    is persistent-target. In the job cold, not decided: persistent-target (1.06×). With n = 2, 5 of 8
    comparisons are decided at the 5 % level (5 faster, 0 slower, 0 the same; all of these clearly); the
    others are undecided. Of 40 jobs, 1 is in doubt, 9 failed. Next: lukewarm recommend gives the
    workflow; about 3 min more (6 more blocks) would probably decide sccache-webdav in cold: lukewarm
    run none sccache-webdav.
    "#);
}

#[test]
fn a_run_that_left_nothing_still_has_a_report() {
    let mut findings = bare(example().run);
    findings.end = None;
    findings.missing_jobs = 40;
    insta::assert_snapshot!(terminal(&findings, plain(100)), @r"
    The plan has no jobs, so there are no results. Of 40 jobs, 40 did not run. The run was interrupted
    before its end.
    ");
    let names: Vec<String> = made(&findings).into_iter().map(|file| file.name).collect();
    assert_eq!(names, ["summary.json", "summary.md", "report.html"]);
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
fn few_workspaces_are_told_one_by_one() {
    let mut findings = sure();
    let one =
        |workspace: &str, ratio| WorkspaceRatio { workspace: workspace.into(), ratio, pairs: 6 };
    let ratio = Estimate {
        point: 0.25,
        low: 0.125,
        high: 0.5,
        estimator: Estimator::WorkspacesWithRange,
        count: 2,
    };
    let workspaces = vec![one("finder", 0.5), one("second", 0.125)];
    let (scenario, job) = ("quick".into(), "cold".into());
    findings.cross_workspace = vec![CrossWorkspace { scenario, job, ratio, workspaces }];
    let told = terminal(&findings, plain(100));
    assert!(told.contains("quick cold: 0.25× (0.12–0.50); finder 0.50×, second 0.12×"), "{told}");
    let words = "geometric mean of two workspaces' mean ratios, with these two as its range";
    assert!(told.replace('\n', " ").contains(words), "{told}");
    assert!(text(&made(&findings), "summary.md").contains(words));
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
