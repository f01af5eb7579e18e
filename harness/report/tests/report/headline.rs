//! The headline: it says what the verdicts say, and no more.

use lukewarm_analysis::{BestFew, Findings, OutputCoverage, Rival, Row};
use lukewarm_model::{
    ComparisonVerdict, EnoughReason, JobVerdict, NoRoom, RunEnd, Seconds, TimeSpent, Timestamp,
};
use lukewarm_report::headline;
use proptest::prelude::*;

use crate::by_hand::{by_hand, made, row, sure, text};

#[test]
fn a_headline_repeats_the_verdicts() {
    insta::assert_snapshot!(headline(&sure()), @"On finder, in every job after cold, faster than none: quick (0.20×); the same as none within the margin: alike (1.00×); undecided, or different from job to job: open (1.01×); slower than none: heavy (1.30×). In the job cold, faster than none: quick (0.20×); the same as none within the margin: alike (1.00×); slower than none: heavy (1.30×). With n = 10, 9 of 12 comparisons are decided at the 5 % level (3 faster, 3 slower, 3 the same); the others are undecided. Next: lukewarm recommend gives the workflow.");
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
    insta::assert_snapshot!(headline(&findings), @"On finder, in the job unchanged, looked faster than none: quick (0.20×); undecided, or different from job to job: near (0.99×). With n = 2, there are too few samples for a verdict: at least 6 are needed.");
}

#[test]
fn a_headline_claims_nothing_of_a_scenario_in_doubt() {
    let mut findings = sure();
    let doubtful = Some(JobVerdict::Degraded(vec!["it fell back".to_owned()]));
    findings.rows[5].verdict = doubtful.clone();
    assert!(headline(&findings).contains("without a valid result: quick."), "{findings:#?}");
    findings.rows[2].verdict = doubtful;
    let said = headline(&findings);
    let wanted =
        "On finder, in every job after cold, without a valid result: quick, alike, open, heavy.";
    assert!(said.starts_with(wanted), "{said}");
    // The table has verdicts of the jobs before, so that these are said.
    assert!(said.contains("In the job cold, faster than none: quick (0.20×);"), "{said}");
    let reference = findings.rows.iter_mut().filter(|row| row.scenario == "none");
    let degraded = JobVerdict::Degraded(vec!["it fell back".to_owned()]);
    reference.for_each(|row| row.verdict = Some(degraded.clone()));
    let said = headline(&findings);
    assert!(said.starts_with("On finder, no valid result can be compared with none."), "{said}");
}

#[test]
fn a_difference_in_the_first_job_is_no_undecided_run() {
    // As an A/A run of `tiny` was: the table said `cold: slower`, the headline that nothing is
    // certain.
    use ComparisonVerdict::{Inconclusive, Slower};
    let scenarios = [("none", 10.0, Inconclusive), ("again", 10.1, Inconclusive)];
    let mut findings = by_hand(&scenarios, &["cold", "unchanged"]);
    findings.rows[2] = row("again", "cold", 10.4, Slower);
    insta::assert_snapshot!(headline(&findings), @"On finder, in the job unchanged, undecided, or different from job to job: again (1.01×). In the job cold, slower than none: again (1.04×). With n = 10, 1 of 2 comparisons are decided at the 5 % level (0 faster, 1 slower, 0 the same); the others are undecided.");
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
            ComparisonVerdict::ClearlyFaster => "clearly faster",
            ComparisonVerdict::ClearlySlower => "clearly slower",
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
/// job. What is clear in one job may stand under what holds in all of them.
fn names(sentence: &str, scenario: &str, word: &str, job: &str) -> bool {
    let weaker = word.strip_prefix("clearly ");
    let says = |word| says(sentence, scenario, word, job);
    says(word) || weaker.is_some_and(says)
}

fn says(sentence: &str, scenario: &str, word: &str, job: &str) -> bool {
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
    use ComparisonVerdict::{
        ClearlyFaster, ClearlySlower, Faster, Inconclusive, Same, Slower, TooFewSamples,
    };
    let verdict = prop::sample::select(vec![
        ClearlyFaster,
        ClearlySlower,
        Faster,
        Inconclusive,
        Same,
        Slower,
        TooFewSamples,
    ]);
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
        let said = headline(&findings);
        let decided = decided(&findings);
        let certain = said.contains("are decided at the 5 % level")
            || said.contains("every verdict holds at the 5 % level");
        prop_assert_eq!(certain, !decided.is_empty(), "{}", &said);
        let denied = ["no difference is significant", "there are too few", "no valid result"];
        let denies = denied.iter().any(|words| said.contains(words));
        prop_assert!(!denies || decided.is_empty(), "{}", &said);
        let jobs: Vec<&str> =
            findings.run.plan.story.jobs.iter().map(|job| job.name.as_str()).collect();
        for scenario in ["first", "second", "third"] {
            let rows = findings.rows.iter().filter(|row| row.scenario == scenario);
            let rows: Vec<&Row> = rows.skip(usize::from(jobs.len() > 1)).collect();
            let doubt = said.contains("without a valid result")
                && said.split("without a valid result: ").nth(1).is_some_and(|rest| {
                    rest.split(['.', ';']).next().unwrap_or_default().contains(scenario)
                });
            for (row, word) in decided.iter().filter(|(row, _)| row.scenario == scenario) {
                let is_first = jobs.len() > 1 && row.job == jobs[0];
                if doubt && !is_first {
                    continue;
                }
                let (main, first) = said.split_once(" In the job ").unwrap_or((&said, ""));
                let sentence = if is_first { first } else { main };
                let named = names(sentence, scenario, word, &row.job);
                prop_assert!(named, "{} {} {}: {}", scenario, &row.job, word, &said);
            }
            // And nothing is called decided that is not.
            for word in ["clearly faster", "clearly slower", "faster", "slower", "the same"] {
                // What is clear is decided too.
                let is = |row: &&&Row| {
                    decided.iter().any(|(it, w)| *it == **row && w.ends_with(word))
                };
                let of: Vec<&&Row> = rows.iter().filter(is).collect();
                let (main, _) = said.split_once(" In the job ").unwrap_or((&said, ""));
                if of.is_empty() {
                    prop_assert!(!says(main, scenario, word, "no job"), "{}", &said);
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
    insta::assert_snapshot!(headline(&findings), @"On finder, there is no reference scenario, so nothing is compared.");
    let page = text(&made(&findings), "report.html");
    assert!(page.contains("not compared") && page.contains("10.0 s"));
}

/// Two blocks, after which one cache is clear, one is clearly slower in the first job, and two are
/// beside the fastest.
fn clear() -> Findings {
    use ComparisonVerdict::{ClearlyFaster, ClearlySlower, Inconclusive, TooFewSamples};
    let scenarios = [
        ("none", 10.0, TooFewSamples),
        ("quick", 2.0, ClearlyFaster),
        ("close", 2.1, ClearlyFaster),
        ("open", 8.0, TooFewSamples),
    ];
    let mut findings = by_hand(&scenarios, &["cold", "unchanged", "leaf-body"]);
    findings.rows[3] = row("quick", "cold", 14.0, ClearlySlower);
    let best = |job: &str, verdict| {
        let ratio = findings.rows[9].comparison.as_ref().expect("it is compared").ratio.clone();
        let rival = Rival::new("close".into(), ratio, verdict);
        BestFew {
            workspace: "finder".into(),
            job: job.into(),
            best: "quick".into(),
            rivals: vec![rival],
        }
    };
    findings.best = vec![best("unchanged", Inconclusive), best("leaf-body", ClearlySlower)];
    let open = findings.rows[10].comparison.as_mut().expect("it is compared");
    open.iterations_needed = Some(5);
    findings
}

#[test]
fn what_is_clear_after_two_blocks_is_the_answer_and_what_is_open_is_the_next_step() {
    insta::assert_snapshot!(headline(&clear()), @"On finder, in every job after cold, clearly faster than none: quick (0.20×), close (0.21×); looked faster than none: open (0.80×). The fastest: quick and close (tied) in unchanged; quick in leaf-body. In the job cold, clearly faster than none: close (0.21×); clearly slower than none: quick (1.40×). With n = 2 to 10, 6 of 9 comparisons are decided at the 5 % level (5 faster, 1 slower, 0 the same; all of these clearly); the others are undecided. Next: lukewarm recommend gives the workflow; about 1 min more (3 more blocks) would probably decide open in unchanged: lukewarm run none open.");
}

#[test]
fn what_a_run_has_too_few_blocks_to_decide_is_no_next_step() {
    let mut findings = clear();
    let mut said = |needed| {
        let comparison = findings.rows[10].comparison.as_mut().expect("it is compared");
        comparison.iterations_needed = Some(needed);
        headline(&findings)
    };
    assert!(said(3).contains("about 20 s more (1 more block) would"), "{}", said(3));
    assert!(said(60).contains("would probably decide open"), "{}", said(60));
    assert!(!said(500).contains("would probably decide"), "{}", said(500));
}

/// Lets a budget of ten minutes end the run.
fn ends_by_its_budget(findings: &mut Findings) {
    findings.run.plan.budget = Some(Seconds(600.0));
    let no_room = NoRoom { budget: Seconds(600.0), iteration: 3 };
    let end = findings.end.get_or_insert_with(|| RunEnd {
        ended: Timestamp::default(),
        stopped: None,
        enough: None,
        time: TimeSpent::default(),
        warnings: Vec::new(),
        machine: None,
        published: None,
    });
    end.enough = Some(EnoughReason::Budget(no_room));
}

#[test]
fn jobs_that_a_budget_had_no_room_for_are_named_and_take_nothing_from_the_others() {
    let mut findings = clear();
    for row in findings.rows.iter_mut().filter(|row| row.job == "leaf-body") {
        (row.measured, row.comparison, row.verdict) = (Default::default(), None, None);
    }
    findings.best.pop();
    ends_by_its_budget(&mut findings);
    let said = headline(&findings);
    let first = "On finder, in the job unchanged, clearly faster than none: quick (0.20×), close \
                 (0.21×); looked faster than none: open (0.80×). The fastest are";
    assert!(said.starts_with(first) && !said.contains("without a valid result"), "{said}");
    let left = "Left out, since 10 min 00 s had no room for them: job leaf-body.";
    assert!(said.contains(left), "{said}");
}

#[test]
fn outputs_that_a_budget_left_unproven_come_with_what_to_do() {
    let advice = "A longer `--budget` has room for a build to compare them with.";
    let mut findings = clear();
    findings.outputs = OutputCoverage { jobs: 2, not_compared: 2, ..Default::default() };
    assert!(!headline(&findings).contains(advice), "no budget ended it");
    ends_by_its_budget(&mut findings);
    let said = headline(&findings);
    assert!(said.contains(&format!("2 could not be compared. {advice}")), "{said}");
    findings.outputs.builds = 1;
    assert!(!headline(&findings).contains(advice), "time was not what it lacked");
}

#[test]
fn a_scenario_that_a_budget_had_no_room_for_is_named_once_with_the_reason() {
    let mut findings = clear();
    let scenarios: Vec<_> = findings.rows.iter().map(|row| row.case.scenario.clone()).collect();
    let quick = scenarios.iter().find(|it| **it == "quick").expect("it is there");
    for row in findings.rows.iter_mut().filter(|row| row.case.scenario == *quick) {
        (row.measured, row.comparison, row.verdict) = (Default::default(), None, None);
    }
    findings.best.clear();
    ends_by_its_budget(&mut findings);
    let said = headline(&findings);
    assert!(!said.contains("without a valid result"), "{said}");
    let left = "Left out, since 10 min 00 s had no room for them: finder/quick.";
    assert!(said.contains(left) && said.matches("quick").count() == 1, "{said}");
}

#[test]
fn a_headline_names_ties_and_the_fastest_of_all() {
    let mut findings = clear();
    findings.best[1].rivals[0].verdict = ComparisonVerdict::Inconclusive;
    let said = headline(&findings);
    assert!(said.contains("The fastest are quick and close, which are tied."), "{said}");
    for best in &mut findings.best {
        best.rivals[0].verdict = ComparisonVerdict::ClearlySlower;
    }
    assert!(headline(&findings).contains("The fastest is quick."));
}
