//! The page as it is used: sorted and filtered by mouse and keyboard, and linked to.

use lukewarm_testing::Tried;
use serde::Deserialize;

use crate::chromium::{State, visit};
use crate::pages;

#[derive(Deserialize)]
struct Used {
    problems: Vec<String>,
    states: Vec<State>,
}

#[derive(Deserialize)]
struct Filtered {
    tabs: usize,
    #[serde(flatten)]
    used: Used,
}

#[derive(Debug, Deserialize)]
struct Line {
    problems: Vec<String>,
    texts: Vec<String>,
    link: String,
    bands: usize,
}

#[derive(Deserialize)]
struct Anchored {
    told: Vec<bool>,
}

/// The number that a cell begins with.
fn numbers(state: &State, column: usize) -> Vec<f64> {
    let number = |cell: &&str| cell.split(' ').next().and_then(|it| it.parse().ok());
    state.column(column).iter().map(|cell| number(cell).unwrap_or(f64::INFINITY)).collect()
}

pub fn a_column_sorts_by_click_and_by_key_and_comes_back() -> Tried {
    let used = visit::<Used>("sort", &pages::published(), &["wall (range)"])?;
    assert_eq!(used.problems, [""; 0]);
    let [start, clicked, entered, spaced] = &used.states[..] else { panic!("four states") };
    assert_eq!(start.sorts, [""; 0]);
    assert_eq!(start.column(0)[..5], ["none", "none", "none", "none", "persistent-target"]);
    assert_eq!(clicked.sorts, ["wall (range) ascending"]);
    assert!(numbers(clicked, 2).is_sorted(), "{:?}", clicked.column(2));
    assert_eq!(clicked.column(0)[0], "persistent-target");
    assert_eq!(entered.sorts, ["wall (range) descending"]);
    assert!(numbers(entered, 2).is_sorted_by(|a, b| a >= b), "{:?}", entered.column(2));
    assert_eq!(entered.focused.trim(), "wall (range)", "the focus stays where it was");
    assert_eq!((&spaced.sorts, &spaced.rows), (&start.sorts, &start.rows));
    assert_eq!(spaced.hash, "");
    Ok(())
}

pub fn values_that_are_not_there_stand_last_and_units_count() -> Tried {
    let used = visit::<Used>("sort", &pages::doubtful(), &["down"])?;
    for state in &used.states[1..3] {
        let column = state.column(7);
        let first = column.iter().position(|cell| *cell == "–").unwrap();
        assert!(column[first..].iter().all(|cell| *cell == "–"), "{column:?}");
    }
    let column = used.states[2].column(7);
    assert_eq!(column[..4], ["61.4 MB", "61.4 MB", "8.96 MB", "4.16 MB"]);
    assert!(column.contains(&"312 B"));
    Ok(())
}

pub fn rows_are_filtered_by_keyboard_and_counted() -> Tried {
    let wanted = "webdav unchanged";
    let Filtered { tabs, used } = visit("filter", &pages::published(), &[wanted])?;
    assert_eq!(used.problems, [""; 0]);
    assert!(tabs < 20, "{tabs} keys until the filter");
    let [filtered, cleared] = &used.states[..] else { panic!("two states") };
    assert_eq!(filtered.count, "1 of 32 results");
    assert_eq!(filtered.rows[0][..2], ["sccache-webdav", "unchanged"]);
    assert_eq!(filtered.hash, "#?q=webdav+unchanged");
    assert_eq!((cleared.rows.len(), &*cleared.count), (32, "32 results"));
    assert_eq!(cleared.hash, "");
    Ok(())
}

pub fn an_address_brings_back_what_was_sorted_filtered_and_linked() -> Tried {
    let words = ["sccache too few", "ratio to none"];
    let used = visit::<Used>("permalink", &pages::published(), &words)?;
    assert_eq!(used.problems, [""; 0]);
    let [before, left, back, again] = &used.states[..] else { panic!("four states") };
    assert_eq!(before.sorts, ["ratio to none ascending"]);
    assert_eq!(before.rows.len(), 8);
    assert!(before.rows.iter().all(|row| row[0].starts_with("sccache")));
    let marked = "row-cli-sccache-throttled-unchanged";
    assert_eq!(left.marked, [marked]);
    assert!(left.hash.ends_with(&format!("at={marked}")), "{}", left.hash);
    assert_eq!((&back.rows, &back.hash), (&before.rows, &before.hash));
    assert_eq!((&again.rows, &again.sorts), (&left.rows, &left.sorts));
    assert_eq!((&again.query, &again.count), (&left.query, &left.count));
    assert_eq!(again.marked, [marked]);
    Ok(())
}

pub fn a_line_of_a_picture_tells_the_figures_of_its_row() -> Tried {
    let line = visit::<Line>("line", &pages::published(), &["actions-cache"])?;
    assert_eq!(line.problems, [""; 0]);
    let [before, pointed, stepped] = &line.texts[..] else { panic!("three texts") };
    assert!(before.starts_with("Point at a line"), "{before}");
    assert!(
        pointed.starts_with("actions-cache, cold: wall (range) 10.2 s (9.00–11.5)"),
        "{pointed}"
    );
    assert!(pointed.contains("up 46.4 MB") && pointed.ends_with("verdict too few"), "{pointed}");
    assert!(stepped.starts_with("actions-cache-rolling, cold: "), "{stepped}");
    assert_eq!((&*line.link, line.bands), ("#row-cli-actions-cache-rolling-cold", 1));
    Ok(())
}

pub fn plain_links_lead_to_sections_scenarios_rows_and_into_what_is_closed() -> Tried {
    let page = pages::published();
    let ids =
        ["threats", "scenario-sccache-webdav", "row-cli-none-cold", "step-cli-none-cold-build"];
    for id in ids {
        let anchored = visit::<Anchored>("anchor", &page, &[id])?;
        assert_eq!(anchored.told, [true, true], "{id}");
    }
    Ok(())
}
