//! What a campaign decides, with records given as values: nothing is built here.

use lukewarm_model::{Bound, Case, Metric, Observed, Tested};
use lukewarm_plan::Selection;

use super::*;
use crate::examples::{ended, files, measured};

/// A claim that a kept folder takes at most a tenth of the time, and that nothing is compiled.
fn claim(files: &Files, id: &str, workspace: &str) -> Claim {
    let scenarios = ["none", "persistent-target"];
    let scenario = |name: &str| files.scenarios.iter().find(|it| it.name == name).unwrap().clone();
    let observed = |scenario: &str| Observed {
        metric: Metric::Wall,
        step: None,
        scenario: scenario.into(),
        job: "unchanged".into(),
    };
    let experiment = Experiment {
        name: "first".to_owned(),
        workspace: files.workspaces.iter().find(|it| it.name == workspace).unwrap().clone(),
        story: files.stories.iter().find(|it| it.name == "short").unwrap().clone(),
        scenarios: scenarios.map(scenario).to_vec(),
        profile: "dev".to_owned(),
        sweep: None,
        looks: Vec::new(),
    };
    let predicate = Predicate {
        says: "wall-clock".to_owned(),
        experiment: "first".to_owned(),
        value: observed("persistent-target"),
        over: Some(observed("none")),
        bound: Bound { at_least: None, at_most: Some(0.5) },
        claimed: None,
        size: None,
        when: None,
    };
    Claim {
        id: id.to_owned(),
        title: "A kept folder is fast".to_owned(),
        claim: String::new(),
        source: String::new(),
        date: String::new(),
        tested: Tested::Locally,
        conditions: String::new(),
        profile: "dev".to_owned(),
        registered: None,
        hash: String::new(),
        untested: None,
        essay: String::new(),
        role: Default::default(),
        would_change: None,
        caveats: Vec::new(),
        experiments: vec![experiment],
        predicates: vec![predicate],
    }
}

/// A kept folder takes a tenth of the time.
fn fast(scenario: &str) -> f64 {
    if scenario == "persistent-target" { 1.0 } else { 10.0 }
}

fn verdicts(campaign: &Campaign<'_>) -> Vec<ClaimVerdict> {
    campaign.findings().iter().map(|it| it.verdict).collect()
}

#[test]
fn what_nothing_serves_is_measured_once_and_decides() {
    let files = files();
    let claims = vec![claim(&files, "x1", "tiny"), claim(&files, "x2", "tiny")];
    let mut campaign = Campaign::new(&files, claims, Effort::Usual);
    assert_eq!(verdicts(&campaign), [ClaimVerdict::Inconclusive; 2]);
    let run = campaign.next_run().unwrap();
    assert_eq!(run.plan.name, "claims-tiny-short", "both claims share its cases");
    let short = measured(&run.plan, "2026-11-27T000000-a-00000001", 2, fast);
    let open = campaign.open(&run, &short);
    assert!(open.contains(&(Case::new("tiny", "none"), "unchanged".into())), "{open:?}");
    let record = measured(&run.plan, "2026-11-27T000000-a-00000001", 16, fast);
    assert!(campaign.open(&run, &record).is_empty());
    campaign.take(run, record, Trust::Sound);
    assert_eq!(campaign.next_run(), None);
    assert_eq!((campaign.run_count(), verdicts(&campaign)), (1, vec![ClaimVerdict::Reproduced; 2]));
    assert_eq!(campaign.state(&campaign.findings()), CampaignState::Decided);
}

#[test]
fn an_earlier_run_serves_where_it_is_long_enough() {
    let files = files();
    for (effort, iterations, provenance, runs) in [
        (Effort::Usual, 16, Provenance::ThisMachine, 0),
        (Effort::Usual, 2, Provenance::ThisMachine, 1),
        (Effort::Quick, 2, Provenance::ThisMachine, 0),
        (Effort::Quick, 1, Provenance::ThisMachine, 1),
        // What somebody chose to judge by is judged, however little it is.
        (Effort::Usual, 1, Provenance::Chosen, 0),
    ] {
        let mut campaign = Campaign::new(&files, vec![claim(&files, "x1", "tiny")], effort);
        let plan = campaign.unserved().remove(0).plan;
        let earlier = measured(&plan, "2026-11-27T000000-a-00000001", iterations, fast);
        campaign.take_prior_runs(&[earlier], provenance);
        let found = (campaign.unserved().len(), campaign.run_count());
        assert_eq!(found, (runs, 1 - runs), "{effort:?}, {iterations} iterations, {provenance:?}");
        assert_eq!(campaign.next_run().is_some(), runs == 1);
    }
}

#[test]
fn a_run_under_other_settings_is_evidence_only_where_it_was_chosen_and_decides_nothing() {
    let files = files();
    let claims = || vec![claim(&files, "x1", "tiny")];
    let mut campaign = Campaign::new(&files, claims(), Effort::Usual);
    let mut plan = campaign.unserved().remove(0).plan;
    plan.cargo_profile = "release".to_owned();
    let other = measured(&plan, "2026-11-27T000000-a-00000001", 16, fast);
    campaign.take_prior_runs(std::slice::from_ref(&other), Provenance::ThisMachine);
    assert_eq!((campaign.unserved().len(), campaign.run_count()), (1, 0));
    let mut campaign = Campaign::new(&files, claims(), Effort::Usual);
    campaign.take_prior_runs(std::slice::from_ref(&other), Provenance::Chosen);
    assert_eq!((campaign.unserved().len(), campaign.run_count()), (0, 1));
    assert_eq!(verdicts(&campaign), [ClaimVerdict::Inconclusive]);
    // One with today's settings goes before it, though it is older.
    plan.cargo_profile = "dev".to_owned();
    let same = measured(&plan, "2026-11-26T000000-a-00000002", 16, fast);
    let mut campaign = Campaign::new(&files, claims(), Effort::Usual);
    campaign.take_prior_runs(&[other, same], Provenance::Chosen);
    assert_eq!(verdicts(&campaign), [ClaimVerdict::Reproduced]);
}

#[test]
fn a_run_that_stopped_ends_the_campaign_and_failures_do_not() {
    let files = files();
    for (stopped, trust, goes_on) in [
        (Some("cancelled"), Trust::Incomplete, false),
        (None, Trust::Failed, true),
        (None, Trust::Doubtful, true),
    ] {
        let claims = vec![claim(&files, "x1", "tiny"), claim(&files, "x2", "cli")];
        let mut campaign = Campaign::new(&files, claims, Effort::Usual);
        let run = campaign.next_run().unwrap();
        let record = measured(&run.plan, "2026-11-27T000000-a-00000001", 16, fast);
        let record = RawRecord { end: Some(ended(stopped)), ..record };
        campaign.take(run, record, trust);
        let next = campaign.next_run();
        assert_eq!(
            next.as_ref().map(|it| it.plan.name.as_str()),
            goes_on.then_some("claims-cli-short")
        );
        if let Some(run) = next {
            let record = measured(&run.plan, "2026-11-27T000000-b-00000002", 16, fast);
            campaign.take(run, record, Trust::Sound);
        }
        assert_eq!(campaign.next_run(), None);
        let wanted = match trust {
            Trust::Failed | Trust::Incomplete => CampaignState::Incomplete,
            _ => CampaignState::Decided,
        };
        assert_eq!(campaign.state(&campaign.findings()), wanted, "{trust:?}");
    }
}

/// The round trip in milliseconds that a scenario's name asks for.
fn round_trip(scenario: &str) -> Option<f64> {
    let (_, value) = scenario.split_once("+round-trip=")?;
    value.trim_end_matches("ms").trim().parse().ok()
}

/// Over links of more than 80 ms a cache takes longer than none.
fn by_link(scenario: &str) -> f64 {
    round_trip(scenario).map_or(10.0, |ms| 10.0 * ((ms - 80.0) / 100.0).exp())
}

/// The round trips that a run measures.
fn measured_links(run: &CampaignRun) -> Vec<f64> {
    run.plan.scenarios.iter().filter_map(|it| round_trip(&it.name)).collect()
}

/// The claim of a cache that is faster than none, over links of four round trips.
fn sweep(files: &Files) -> Vec<Claim> {
    let selection = Selection {
        scenarios: vec!["none".to_owned(), "actions-cache".to_owned()],
        sweep: Some("round-trip=0ms,20ms,120ms,320ms".to_owned()),
        ..Selection::default()
    };
    let plan = lukewarm_plan::plan(files, &selection).unwrap();
    let mut claim = claim(files, "x1", "tiny");
    (claim.experiments[0].scenarios, claim.experiments[0].sweep) = (plan.scenarios, plan.sweep);
    claim.predicates[0].value.scenario = "actions-cache".into();
    claim.predicates[0].bound.at_most = Some(1.0);
    vec![claim]
}

#[test]
fn a_sweep_that_crosses_is_looked_at_more_closely_twice() {
    let files = files();
    let mut campaign = Campaign::new(&files, sweep(&files), Effort::Usual);
    let mut asked = Vec::new();
    let mut records = Vec::new();
    while let Some(run) = campaign.next_run() {
        asked.push(measured_links(&run));
        let id = format!("2026-11-27T00000{}-a-00000001", asked.len());
        let record = measured(&run.plan, &id, 16, by_link);
        records.push(record.clone());
        campaign.take(run, record, Trust::Sound);
    }
    let wanted = [vec![0.0, 20.0, 120.0, 320.0], vec![0.0, 70.0], vec![0.0, 95.0]];
    assert_eq!(asked, wanted);
    assert_eq!(verdicts(&campaign), [ClaimVerdict::Depends]);
    // All of it serves the same claim another time.
    let mut again = Campaign::new(&files, sweep(&files), Effort::Usual);
    again.take_prior_runs(&records, Provenance::ThisMachine);
    assert_eq!((again.run_count(), again.next_run()), (3, None));
}

#[test]
fn no_closer_look_follows_failures_or_is_taken_in_a_hurry() {
    let files = files();
    for (effort, trust) in [(Effort::Quick, Trust::Sound), (Effort::Usual, Trust::Failed)] {
        let mut campaign = Campaign::new(&files, sweep(&files), effort);
        let run = campaign.next_run().unwrap();
        let record = measured(&run.plan, "2026-11-27T000000-a-00000001", 16, by_link);
        campaign.take(run, record, trust);
        assert!(!campaign.refinements().is_empty(), "there is something to look at more closely");
        assert_eq!(campaign.next_run(), None, "{effort:?}, {trust:?}");
    }
}
