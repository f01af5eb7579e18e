//! What a reader sees of a record that was merged from several machines.

use std::sync::LazyLock;

use lukewarm_analysis::{Evaluation, Findings, analyse};
use lukewarm_model::{PartFacts, RawRecord, Shard};
use lukewarm_report::{charts, headline, terminal};

use super::by_hand::{made, plain, text};

/// The example run dealt to so many machines, four blocks each, each at a pace of its own. On the
/// third machine `actions-cache` has another ratio to the reference.
fn merged(machines: u32, slowed: f64) -> RawRecord {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../analysis/testdata/example");
    let mut record = lukewarm_record::read(folder.as_ref()).expect("the example is readable");
    let one: Vec<_> =
        record.jobs.iter().filter(|job| job.attempt.iteration == 1).cloned().collect();
    record.jobs.clear();
    let part = |place: u32| PartFacts {
        run: format!("run-{}", place + 1),
        shard: Some(Shard { index: place + 1, count: machines }),
        host: record.run.host.clone(),
        started: record.run.started,
        ended: Some(record.run.started),
        stopped: None,
        pace: None,
        warnings: Vec::new(),
    };
    record.run.parts = (0..machines).map(part).collect();
    record.run.plan.iterations = 4 * machines;
    for iteration in 1..=4 * machines {
        let place = (iteration - 1) % machines;
        for mut job in one.clone() {
            job.attempt.iteration = iteration;
            job.part = Some(place);
            let wobble = f64::from((iteration * 7 + job.case.scenario.len() as u32) % 11);
            let is_slowed = place == 2 && job.case.scenario == "actions-cache";
            let own = if is_slowed { slowed } else { 1.0 };
            let factor = own * (1.0 + 0.2 * f64::from(place)) * (1.0 + 0.002 * wobble);
            job.steps.iter_mut().for_each(|step| step.wall.0 *= factor);
            record.jobs.push(job);
        }
    }
    record
}

fn findings(record: &RawRecord) -> Findings {
    analyse(Evaluation::of(record))
}

static APART: LazyLock<Findings> = LazyLock::new(|| findings(&merged(4, 1.4)));

#[test]
fn the_headline_names_the_machine_that_disagrees() {
    let said = headline(&APART);
    assert!(said.contains("over 4 machines of one kind"), "{said}");
    assert!(said.contains("The machines disagree on actions-cache in "), "{said}");
    assert!(said.contains(": on machine 3 the ratio is "), "{said}");
    assert!(said.contains("×, elsewhere "), "{said}");
    // The job `cold` is open, since the machines differ.
    assert!(said.contains("machines in all would probably decide actions-cache in cold"), "{said}");
    assert_eq!(said.matches("Next: ").count(), 1, "{said}");
    let agree = headline(&findings(&merged(4, 1.0)));
    assert!(!agree.contains("disagree") && agree.contains("over 4 machines"), "{agree}");
}

#[test]
fn every_medium_has_the_ratio_of_each_machine_and_the_pooled_one() {
    let wide = terminal(&APART, plain(180)).into_string();
    for words in ["4 machines", "machine 1", "machine 4", "pooled", "do they differ?", "yes (p"] {
        assert!(wide.contains(words), "{words} is not in:\n{wide}");
    }
    let narrow = terminal(&APART, plain(100)).into_string();
    assert!(narrow.contains("lowest (machine)") && narrow.contains("× (3)"), "{narrow}");
    let files = made(&APART);
    let (page, markdown, json) =
        (text(&files, "report.html"), text(&files, "summary.md"), text(&files, "summary.json"));
    for words in ["By machine", "machine 3", "from run run-3", "shard 3 of 4"] {
        assert!(page.contains(words), "{words} is not on the page");
    }
    assert!(markdown.contains("| 4 machines | job | machine 1 |"), "{markdown}");
    assert!(markdown.lines().count() < 60);
    let json: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(json["merged"]["noun"], "machine");
    let across = &json["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .find(|row| row["scenario"] == "actions-cache" && row["job"] == "unchanged");
    let across = &across.expect("the row is there")["comparison"]["across"];
    assert_eq!(across["parts"].as_array().map(Vec::len), Some(4));
    assert_eq!(across["heterogeneity"]["differ"], true);
    assert_eq!(across["heterogeneity"]["apart"]["part"], 2);
}

#[test]
fn a_forest_shows_each_machine_the_diamond_and_whether_they_differ() {
    let charts = charts(&APART).expect("findings make charts");
    let forest: Vec<_> = charts.iter().filter(|it| it.id.kind.name() == "forest").collect();
    assert_eq!(forest.len(), 3, "one for each job");
    let unchanged = forest.iter().find(|it| it.name == "forest-unchanged-finder").expect("it is");
    assert!(unchanged.caption.contains("actions-cache pooled"), "{}", unchanged.caption);
    assert!(unchanged.caption.contains("machines differ by ±"), "{}", unchanged.caption);
    for words in ["machine 3 (4 pairs)", "pooled"] {
        assert!(unchanged.svg.contains(words), "{words}");
    }
    let png = unchanged.picture.png(&Default::default()).expect("it is drawn");
    assert!(png.starts_with(b"\x89PNG"));
    let ordinary = lukewarm_report::charts(&super::by_hand::EXAMPLE).expect("it is drawn");
    assert!(ordinary.iter().all(|it| it.id.kind.name() != "forest"));
}

#[test]
fn a_hundred_machines_fit_a_picture() {
    let many = findings(&merged(100, 1.0));
    let charts = charts(&many).expect("findings make charts");
    let forest = charts.iter().find(|it| it.id.kind.name() == "forest").expect("it is there");
    assert!(forest.svg.contains("76 more between these"), "{}", forest.name);
    assert!(terminal(&many, plain(100)).into_string().contains("lowest"));
}

#[test]
fn a_record_merged_from_one_machine_has_nothing_to_compare_machines_by() {
    let one = findings(&merged(1, 1.0));
    let said = terminal(&one, plain(120)).into_string();
    assert!(!said.contains("pooled") && !said.contains("over 1 machine"), "{said}");
    assert!(!text(&made(&one), "report.html").contains("By machine"));
}
