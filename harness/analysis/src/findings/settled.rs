//! Jobs after which the same build was not done. Owns the words of the warning; none of it changes
//! a number.

use std::collections::BTreeMap;

use lukewarm_model::{Case, RawRecord, Warning, counted, few};

/// Units that are named.
const NAMED: usize = 3;

/// A warning for each case in which the same build once more compiled something.
pub(super) fn warnings(record: &RawRecord) -> Vec<Warning> {
    let mut cases: BTreeMap<&Case, Unsettled<'_>> = BTreeMap::new();
    let looked_at = record.jobs.iter().flat_map(|job| {
        let copies = job.copies.iter().flat_map(|it| &it.copies);
        let copies = copies.filter_map(|copy| copy.settled.as_ref());
        job.settled.iter().chain(copies).map(move |again| (job, again))
    });
    for (job, again) in looked_at.filter(|(_, again)| !again.is_settled()) {
        let found = cases.entry(&job.case).or_default();
        if found.jobs.last() != Some(&job.job.as_str()) {
            found.jobs.push(&job.job);
        }
        for unit in again.not_fresh.iter().map(String::as_str) {
            if !found.units.contains(&unit) {
                found.units.push(unit);
            }
        }
        found.reason = found.reason.or(again.reasons.first().map(String::as_str));
    }
    cases.into_iter().map(|(case, found)| found.warning(case)).collect()
}

/// What was not fresh in a case.
#[derive(Default)]
struct Unsettled<'a> {
    jobs: Vec<&'a str>,
    units: Vec<&'a str>,
    /// Why, in Cargo's words; absent where it gave no reason.
    reason: Option<&'a str>,
}

impl Unsettled<'_> {
    fn warning(&self, case: &Case) -> Warning {
        let named = few(self.units.iter().map(|it| format!("`{it}`")), NAMED);
        let reason = self.reason.map(|it| format!("Cargo says: {it}; ")).unwrap_or_default();
        Warning::new(
            format!(
                "{case} is not settled: after {}, the same build once more compiles {} again ({})",
                self.jobs.join(", "),
                counted(self.units.len(), "unit"),
                named
            ),
            format!(
                "{reason}if `none` is settled, what the cache brings back has times that Cargo \
                 takes for stale"
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use lukewarm_model::SettledFacts;

    use super::*;
    use crate::examples;

    #[test]
    fn what_is_compiled_again_is_named_once_a_case() {
        let run = examples::run(vec![examples::none()], &["cold", "unchanged"], 1);
        let job = |name: &str, units: &[&str]| {
            let mut job = examples::job("finder/none", name, 1, 9.0);
            job.settled = Some(SettledFacts {
                units: 20,
                not_fresh: units.iter().map(|it| (*it).to_owned()).collect(),
                reasons: vec!["core v0.1.0: stale".to_owned()],
                ..SettledFacts::default()
            });
            job
        };
        let record = |jobs| RawRecord { run: run.clone(), jobs, end: None };
        assert_eq!(warnings(&record(vec![job("cold", &[])])), []);
        let jobs = vec![job("cold", &["a a", "b b"]), job("unchanged", &["b b", "c c", "d d"])];
        let found = warnings(&record(jobs));
        assert_eq!(found.len(), 1);
        let wanted = "finder/none is not settled: after cold, unchanged, the same build once more \
                      compiles 4 units again (`a a`, `b b`, `c c` and 1 more)";
        assert_eq!(found[0].what, wanted);
        assert!(found[0].advice.starts_with("Cargo says: core v0.1.0: stale; "), "{found:?}");
    }
}
