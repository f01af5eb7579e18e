//! A scenario in a plan.
//! Owns its form, with that of its tool, archive, service, network and limits.

use std::collections::BTreeMap;

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{
    Bandwidth, Bytes, Fault, Mtime, Operation, ScenarioName, Seconds, SettingValue, StoreState,
    UnstableFeature,
};
use serde::{Deserialize, Deserializer, Serialize};

use super::earlier;
use crate::mirrors;

/// One way of caching: tool × service × network × limits, with the essay that explains it.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Scenario {
    /// The file's stem, as it is selected.
    pub name: ScenarioName,
    /// One line for lists and tables.
    pub title: String,
    /// Why it exists and how to read its result, in Markdown.
    pub essay: String,
    /// What the job runs.
    pub tool: ToolChoice,
    /// Settings of the tool, by the names in its description.
    pub settings: BTreeMap<String, SettingValue>,
    /// Environment variables of the tool that the scenario sets, by name; absent where it sets
    /// none, and in records of versions in which none could be set.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tool_env: BTreeMap<String, String>,
    /// An archive of folders that another tool keeps beside the wrapper; absent where there is
    /// none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive: Option<ArchiveChoice>,
    /// The store the tool talks to, where it needs one.
    pub service: Option<ServiceKind>,
    /// What a WebDAV store has seen before the first job. Absent for other services, and in
    /// records from before there was a choice: virgin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<StoreState>,
    /// Whether the GitHub Actions cache's service v1 answers, as on GitHub Enterprise Server;
    /// absent means that it does not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub with_v1: bool,
    /// The link to that store.
    pub network: Option<Network>,
    /// What that store enforces.
    pub limits: Limits,
    /// What that store makes go wrong on purpose; absent means nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
    /// Whether rustc's incremental compilation is on, as Cargo has it by default, or off, as
    /// CI guides advise and sccache needs (`CARGO_INCREMENTAL`).
    pub incremental: bool,
    /// What modification times checkouts have; absent means those of the story.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mtime: Option<Mtime>,
    /// Unstable features of Cargo that jobs use, by Cargo's names; absent means none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unstable: Vec<UnstableFeature>,
}

/// A cache tool by name, with the version that a scenario may ask for (`sccache@0.10.0`).
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct ToolChoice {
    /// The tool's name.
    pub name: String,
    /// Exactly this version; none takes the one that is found.
    pub version: Option<String>,
}

/// An archive beside a wrapper: the tool that keeps it, with its settings.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct ArchiveChoice {
    /// The name of a tool that keeps archives.
    pub tool: String,
    /// Its settings, by the names in its description.
    pub settings: BTreeMap<String, SettingValue>,
}

/// The remote store that a cache tool talks to: its protocol's name, or all that follows from it
/// where the name does not say that.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ServiceKind {
    /// A kind that every lukewarm knows, or a plain store of objects.
    Name(String),
    /// Any other, with what it means for a cache.
    Whole(ServiceDescription),
}

/// What a kind of service means for whoever stores in it. What is absent is not so.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct ServiceDescription {
    /// The name used in files, in records and on the command line.
    pub name: String,
    /// Whether entries belong to a branch or pull request.
    #[serde(default)]
    pub scopes_by_ref: bool,
    /// Whether the real service lets entries go that nobody used for long.
    #[serde(default)]
    pub expires_unused: bool,
    /// What a client does to learn that an entry is missing.
    pub miss_operation: Operation,
    /// Whether entries lie in folders that a client looks for and makes.
    #[serde(default)]
    pub has_folders: bool,
    /// Whether it can answer an older version of its protocol too.
    #[serde(default)]
    pub has_version_1: bool,
    /// Bytes that the real service keeps where nobody asks for more; none means no limit.
    #[serde(default)]
    pub usual_quota: Option<Bytes>,
}

/// A named link between a job and a cache service.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Network {
    /// The file's stem, as it is selected.
    pub name: String,
    /// One line for lists.
    pub title: String,
    /// Where the figures come from; those without a source say that they are an assumption.
    pub source: String,
    /// Why this link exists and how to read results over it, in Markdown.
    pub essay: String,
    /// Time from a request's last byte sent to its answer's first byte, added by the link.
    pub round_trip: Seconds,
    /// Largest deviation of a single round trip, uniform around `round_trip`, seeded.
    pub jitter: Seconds,
    /// Rate from service to job, shared by all connections; none means unlimited.
    pub down: Option<Bandwidth>,
    /// Rate from job to service, shared by all connections; none means unlimited.
    pub up: Option<Bandwidth>,
    /// Rate of one connection in each direction, below the shared ones; absent means no such cap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_connection: Option<Bandwidth>,
    /// Round trips that opening a connection costs (TCP and TLS handshakes).
    pub connect_round_trips: u32,
    /// How long the service itself takes before it answers a request, beside the round trip;
    /// absent means no time.
    #[serde(default, skip_serializing_if = "Seconds::is_zero")]
    pub first_byte: Seconds,
    /// Bytes that a new connection may send in its first round trip, doubled in each that follows
    /// (TCP's slow start, RFC 5681); absent means that it has its full rate at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial_window: Option<Bytes>,
    /// How long single answers take, from the fastest (0 %) to the slowest (100 %), in place of
    /// `round_trip` and `jitter`; drawn by seeded chance, evenly between two points. Handshakes and
    /// slow start go by `round_trip` all the same. Absent where every answer takes `round_trip`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub latency_quantiles: Vec<LatencyQuantile>,
}

/// A point of a distribution of latencies: so many of a hundred requests take at most so long.
#[derive(Clone, Copy, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct LatencyQuantile {
    /// The share of requests, 0 to 1.
    pub share: f64,
    /// What they take at most.
    pub latency: Seconds,
}

/// What a service enforces.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Limits {
    /// New entries a minute before 429; none means no limit.
    pub uploads_per_minute: Option<u32>,
    /// Reads a minute before 429; none means no limit.
    pub downloads_per_minute: Option<u32>,
    /// Bytes stored before the least recently used entries go; none means no limit.
    pub quota: Option<Bytes>,
    /// Time without use after which an entry goes; absent means never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry: Option<Seconds>,
    /// The largest object it takes; absent means no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub largest_object: Option<Bytes>,
}

mirrors! {
    Scenario {
        name, title, essay, tool: into, settings, tool_env, archive: option, service: option,
        store, with_v1, network: option, limits: into, faults, incremental, mtime, unstable,
    }
    ToolChoice { name, version }
    ArchiveChoice { tool, settings }
    Network {
        name, title, source, essay, round_trip, jitter, down, up, per_connection,
        connect_round_trips, first_byte, initial_window, latency_quantiles: list,
    }
    LatencyQuantile { share, latency }
    Limits { uploads_per_minute, downloads_per_minute, quota, expiry, largest_object }
}

impl<'de> Deserialize<'de> for ArchiveChoice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ArchiveChoice, D::Error> {
        let it = earlier::RecordedArchive::deserialize(deserializer)?;
        let (tool, settings) = it.tool_and_settings();
        Ok(ArchiveChoice { tool, settings })
    }
}

impl From<lukewarm_model::ServiceKind> for ServiceKind {
    fn from(kind: lukewarm_model::ServiceKind) -> ServiceKind {
        let lukewarm_model::ServiceDescription {
            name,
            scopes_by_ref,
            expires_unused,
            miss_operation,
            has_folders,
            has_version_1,
            usual_quota,
        } = kind.description().clone();
        if lukewarm_model::ServiceKind::named(name).description() == kind.description() {
            return ServiceKind::Name(name.to_owned());
        }
        ServiceKind::Whole(ServiceDescription {
            name: name.to_owned(),
            scopes_by_ref,
            expires_unused,
            miss_operation,
            has_folders,
            has_version_1,
            usual_quota,
        })
    }
}

impl From<ServiceKind> for lukewarm_model::ServiceKind {
    fn from(kind: ServiceKind) -> lukewarm_model::ServiceKind {
        let ServiceDescription {
            name,
            scopes_by_ref,
            expires_unused,
            miss_operation,
            has_folders,
            has_version_1,
            usual_quota,
        } = match kind {
            ServiceKind::Name(name) => return lukewarm_model::ServiceKind::named(&name),
            ServiceKind::Whole(whole) => whole,
        };
        let described = |name| lukewarm_model::ServiceDescription {
            name,
            scopes_by_ref,
            expires_unused,
            miss_operation,
            has_folders,
            has_version_1,
            usual_quota,
        };
        lukewarm_model::ServiceKind::described(&name, described)
    }
}

#[cfg(test)]
mod tests {
    use lukewarm_model::ServiceKind as Kind;

    use super::*;

    fn read(text: &str) -> Kind {
        serde_json::from_str::<ServiceKind>(text).unwrap().into()
    }

    fn written(kind: Kind) -> String {
        serde_json::to_string(&ServiceKind::from(kind)).unwrap()
    }

    #[test]
    fn a_name_stands_for_what_records_of_earlier_versions_mean_by_it() {
        let github = read(r#""github-actions""#);
        assert!(github.scopes_by_ref() && github.miss_operation() == Operation::Lookup);
        assert!(read(r#""webdav""#).has_folders());
        let other = read(r#""of-tomorrow""#);
        let ordinary = lukewarm_model::ServiceDescription::ordinary("of-tomorrow");
        assert_eq!(*other.description(), ordinary);
        for kind in [github, Kind::WEBDAV, other] {
            assert_eq!(written(kind), format!("\"{kind}\""));
        }
        let again = read(r#""of-tomorrow""#);
        assert!(std::ptr::eq(again.description(), other.description()), "kept once");
    }

    #[test]
    fn what_a_name_does_not_say_is_recorded_with_it() {
        static SCOPED: lukewarm_model::ServiceDescription = lukewarm_model::ServiceDescription {
            scopes_by_ref: true,
            usual_quota: Some(Bytes(5)),
            ..lukewarm_model::ServiceDescription::ordinary("scoped")
        };
        let text = written(Kind::new(&SCOPED));
        let kind = read(&text);
        assert_eq!(*kind.description(), SCOPED, "{text}");
        assert_eq!(written(kind), text);
    }
}
