//! mbx, which is called in place of Cargo.

use std::path::PathBuf;

use lukewarm_cache_tools::{JobObservation, ToolReport, Tools};
use lukewarm_model::{Bytes, CargoCommand, CargoTask, Counter, JobFacts, Plan, RawRecord, Step};
use lukewarm_runner::{NamedTool, Processes};
use lukewarm_testing::{Missing, Tried};

use crate::program;
use crate::support::{facts, plan, record_with, scenario, settings_in, steps};

/// mbx takes 6 minutes to build: it is looked for where `.ci/run` links it, and on `PATH`.
fn mbx() -> Result<PathBuf, Missing> {
    program("mbx/mbx").or_else(|_| program("mbx")).map_err(|_| {
        let install =
            "cargo install mbx@1.29.1 --locked; then link its `bin` to target/clients/mbx";
        Missing::optional("mbx", install)
    })
}

fn record_of(mbx: PathBuf, plan: Plan) -> RawRecord {
    // A short path: mbx has a socket below the folder for temporary files. The rest of it would be
    // too long if the plan's name were a part.
    let place = tempfile::Builder::new().prefix("l w").tempdir_in("/var/tmp").unwrap();
    let mut settings = settings_in(place.path(), &Processes::default());
    settings.named_tools = vec![NamedTool { name: "mbx".to_owned(), path: mbx }];
    record_with(plan, settings, &place.path().join("logs"), &mut |_: &_| Ok(())).unwrap()
}

fn report(facts: &JobFacts) -> ToolReport {
    let scenario = scenario("of its own", "mbx", None);
    let observed = JobObservation { job: facts, scenario: &scenario };
    Tools::shipped().find("mbx").unwrap().evaluate(&observed).unwrap()
}

pub fn mbx_with_its_local_disk() -> Tried {
    let record = record_of(mbx()?, plan(vec![scenario("mbx", "mbx", None)]));
    let cold = facts(&record, "mbx", "cold");
    assert_eq!(steps(cold), [Step::Build], "it has no server");
    assert!(cold.kept_bytes.unwrap() > Bytes(1000));
    let first = report(cold);
    assert_eq!(first.outcomes.hits, 0, "{first:?}");
    assert!(first.outcomes.misses >= 3, "{first:?}");
    let unchanged = facts(&record, "mbx", "unchanged");
    assert!(unchanged.units.iter().all(|unit| !unit.fresh), "no target folder survives");
    let second = report(unchanged);
    assert_eq!((second.outcomes.hits, second.outcomes.misses), (first.outcomes.misses, 0));
    let core = report(facts(&record, "mbx", "core-signature"));
    assert!(core.outcomes.misses > 0 && core.outcomes.hits > 0, "{core:?}");
    Ok(())
}

/// Two commands write two reports, and a job's counters are the sums.
pub fn mbx_reports_each_command_of_a_job() -> Tried {
    let mut plan = plan(vec![scenario("mbx", "mbx", None)]);
    let command = |task| CargoCommand { toolchain: None, task, args: Vec::new() };
    plan.commands = [CargoTask::Check, CargoTask::Build].map(command).to_vec();
    let record = record_of(mbx()?, plan);
    let cold = facts(&record, "mbx", "cold");
    let statement = cold.statements.last().unwrap();
    assert_eq!(statement.text.matches("\"session_duration_ns\"").count(), 2);
    let units = cold.units.iter().filter(|unit| !unit.fresh).count() as u64;
    let counted = report(cold).counters;
    let looked_up = counted.sum(&[Counter::HITS, Counter::MISSES]).unwrap();
    assert!(looked_up >= units, "{looked_up} of {units}: {counted:?}");
    Ok(())
}
