//! Scenarios, endpoints and folders for this crate's tests of recipes.

use lukewarm_model::{Access, Endpoint, Scenario, ServiceKind, SettingValue};

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
