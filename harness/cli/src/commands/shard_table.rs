//! What dealing a plan out costs, as `lukewarm check` prints it.
//! Owns the layout; the reckoning is the session's.

use lukewarm_model::text::{Safe, Terminal};
use lukewarm_model::{Seconds, counted};
use lukewarm_session::{ShardCost, ShardCosts};

/// Numbers of machines from which on not each is shown.
const EACH: u32 = 12;

/// A line for each number of machines, and how many are worth it. Writing to a string cannot fail.
pub fn show(costs: &ShardCosts, most: u32, text: &mut Safe<Terminal>) {
    let blocks = counted(costs.blocks as usize, "block");
    let _ = writeln!(text, "shards:     {blocks}, dealt out to machines that work side by side:");
    let _ = writeln!(
        text,
        "  {:>8}  {:>12}  {:>12}  {:>12}  {:>12}  {:>12}",
        "machines", "start", "priming", "blocks", "the longest", "all of them"
    );
    for cost in costs.rows.iter().filter(|it| is_shown(it.shards, costs.rows.len() as u32)) {
        let _ = writeln!(text, "{}", row(cost));
    }
    if most > costs.blocks {
        let _ = writeln!(text, "            more than {} have no block", costs.blocks);
    }
    let _ = writeln!(text, "            {}", worth(costs));
    if let Some(budget) = costs.budget {
        let what = "each has for itself: blocks that it has no room for are left out";
        let _ = writeln!(text, "            {budget} from its first job on {what}");
    }
}

fn is_shown(shards: u32, last: u32) -> bool {
    let is_round =
        shards.is_power_of_two() || (shards.is_multiple_of(3) && (shards / 3).is_power_of_two());
    shards <= EACH || is_round || shards == last
}

/// Times where they are known, else jobs.
fn row(cost: &ShardCost) -> String {
    let time = |time: Option<Seconds>| time.map_or_else(|| "?".to_owned(), |it| it.to_string());
    let rounded = |time: Option<Seconds>| time.map(|it| Seconds(it.0.round()));
    let blocks = match cost.measuring {
        None => format!("{} jobs", cost.jobs),
        measuring => time(rounded(measuring)),
    };
    let wall = rounded(cost.wall());
    let all = wall.map(|wall| Seconds(wall.0 * f64::from(cost.shards)));
    format!(
        "  {:>8}  {:>12}  {:>12}  {blocks:>12}  {:>12}  {:>12}",
        cost.shards,
        time(rounded(cost.start)),
        time(rounded(cost.priming)),
        time(wall),
        time(all)
    )
}

fn worth(costs: &ShardCosts) -> String {
    let known = costs.rows.first().is_some_and(|it| it.wall().is_some());
    let by = if known { "" } else { " (by the number of jobs: their times are not known yet)" };
    match costs.worth {
        1 => format!("a second machine buys nothing{by}: starting and priming are most of it"),
        worth if worth == costs.blocks => {
            format!("more than {worth} machines buy nothing{by}: one has one block then")
        }
        worth => format!(
            "more than {worth} machines buy nothing{by}: each starts and primes for itself, and \
             the longest would be hardly shorter"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_where_they_are_known_and_jobs_where_not() {
        let known = ShardCost {
            shards: 4,
            blocks: 3,
            jobs: 14,
            start: Some(Seconds(30.0)),
            priming: Some(Seconds(20.2)),
            measuring: Some(Seconds(120.0)),
        };
        let unknown = ShardCost { priming: None, measuring: None, ..known.clone() };
        let words = |cost: &ShardCost| {
            row(cost)
                .split("  ")
                .map(str::trim)
                .filter(|it| !it.is_empty())
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let [start, priming, measuring, wall, all] =
            [30.0, 20.0, 120.0, 170.0, 680.0].map(|it| Seconds(it).to_string());
        assert_eq!(words(&known), ["4".to_owned(), start.clone(), priming, measuring, wall, all]);
        let nothing = || "?".to_owned();
        let jobs = "14 jobs".to_owned();
        assert_eq!(words(&unknown), ["4".to_owned(), start, nothing(), jobs, nothing(), nothing()]);
        let costs = ShardCosts { blocks: 60, rows: vec![known], worth: 9, budget: None };
        let mut text: Safe<Terminal> = Safe::empty();
        show(&costs, 100, &mut text);
        assert!(text.contains("more than 60 have no block"), "{}", text.as_str());
        assert!(text.contains("more than 9 machines buy nothing:"), "{}", text.as_str());
        let shown: Vec<u32> = (1..=100).filter(|it| is_shown(*it, 100)).collect();
        assert_eq!(shown[12..], [16, 24, 32, 48, 64, 96, 100]);
    }
}
