//! Hand-made merged records for this room's tests: blocks dealt to machines, with made-up times.
//! Owns no rule; every example is what a sound merge would leave.

use lukewarm_model::{Host, PartFacts, RawRecord, Shard};

use crate::examples;

/// A record of `none` and `persistent-target` in the job `cold`, merged from shards: the blocks of
/// each machine, how many there are in all, and what a build takes by machine, block and case.
/// The machines are numbered from 0, as are the cases.
pub(crate) fn merged(
    machines: &[&[u32]],
    blocks: u32,
    wall: impl Fn(u32, u32, usize) -> f64,
) -> RawRecord {
    let scenarios = vec![examples::none(), examples::laptop()];
    let mut run = examples::run(scenarios, &["cold"], blocks);
    let count = machines.len() as u32;
    let part = |place: u32| PartFacts {
        run: format!("2026-11-27T10000{place}-example-{place}"),
        shard: Some(Shard { index: place + 1, count }),
        host: run.host.clone(),
        started: run.started,
        ended: Some(run.started),
        stopped: None,
        pace: None,
        warnings: Vec::new(),
    };
    run.parts = (0..count).map(part).collect();
    let mut jobs = Vec::new();
    for (place, measured) in (0..).zip(machines) {
        for iteration in std::iter::once(&0).chain(*measured) {
            for (case, name) in ["none", "persistent-target"].into_iter().enumerate() {
                let took = wall(place, *iteration, case);
                let mut job = examples::job(&format!("finder/{name}"), "cold", *iteration, took);
                job.part = Some(place);
                jobs.push(job);
            }
        }
    }
    RawRecord { run, jobs, end: None }
}

/// Changes the machine of a part.
pub(crate) fn on(record: &mut RawRecord, part: usize, change: impl Fn(&mut Host)) {
    change(&mut record.run.parts[part].host);
}

/// Times of machines that all find the same ratio of 0.5, each at a pace of its own, with a little
/// noise; that of `slowed` is another.
pub(crate) fn noisy(slowed: Option<(u32, f64)>) -> impl Fn(u32, u32, usize) -> f64 {
    move |machine, block, case| {
        let own = match slowed {
            Some((slow, ratio)) if slow == machine => ratio,
            _ => 0.5,
        };
        let pace = 1.0 + 0.3 * f64::from(machine);
        let noise = 1.0 + 0.02 * (f64::from(block * 7 % 11) / 5.0 - 1.0);
        10.0 * pace * if case == 1 { own * noise } else { 1.0 }
    }
}
