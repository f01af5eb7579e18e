//! Several records of one plan become one. Pure: owns what of each record is kept, in which order,
//! and what is said of what is missing.

use std::collections::{BTreeMap, BTreeSet};

use lukewarm_model::{
    Case, EnoughReason, JobFacts, MachinePace, PartFacts, Plan, RawRecord, RunEnd, RunFacts,
    Seconds, Shard, Standard, StopReason, TimeSpent, Warning,
};

use super::units::Dealt;
use crate::assignment::remark;

/// One record of several, and what is missing in it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Combined {
    pub(super) record: RawRecord,
    pub(super) missing: Vec<String>,
}

/// Makes one record of several that measured the same, in the order of their shards; each part's
/// jobs stay together, in the order they ran. What clocks say decides nothing.
pub(super) fn combined(
    records: Vec<RawRecord>,
    plan: Plan,
    id: String,
    command: Vec<String>,
) -> Combined {
    let missing = missing(&records, &plan);
    let end = end(&records, &missing);
    let run = run(&records, plan, id, command);
    let (mut parts, mut jobs) = (Vec::new(), Vec::new());
    let mut states: BTreeMap<Case, u32> = BTreeMap::new();
    for record in records {
        let first = parts.len() as u32;
        match record.run.parts.is_empty() {
            true => parts.push(part(&record)),
            false => parts.extend(record.run.parts),
        }
        let mut next = states.clone();
        for mut job in record.jobs {
            job.part = Some(first + job.part.unwrap_or(0));
            job.attempt.position = jobs.len() as u64;
            // Each part primed its own states: they are other draws.
            job.state += states.get(&job.case).copied().unwrap_or(0);
            let behind = next.entry(job.case.clone()).or_default();
            *behind = (*behind).max(job.state + 1);
            jobs.push(job);
        }
        states = next;
    }
    Combined { record: RawRecord { run: RunFacts { parts, ..run }, jobs, end: Some(end) }, missing }
}

/// The head of the record: what all have, and the machine of the first.
fn run(records: &[RawRecord], plan: Plan, id: String, command: Vec<String>) -> RunFacts {
    let first = &records[0].run;
    let executables: BTreeSet<_> = records.iter().map(|it| &it.run.executable).collect();
    let begun = records.iter().map(|it| it.run.first_block.unwrap_or(1)).min().unwrap_or(1);
    RunFacts {
        id,
        started: records.iter().map(|it| it.run.started).min().unwrap_or(first.started),
        executable: first.executable.clone().filter(|_| executables.len() == 1),
        command,
        plan,
        warnings: warnings(records),
        shard: None,
        first_block: (begun > 1).then_some(begun),
        parts: Vec::new(),
        ..first.clone()
    }
}

/// What one record is in the merged one.
fn part(record: &RawRecord) -> PartFacts {
    let RawRecord { run, jobs, end } = record;
    let pace = match end {
        Some(end) => end.machine.clone(),
        None => MachinePace::of(jobs.iter().filter_map(|job| job.probe.as_ref()), None),
    };
    PartFacts {
        run: run.id.clone(),
        shard: run.shard,
        host: run.host.clone(),
        started: run.started,
        ended: end.as_ref().map(|end| end.ended),
        stopped: end.as_ref().and_then(|end| end.stopped.clone()),
        pace,
        warnings: own_warnings(record),
    }
}

/// The warnings of a record, without that it is a part of something.
fn own_warnings(record: &RawRecord) -> Vec<Warning> {
    let remark = remark(&record.run);
    let ended = record.end.iter().flat_map(|end| &end.warnings);
    let all = record.run.warnings.iter().chain(ended);
    all.filter(|it| Some(*it) != remark.as_ref()).cloned().collect()
}

/// Every warning once, with how many of the records have it where not all do; and what differs
/// between them though it is allowed to.
fn warnings(records: &[RawRecord]) -> Vec<Warning> {
    let mut counted: Vec<(Warning, usize)> = Vec::new();
    for record in records {
        let own: Vec<Warning> = own_warnings(record);
        for (place, warning) in own.iter().enumerate() {
            if own[..place].contains(warning) {
                continue;
            }
            match counted.iter_mut().find(|it| it.0 == *warning) {
                Some((_, count)) => *count += 1,
                None => counted.push((warning.clone(), 1)),
            }
        }
    }
    let all = records.len();
    let told = counted.into_iter().map(|(it, count)| match count == all {
        true => it,
        false => Warning::new(format!("in {count} of {all} parts: {}", it.what), it.advice),
    });
    told.chain(programs(records)).collect()
}

/// That parts were measured with programs of one version and different bytes.
fn programs(records: &[RawRecord]) -> Option<Warning> {
    let first = &records[0].run;
    let differs = |it: &RawRecord| {
        let tool = |(name, tool): (&String, &lukewarm_model::ToolIdentity)| {
            first.tools.get(name).is_some_and(|other| other.sha256 != tool.sha256)
        };
        it.run.tools.iter().any(tool) || it.run.executable != first.executable
    };
    records.iter().any(differs).then(|| {
        Warning::new(
            "lukewarm or a cache tool is another build on some of the machines, of one version",
            "give all machines the same files, such as one container image",
        )
    })
}

/// How the record ends: as its parts did, together.
fn end(records: &[RawRecord], missing: &[String]) -> RunEnd {
    let ends = || records.iter().filter_map(|it| it.end.as_ref());
    let sum = |of: fn(&TimeSpent) -> Seconds| ends().map(|end| of(&end.time)).sum::<Seconds>();
    // Of a part that was killed only what its jobs took is known.
    let killed = records.iter().filter(|it| it.end.is_none());
    let killed: Seconds = killed.flat_map(|it| it.jobs.iter().map(JobFacts::wall)).sum();
    let started = records.iter().map(|it| it.run.started).max();
    let budget = ends().find_map(|end| end.enough.clone());
    RunEnd {
        ended: ends().map(|end| end.ended).max().or(started).unwrap_or_default(),
        stopped: (!missing.is_empty()).then(|| StopReason::Error(missing.join("; "))),
        enough: budget.filter(|_| missing.is_empty()),
        time: TimeSpent {
            measured: sum(|it| it.measured) + killed,
            laying: sum(|it| it.laying),
            own: sum(|it| it.own),
        },
        warnings: Vec::new(),
        machine: slowest(records),
        published: None,
    }
}

/// The pace of the machine that speaks least for the record: one that nobody knows, else the
/// slowest.
fn slowest(records: &[RawRecord]) -> Option<MachinePace> {
    let times = |pace: &MachinePace| match pace.standard() {
        Standard::Unknown => f64::INFINITY,
        Standard::Slow(times) | Standard::Quiet(times) => times,
    };
    let paces = records.iter().filter_map(|it| part(it).pace);
    paces.max_by(|a, b| times(a).total_cmp(&times(b)))
}

/// What is missing, in words: shards that are not there, and blocks of those that are.
fn missing(records: &[RawRecord], plan: &Plan) -> Vec<String> {
    let dealt = Dealt::of(plan);
    let units = dealt.units(records.iter().flat_map(|it| &it.jobs));
    let first = records.iter().map(|it| it.run.first_block.unwrap_or(1)).min().unwrap_or(1);
    let is_missing = |unit: &u32| !dealt.is_whole(&units, *unit);
    let all = if plan.is_varied() { 1 } else { first };
    let mut open: BTreeSet<u32> = (all..=dealt.count()).filter(is_missing).collect();
    let mut said = Vec::new();
    for record in records {
        let has = |unit: &u32| has(record, *unit);
        let own: Vec<u32> = open.iter().copied().filter(has).collect();
        open.retain(|unit| !own.contains(unit));
        let end = record.end.as_ref();
        let is_budget = end.is_some_and(|it| matches!(it.enough, Some(EnoughReason::Budget(_))));
        // What a budget had no room for was not to be measured.
        if own.is_empty() || is_budget {
            continue;
        }
        let why = match end.map(|it| it.stopped.as_ref()) {
            None => StopReason::CutOff.to_string(),
            Some(Some(why)) => why.to_string(),
            Some(None) => "it ended without them".to_owned(),
        };
        let who = record.run.shard.map_or_else(|| record.run.id.clone(), named);
        said.push(format!("{who} has not measured {}: {why}", dealt.named(&own)));
    }
    for shard in absent(records) {
        let own: Vec<u32> = open.iter().copied().filter(|it| shard.has_block(*it)).collect();
        open.retain(|unit| !own.contains(unit));
        if !own.is_empty() {
            said.push(format!("{} is missing, with {}", named(shard), dealt.named(&own)));
        }
    }
    if !open.is_empty() {
        let rest: Vec<u32> = open.into_iter().collect();
        said.push(format!("no record has {}", dealt.named(&rest)));
    }
    said
}

/// Whether a record had to have a unit.
fn has(record: &RawRecord, unit: u32) -> bool {
    let run = &record.run;
    let is_varied = run.plan.is_varied();
    let is_own = run.shard.is_none_or(|shard| shard.has_block(unit));
    let from = run.first_block.unwrap_or(1);
    is_own && (is_varied || (from..=run.plan.iterations).contains(&unit)) && run.parts.is_empty()
}

/// The shards of which others are there, and they are not.
fn absent(records: &[RawRecord]) -> Vec<Shard> {
    let shards: BTreeSet<Shard> = records
        .iter()
        .flat_map(|it| {
            it.run.shard.into_iter().chain(it.run.parts.iter().filter_map(|it| it.shard))
        })
        .collect();
    let counts: BTreeSet<u32> = shards.iter().map(|it| it.count).collect();
    counts.into_iter().flat_map(Shard::all).filter(|it| !shards.contains(it)).collect()
}

fn named(shard: Shard) -> String {
    format!("shard {} of {}", shard.index, shard.count)
}
