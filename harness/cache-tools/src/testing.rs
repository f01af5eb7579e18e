//! Scenarios, endpoints and folders for this crate's tests of recipes, and jobs that built the
//! sample `tiny` with what a tool printed of them.

use lukewarm_model::{
    Access, Attempt, Case, Endpoint, JobFacts, Moment, Scenario, ServiceKind, SettingValue,
    Timestamp, ToolStatement, UnitFact, UnitKind,
};

use crate::{Compression, Folders, JobContext};

pub(crate) fn scenario(tool: &str, settings: &[(&str, SettingValue)]) -> Scenario {
    let settings = settings.iter().map(|(n, v)| ((*n).to_owned(), v.clone())).collect();
    Scenario { settings, ..lukewarm_testing::scenario(tool, tool) }
}

pub(crate) fn endpoint(kind: ServiceKind) -> Endpoint {
    Endpoint::with_token(kind, "http://127.0.0.1:4000", "token")
}

/// An endpoint with a pair of keys instead of a token.
pub(crate) fn signed(kind: ServiceKind) -> Endpoint {
    let text = |text: &str| text.to_owned();
    let access = Access::Keys {
        bucket: text("bucket"),
        region: text("region"),
        access_key: text("access"),
        secret_key: text("secret"),
    };
    Endpoint { access, ..endpoint(kind) }
}

pub(crate) fn folders() -> Folders {
    Folders {
        checkout: "/scratch/checkout".into(),
        cargo_home: "/scratch/cargo-home".into(),
        kept: "/scratch/kept".into(),
        temporary: "/scratch/temporary".into(),
    }
}

pub(crate) fn context<'a>(
    scenario: &'a Scenario,
    service: Option<&'a Endpoint>,
    folders: &'a Folders,
) -> JobContext<'a> {
    JobContext {
        scenario,
        program: None,
        service,
        version: None,
        socket: None,
        port: 4226,
        folders,
        git_ref: None,
        lock_hash: "abc123",
        serial: 7,
        compression: Compression::Zstd,
    }
}

/// A job of a scenario that built the six units of the sample `tiny`, with these statements.
pub(crate) fn tiny_job(
    scenario: &str,
    name: &str,
    statements: impl IntoIterator<Item = (Moment, String)>,
) -> JobFacts {
    let kinds = [
        UnitKind::BuildScript,
        UnitKind::Lib,
        UnitKind::ProcMacro,
        UnitKind::Lib,
        UnitKind::Lib,
        UnitKind::Bin,
    ];
    let unit = |kind| UnitFact {
        package: "tally".to_owned(),
        target: "tally".to_owned(),
        kind,
        external: false,
        fresh: false,
    };
    let statement = |(moment, text)| ToolStatement { moment, text };
    let attempt = Attempt { iteration: 1, position: 1, repeat: 0 };
    let case = Case::new("tiny", scenario);
    let mut job = JobFacts::new(case, name.into(), attempt, Timestamp::default());
    job.units = kinds.map(unit).to_vec();
    job.statements = statements.into_iter().map(statement).collect();
    job
}

/// What a tool, such as `kache/2.0.0`, printed of a job.
pub(crate) fn printed(tool: &str, job: &str, moment: Moment) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata");
    let path = format!("{folder}/{tool}/{job}-{moment}.json");
    std::fs::read_to_string(&path).expect(&path)
}
