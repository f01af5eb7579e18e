//! Small plans for the tests of this crate.

use lukewarm_model::{
    Case, Change, Expected, FORMAT_VERSION, Host, JobSpec, Limits, Mtime, Mutation, Order, Origin,
    Plan, Priming, RunFacts, SampleWorkspace, Scenario, Stopping, Story, ToolChoice,
};

pub fn workspace(name: &str, mutations: &[(Change, &str)]) -> SampleWorkspace {
    let mutation = |(change, patch): &(Change, &str)| Mutation {
        kind: change.kind,
        place: change.place,
        package: name.to_owned(),
        patch: (*patch).to_owned(),
    };
    SampleWorkspace {
        name: name.to_owned(),
        title: String::new(),
        essay: String::new(),
        folder: "/no/such/workspace".into(),
        origin: Origin::Sample,
        typical_build: None,
        expected: Expected::default(),
        verify: None,
        mutations: mutations.iter().map(mutation).collect(),
        reuse: Vec::new(),
    }
}

pub fn scenario(name: &str, tool: &str) -> Scenario {
    Scenario {
        name: name.to_owned(),
        title: String::new(),
        essay: String::new(),
        tool: ToolChoice { name: tool.to_owned(), version: None },
        settings: Default::default(),
        tool_env: Default::default(),
        archive: None,
        service: None,
        store: None,
        with_v1: false,
        network: None,
        limits: Limits::default(),
        faults: Vec::new(),
        incremental: false,
    }
}

pub fn plan(scenarios: &[&str], jobs: &[&str], iterations: u32) -> Plan {
    let job = |name: &&str| JobSpec { name: (*name).to_owned(), change: Change::NONE };
    let case = |scenario: &&str| Case {
        id: format!("w/{scenario}"),
        scenario: (*scenario).to_owned(),
        workspace: "w".to_owned(),
    };
    Plan {
        name: "test".to_owned(),
        seed: 1,
        scenarios: scenarios.iter().map(|name| scenario(name, "none")).collect(),
        workspaces: vec![workspace("w", &[])],
        story: Story {
            name: "test".to_owned(),
            title: String::new(),
            essay: String::new(),
            mtime: Mtime::Fresh,
            jobs: jobs.iter().map(job).collect(),
        },
        cases: scenarios.iter().map(case).collect(),
        reference: None,
        twin: None,
        iterations,
        priming: Priming::Separate,
        stopping: Stopping::Fixed,
        order: Order::Interleaved,
        prime_every: None,
        pairs: Vec::new(),
        budget: None,
        cargo_profile: "dev".to_owned(),
        sweep: None,
    }
}

/// The facts of a run of a plan, on no machine.
pub fn run_facts(plan: &Plan) -> RunFacts {
    RunFacts {
        format: FORMAT_VERSION,
        id: "test".to_owned(),
        started: String::new(),
        lukewarm: String::new(),
        executable: None,
        command: Vec::new(),
        plan: plan.clone(),
        host: Host::default(),
        toolchains: Default::default(),
        tools: Default::default(),
        sources: Default::default(),
        configuration: Default::default(),
        warnings: Vec::new(),
    }
}
