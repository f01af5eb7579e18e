//! Samples: every metric that a job has, for the whole job and for its steps.
//! Owns how a metric is counted from raw facts; `results/README.md` says the same in words. A value
//! that nobody saw is left out, never guessed.

use lukewarm_model::{
    Counter, LedgerSummary, Metric, Sample, ServiceFacts, Source, Step, StepFacts,
};

use super::job_under_test::{JobUnderTest, failed};

/// Every sample of a job; the whole job comes before its steps.
pub(super) fn samples(job: &JobUnderTest<'_>) -> Vec<Sample> {
    let steps = job.facts.steps.iter().flat_map(|step| one_step(job, step));
    whole_job(job).into_iter().chain(steps).collect()
}

/// The metrics of the whole job. A sum over steps is there only if every step has its part.
fn whole_job(job: &JobUnderTest<'_>) -> Vec<Sample> {
    let steps = &job.facts.steps;
    let cpu: Option<f64> = steps.iter().map(|step| step.cpu.map(|cpu| cpu.0)).sum();
    // A step without a process has no peak, and takes nothing from that of the others.
    let peak = steps.iter().filter_map(|step| step.peak_rss).max().map(|peak| peak.0 as f64);
    let service_cpu = steps.iter().map(|step| step.service_cpu.map(|cpu| cpu.0)).sum();
    let mut values = Values::of(None);
    values.push(Metric::Wall, Source::Clock, Some(job.facts.wall().0));
    values.push(Metric::Cpu, Source::Kernel, cpu);
    values.push(Metric::PeakRss, Source::Kernel, peak);
    values.service(job, service_cpu, job.ledger.as_ref());
    stored(job, &mut values);
    units(job, &mut values);
    wrapper(job, &mut values);
    values.list
}

fn one_step(job: &JobUnderTest<'_>, step: &StepFacts) -> Vec<Sample> {
    let mut values = Values::of(Some(step.step));
    values.push(Metric::Wall, Source::Clock, Some(step.wall.0));
    values.push(Metric::Cpu, Source::Kernel, step.cpu.map(|cpu| cpu.0));
    values.push(Metric::PeakRss, Source::Kernel, step.peak_rss.map(|peak| peak.0 as f64));
    values.service(job, step.service_cpu.map(|cpu| cpu.0), step.ledger.as_ref());
    values.list
}

/// What the cache keeps: in the service, or in a folder; without either, nothing is kept.
fn stored(job: &JobUnderTest<'_>, values: &mut Values) {
    let facts = job.facts;
    let (source, bytes) = match (&job.scenario.service, facts.kept_bytes) {
        (Some(_), _) => (Source::Ledger, facts.service.as_ref().map(|service| service.bytes)),
        (None, Some(kept)) => (Source::Disk, Some(kept)),
        (None, None) => (Source::Plan, Some(lukewarm_model::Bytes(0))),
    };
    values.push(Metric::StoredBytes, source, bytes.map(|bytes| bytes.0 as f64));
    let (source, [objects, evicted]) = match (&job.scenario.service, &facts.service) {
        (Some(_), service) => {
            let of = |count: fn(&ServiceFacts) -> u64| service.as_ref().map(count);
            (Source::Ledger, [of(|it| it.objects), of(|it| it.evicted)])
        }
        (None, _) => (Source::Plan, [Some(0); 2]),
    };
    values.push(Metric::StoredObjects, source, objects.map(|count| count as f64));
    values.push(Metric::EvictedObjects, source, evicted.map(|count| count as f64));
    let (bytes, used) = (facts.restored.map(|it| it.bytes), facts.restored.map(|it| it.used_bytes));
    values.push(Metric::RestoredBytes, Source::Disk, bytes.map(|bytes| bytes.0 as f64));
    values.push(Metric::RestoredBytesUsed, Source::Disk, used.map(|bytes| bytes.0 as f64));
}

fn units(job: &JobUnderTest<'_>, values: &mut Values) {
    let units = &job.facts.units;
    let fresh = units.iter().filter(|unit| unit.fresh).count();
    values.push(Metric::Units, Source::Cargo, Some(units.len() as f64));
    values.push(Metric::UnitsFresh, Source::Cargo, Some(fresh as f64));
    let outcomes = job.outcomes();
    let source = if job.is_wrapper() { Source::Tool } else { Source::Cargo };
    values.push(Metric::UnitsHit, source, outcomes.map(|o| o.hits as f64));
    values.push(Metric::UnitsMiss, source, outcomes.map(|o| o.misses as f64));
    values.push(Metric::UnitsNoncacheable, source, outcomes.map(|o| o.noncacheable as f64));
    values.push(Metric::HitRatio, Source::Tool, hit_ratio(job));
    values.push(Metric::ReuseRatio, source, outcomes.and_then(|o| o.reuse_ratio()));
}

/// What a wrapper counts of itself; nothing where there is none.
fn wrapper(job: &JobUnderTest<'_>, values: &mut Values) {
    let Some(report) = job.wrapper() else { return };
    let counters: [(Metric, &[Counter]); 8] = [
        (Metric::WrapperRequests, &[Counter::REQUESTS]),
        (Metric::WrapperExecuted, &[Counter::LOOKUPS]),
        (Metric::WrapperHits, &[Counter::HITS]),
        (Metric::WrapperMisses, &[Counter::MISSES]),
        (Metric::WrapperNoncacheable, &[Counter::NONCACHEABLE]),
        (Metric::WrapperNoncompilations, &[Counter::NONCOMPILATIONS]),
        (Metric::WrapperReadErrors, &[Counter::READ_ERRORS, Counter::TIMEOUTS]),
        (Metric::WrapperWriteErrors, &[Counter::WRITE_ERRORS]),
    ];
    for (metric, counters) in counters {
        let count = report.counters.sum(counters);
        values.push(metric, Source::Tool, count.map(|count| count as f64));
    }
}

/// Rust hits over Rust lookups, as the tool counts them; without lookups there is no ratio.
fn hit_ratio(job: &JobUnderTest<'_>) -> Option<f64> {
    job.wrapper()?.counters.hit_ratio()
}

/// The values of one step, or of the whole job.
struct Values {
    step: Option<Step>,
    list: Vec<Sample>,
}

impl Values {
    fn of(step: Option<Step>) -> Values {
        Values { step, list: Vec::new() }
    }

    fn push(&mut self, metric: Metric, source: Source, value: Option<f64>) {
        let step = self.step;
        self.list.extend(value.map(|value| Sample { step, metric, value, source }));
    }

    /// What was counted at the service; 0 by construction where the scenario has none.
    fn service(
        &mut self,
        job: &JobUnderTest<'_>,
        cpu: Option<f64>,
        ledger: Option<&LedgerSummary>,
    ) {
        let none = LedgerSummary::default();
        let (cpu, cpu_source, ledger, source) = match job.scenario.service {
            Some(_) => (cpu, Source::Kernel, ledger, Source::Ledger),
            None => (Some(0.0), Source::Plan, Some(&none), Source::Plan),
        };
        self.push(Metric::ServiceCpu, cpu_source, cpu);
        self.push(Metric::BytesDown, source, ledger.map(|l| l.bytes_down.0 as f64));
        self.push(Metric::BytesUp, source, ledger.map(|l| l.bytes_up.0 as f64));
        self.push(Metric::Requests, source, ledger.map(|l| l.requests as f64));
        self.push(Metric::RequestsLimited, source, ledger.map(|l| l.limited() as f64));
        self.push(Metric::RequestsFailed, source, ledger.map(|l| failed(l) as f64));
        self.push(Metric::Waiting, source, ledger.map(|l| l.waiting.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::Evaluation;
    use crate::examples;
    use lukewarm_model::{Bytes, JobFacts, JobSamples, RawRecord, RunFacts, Seconds, VerdictKind};
    use std::collections::BTreeSet;

    fn of(run: &RunFacts, job: JobFacts) -> JobSamples {
        let record = RawRecord { run: run.clone(), jobs: vec![job], end: None };
        Evaluation::of(&record).into_samples().remove(0)
    }

    fn value(of: &JobSamples, metric: Metric, step: Option<Step>) -> Option<(f64, Source)> {
        let found = of.samples.iter().find(|s| s.metric == metric && s.step == step);
        found.map(|sample| (sample.value, sample.source))
    }

    fn run() -> RunFacts {
        let scenarios = vec![examples::none(), examples::webdav(), examples::laptop()];
        examples::run(scenarios, &["cold", "unchanged"], 2)
    }

    #[test]
    fn a_job_without_a_service_has_every_metric_but_the_hit_ratio() {
        let samples = of(&run(), examples::job("finder/none", "cold", 1, 12.0));
        let have: BTreeSet<Metric> = samples.whole_job().map(|s| s.metric).collect();
        let is_of_tools = |metric: &Metric| {
            metric.name().starts_with("wrapper_") || metric.name().starts_with("restored_")
        };
        let is_of_copies = |metric: &Metric| *metric >= Metric::DuplicateCompiles;
        let all = Metric::ALL
            .into_iter()
            .filter(|it| *it != Metric::HitRatio && !is_of_tools(it) && !is_of_copies(it));
        assert_eq!(have, all.collect());
        for metric in [Metric::BytesDown, Metric::Requests, Metric::ServiceCpu] {
            assert_eq!(value(&samples, metric, None), Some((0.0, Source::Plan)));
            assert_eq!(value(&samples, metric, Some(Step::Build)), Some((0.0, Source::Plan)));
        }
        assert_eq!(value(&samples, Metric::UnitsMiss, None), Some((20.0, Source::Cargo)));
        assert_eq!(value(&samples, Metric::StoredBytes, None), Some((0.0, Source::Plan)));
        assert_eq!(samples.verdict, VerdictKind::Valid, "{samples:#?}");
    }

    #[test]
    fn a_wrapper_with_a_service_has_every_metric() {
        let samples = of(&run(), examples::sccache_job("finder/sccache-webdav", "unchanged", 1, 7));
        let whole: BTreeSet<Metric> = samples.whole_job().map(|s| s.metric).collect();
        let is_restored =
            |it: &Metric| it.name().starts_with("restored_") || *it >= Metric::DuplicateCompiles;
        assert_eq!(whole, Metric::ALL.into_iter().filter(|it| !is_restored(it)).collect());
        assert_eq!(value(&samples, Metric::WrapperHits, None), Some((7.0, Source::Tool)));
        assert_eq!(value(&samples, Metric::UnitsHit, None), Some((7.0, Source::Tool)));
        assert_eq!(value(&samples, Metric::UnitsNoncacheable, None), Some((6.0, Source::Tool)));
        assert_eq!(value(&samples, Metric::HitRatio, None), Some((0.5, Source::Tool)));
        assert_eq!(value(&samples, Metric::ReuseRatio, None), Some((0.35, Source::Tool)));
        assert_eq!(value(&samples, Metric::StoredBytes, None), Some((9e6, Source::Ledger)));
        assert_eq!(value(&samples, Metric::Requests, None), Some((22.0, Source::Ledger)));
        let build = value(&samples, Metric::Requests, Some(Step::Build));
        assert_eq!(build, Some((21.0, Source::Ledger)));
        let wall = [None, Some(Step::Restore), Some(Step::Build), Some(Step::Save)];
        let wall = wall.map(|step| value(&samples, Metric::Wall, step).unwrap().0);
        assert!((wall[0] - wall[1] - wall[2] - wall[3]).abs() < 1e-9);
    }

    #[test]
    fn memory_is_the_largest_step_and_statuses_are_told_apart() {
        let mut job = examples::sccache_job("finder/sccache-webdav", "unchanged", 1, 14);
        job.steps[1].peak_rss = Some(Bytes(1_000_000_000));
        job.steps[1].ledger = Some(examples::ledger(&[(0, 1), (200, 5), (429, 2), (503, 3)], 1, 2));
        job.steps[2].peak_rss = None;
        let samples = of(&run(), job);
        assert_eq!(value(&samples, Metric::PeakRss, None), Some((1e9, Source::Kernel)));
        assert_eq!(value(&samples, Metric::RequestsLimited, None), Some((2.0, Source::Ledger)));
        assert_eq!(value(&samples, Metric::RequestsFailed, None), Some((4.0, Source::Ledger)));
        assert_eq!(value(&samples, Metric::Requests, None), Some((12.0, Source::Ledger)));
    }

    #[test]
    fn what_nobody_saw_is_left_out() {
        let mut job = examples::sccache_job("finder/sccache-webdav", "unchanged", 1, 14);
        job.steps[2].cpu = None;
        job.steps[0].ledger = None;
        job.service = None;
        job.statements.clear();
        let samples = of(&run(), job);
        for metric in [Metric::Cpu, Metric::Requests, Metric::StoredBytes, Metric::UnitsHit] {
            assert_eq!(value(&samples, metric, None), None, "{metric}");
        }
        assert!(value(&samples, Metric::Cpu, Some(Step::Build)).is_some());
        assert_eq!(value(&samples, Metric::UnitsFresh, None), Some((0.0, Source::Cargo)));
        assert_eq!(samples.verdict, VerdictKind::Unchecked);
    }

    #[test]
    fn a_wrapper_that_looked_nothing_up_has_no_hit_ratio() {
        let mut job = examples::sccache_job("finder/sccache-webdav", "unchanged", 1, 14);
        job.units = examples::units(examples::Fresh::Everything);
        job.statements = examples::statements(&examples::Said {
            requests: 0,
            executed: 0,
            misses: 0,
            ..examples::said()
        });
        let samples = of(&run(), job);
        assert_eq!(value(&samples, Metric::HitRatio, None), None);
        assert_eq!(value(&samples, Metric::ReuseRatio, None), Some((1.0, Source::Tool)));
        assert!(samples.samples.iter().all(|sample| sample.value.is_finite()));
    }

    #[test]
    fn a_failed_job_has_no_samples_and_others_keep_theirs() {
        let record = crate::example_run::example_run();
        let samples = Evaluation::of(&record).into_samples();
        assert!(samples.iter().all(|sample| sample.case != "finder/sccache-throttled"));
        let jobs: BTreeSet<u64> = samples.iter().map(|sample| sample.position).collect();
        assert_eq!(jobs.len(), 4 * 3 * 3);
    }

    #[test]
    fn what_a_folder_keeps_is_what_is_stored() {
        let mut job = examples::job("finder/persistent-target", "cold", 1, 12.0);
        job.kept_bytes = Some(Bytes(5));
        job.steps[0].wall = Seconds(1.5);
        let samples = of(&run(), job);
        assert_eq!(value(&samples, Metric::StoredBytes, None), Some((5.0, Source::Disk)));
        assert_eq!(value(&samples, Metric::Wall, None), Some((1.5, Source::Clock)));
    }
}
