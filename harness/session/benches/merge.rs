//! How long it takes to merge a hundred shards of 10,000 jobs, with every report, how much memory
//! that needs, and how long a shard's file is. Prints the figures; run it with
//! `cargo bench -p lukewarm-session --bench merge`.
#![expect(clippy::unwrap_used, reason = "a benchmark may stop at the first surprise")]
#![expect(clippy::print_stdout, reason = "figures are what it is for")]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use lukewarm_model::{Case, JobFacts, JobName, Plan, RawRecord, Shard};
use lukewarm_record::Writer;
use lukewarm_runner::UserEnvironment;
use lukewarm_session::{MergedPlans, Results, merge, pack_run};

const SHARDS: u32 = 100;
const JOBS: usize = 10_000;

/// The published run with as many blocks as make so many jobs on so many machines.
fn plan(published: &RawRecord) -> Plan {
    let plan = published.run.plan.clone().without_looks();
    let block = plan.cases.len() * plan.story.jobs.len();
    let blocks = (JOBS - SHARDS as usize * plan.first_pass_length()) / block;
    Plan { iterations: blocks as u32, budget: None, ..plan }
}

/// What a shard of a plan leaves, made of jobs that were really measured; each has a log.
fn shard(published: &RawRecord, plan: &Plan, shard: Shard, place: &Path) -> (PathBuf, usize) {
    let mut kept: BTreeMap<(&Case, &JobName), Vec<&JobFacts>> = BTreeMap::new();
    for job in &published.jobs {
        kept.entry((&job.case, &job.job)).or_default().push(job);
    }
    let mut run = published.run.clone();
    (run.plan, run.shard) = (plan.clone(), Some(shard));
    run.id = format!("2026-11-27T120000-shard-{:04}", shard.index);
    let portion = run.portion();
    let mut writer = Writer::create(place, &run).unwrap();
    let mut jobs = Vec::new();
    for block in std::iter::once(0).chain(portion.blocks(plan)) {
        let names = plan.story.jobs.iter().map(|it| &it.name);
        let last = plan.story.jobs.len() - usize::from(block == 0);
        for (case, name) in
            names.take(last).flat_map(|name| plan.cases.iter().map(move |case| (case, name)))
        {
            let Some(of) = kept.get(&(case, name)) else { continue };
            let mut job = of[block as usize % of.len()].clone();
            (job.attempt.iteration, job.attempt.repeat) = (block, 0);
            job.attempt.position = jobs.len() as u64;
            // No two jobs take the same time.
            let noise = 1.0 + f64::from((block * 7919 + shard.index * 104_729) % 97) / 1000.0;
            job.steps.iter_mut().for_each(|step| step.wall.0 *= noise);
            jobs.push(job);
        }
    }
    for job in &jobs {
        let name = format!("{}/{:04}-{}", job.case, job.attempt.position, job.job);
        let folder = writer.log_folder().join(name);
        fs::create_dir_all(&folder).unwrap();
        let lines =
            (0..20).map(|line| format!("   Compiling unit-{line} v0.1.{}\n", job.attempt.position));
        fs::write(folder.join("build.log"), lines.collect::<String>()).unwrap();
    }
    writer.jobs(&jobs).unwrap();
    writer.end(published.end.as_ref().unwrap()).unwrap();
    (writer.folder().to_owned(), jobs.len())
}

/// The most memory that this process had at once, in MiB.
fn peak() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}

/// The processor time of this process so far, in seconds: other work on the machine counts for
/// nothing in it.
fn processor_time() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let behind_name = stat.rsplit(')').next().unwrap();
    let ticks = behind_name.split_whitespace().skip(11).take(2);
    ticks.map(|it| it.parse::<f64>().unwrap()).sum::<f64>() / 100.0
}

fn main() {
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../results/published/cli");
    let published = lukewarm_record::read(&published).unwrap();
    let plan = plan(&published);
    let place = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let sent = place.path().join("sent/");
    fs::create_dir(&sent).unwrap();
    let mut all = 0;
    for one in Shard::all(SHARDS) {
        let (folder, jobs) = shard(&published, &plan, one, &place.path().join("shards"));
        pack_run(&folder, Some(&sent)).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        all += jobs;
    }
    let bytes: u64 =
        fs::read_dir(&sent).unwrap().map(|it| it.unwrap().metadata().unwrap().len()).sum();
    println!("{SHARDS} shards, {all} jobs, {} blocks", plan.iterations);
    println!("a shard's file: {:.3} MB for a hundred jobs", bytes as f64 / 1e4 / all as f64);
    // From here on the peak is that of merging.
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let (began, spent) = (Instant::now(), processor_time());
    let results = Results::chosen(&place.path().join("merged"));
    let user = UserEnvironment::new(Vec::<(OsString, OsString)>::new());
    let merged = merge(&[sent], MergedPlans::One, &results, (&[][..], &user)).unwrap();
    let took = began.elapsed();
    let run = &merged.runs[0];
    assert_eq!((run.measured.record.jobs.len(), run.merged), (all, SHARDS as usize));
    assert!(run.missing.is_empty(), "{:?}", run.missing);
    println!(
        "merged, with every report: {:.1} s ({:.1} s of processor time), {:.0} MiB at most",
        took.as_secs_f64(),
        processor_time() - spent,
        peak()
    );
}
