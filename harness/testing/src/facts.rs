//! Small nouns for tests: one place that names every field, so that a new one is one edit. A test
//! says what it is about and takes the rest from here.
//! Owns nothing that a run would write.

use lukewarm_model::{
    Allocation, Case, Change, Expected, Host, JobSpec, Mtime, Mutation, Order, Origin, Plan,
    Priming, RunFacts, SampleWorkspace, Scenario, Stopping, Story, Timestamp,
};

/// A sample of this name, with a patch for each of these changes to the package of its name.
pub fn workspace(name: &str, mutations: &[(Change, &str)]) -> SampleWorkspace {
    let mutation = |(change, patch): &(Change, &str)| Mutation {
        kind: change.kind,
        place: change.place,
        package: name.to_owned(),
        patch: (*patch).to_owned(),
    };
    SampleWorkspace {
        name: name.into(),
        title: String::new(),
        essay: String::new(),
        folder: "/no/such/workspace".into(),
        origin: Origin::Sample,
        changes: Default::default(),
        include: Vec::new(),
        typical_build: None,
        expected: Expected::default(),
        verify: None,
        mutations: mutations.iter().map(mutation).collect(),
        reuse: Vec::new(),
        variation: None,
        packages: Vec::new(),
    }
}

/// A scenario of this name with a tool, its newest version, no service and no settings.
pub fn scenario(name: &str, tool: &str) -> Scenario {
    Scenario::of_tool(name, tool)
}

/// A story of these jobs, none of which changes anything.
pub fn story(jobs: &[&str]) -> Story {
    let job = |name: &&str| JobSpec::alone(*name, Change::NONE);
    Story {
        name: "test".to_owned(),
        title: String::new(),
        essay: String::new(),
        mtime: Mtime::Fresh,
        jobs: jobs.iter().map(job).collect(),
    }
}

/// A plan of the workspace `w` under these scenarios, none of which caches anything: cases
/// `w/SCENARIO`, a separate first pass, and so many iterations without looks.
pub fn plan(scenarios: &[&str], jobs: &[&str], iterations: u32) -> Plan {
    let case = |scenario: &&str| Case::new("w", *scenario);
    Plan {
        name: "test".to_owned(),
        seed: 1,
        scenarios: scenarios.iter().map(|name| scenario(name, "none")).collect(),
        workspaces: vec![workspace("w", &[])],
        story: story(jobs),
        cases: scenarios.iter().map(case).collect(),
        reference: None,
        twin: None,
        iterations,
        priming: Priming::Separate,
        stopping: Stopping::Fixed,
        allocation: Allocation::Even,
        order: Order::Interleaved,
        prime_every: None,
        pairs: Vec::new(),
        budget: None,
        cargo_profile: "dev".to_owned(),
        commands: Vec::new(),
        settings_file: None,
        sweep: None,
        runner: None,
    }
}

/// The facts of a run of a plan, on no machine and at no time.
pub fn run_facts(plan: &Plan) -> RunFacts {
    RunFacts {
        id: "test".to_owned(),
        started: Timestamp::default(),
        lukewarm: String::new(),
        executable: None,
        command: Vec::new(),
        plan: plan.clone(),
        decided_by: None,
        host: Host::default(),
        toolchains: Default::default(),
        tools: Default::default(),
        sources: Default::default(),
        variables: Default::default(),
        configuration: Default::default(),
        edits: Default::default(),
        warnings: Vec::new(),
        shard: None,
        first_block: None,
        parts: Vec::new(),
    }
}
