//! What a build leaves running. By itself: jobs of other tests in this process would end it too.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "jobs/support.rs"]
#[allow(dead_code, reason = "each test file uses its own part")]
mod support;

use lukewarm_model::MutationKind;
use lukewarm_runner::{Event, Processes};

use support::{foreign_plan, job, manifest, record_with, settings_in};

#[test]
fn a_build_that_never_ends_is_a_failed_job_and_a_daemon_that_it_leaves_is_ended() {
    let place = tempfile::tempdir_in("/var/tmp").unwrap();
    // It asks for input, which it never gets; starts a daemon; and waits for ever the second time.
    let script = "use std::process::{Command, Stdio};\nfn main() {\n    let mut line = \
                  String::new();\n    assert_eq!(std::io::stdin().read_line(&mut line).unwrap(), \
                  0);\n    Command::new(\"setsid\").args([\"sleep\", \"96.125\"])\
                  .stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();\n    if \
                  cfg!(feature = \"slow\") {\n        \
                  std::thread::sleep(std::time::Duration::from_secs(300));\n    }\n}\n";
    let run = |manifest: &str, name: &str| {
        let files = [("Cargo.toml", manifest), ("build.rs", script), ("src/lib.rs", "")];
        let place = place.path().join(name);
        let jobs = vec![job("cold", MutationKind::None, None)];
        let plan = foreign_plan(&place, &files, "dev", jobs);
        let mut settings = settings_in(&place, &Processes::default());
        settings.job_timeout = Some(lukewarm_model::Seconds(20.0));
        record_with(plan, settings, &place.join("logs"), &mut |_: &Event| Ok(())).unwrap()
    };
    let quick = run(&manifest("quick", "[features]\nslow = []\n"), "quick");
    let [facts] = &quick.jobs[..] else { panic!("{:?}", quick.jobs) };
    assert!(facts.failure.is_none(), "{:?}", facts.failure);
    assert_eq!(facts.warnings.len(), 1, "{:?}", facts.warnings);
    assert_eq!(facts.warnings[0].what, "sleep kept running after the job and was ended");
    let slow = run(&manifest("slow", "[features]\ndefault = [\"slow\"]\nslow = []\n"), "slow");
    let [facts] = &slow.jobs[..] else { panic!("{:?}", slow.jobs) };
    let failure = facts.failure.as_ref().unwrap();
    assert!(failure.message.contains("had not ended after 20.0 s"), "{failure:?}");
    assert_eq!(failure.step, Some(lukewarm_model::Step::Build));
    assert!((20.0..60.0).contains(&facts.wall().0), "its measures are kept: {}", facts.wall());
}
