//! A cache service's setting: its kind, the link to it and the limits it enforces.
//! Owns the figures' names and units; how a link behaves belongs to the cache services.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Bandwidth, Bytes, Fault, Seconds};

/// The remote store that a cache tool talks to.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceKind {
    /// The GitHub Actions cache, service v2.
    GithubActions,
    /// A WebDAV server.
    Webdav,
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
    /// Rate of one connection in each direction, below the shared ones; none means no such cap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_connection: Option<Bandwidth>,
    /// Round trips that opening a connection costs (TCP and TLS handshakes).
    pub connect_round_trips: u32,
    /// How long the service itself takes before it answers a request, beside the round trip.
    #[serde(default, skip_serializing_if = "Seconds::is_zero")]
    pub first_byte: Seconds,
    /// Bytes that a new connection may send in its first round trip, doubled in each that follows
    /// (TCP's slow start, RFC 5681); none means that it has its full rate at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial_window: Option<Bytes>,
}

/// What a service enforces.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Limits {
    /// New entries a minute before 429; none means no limit.
    pub uploads_per_minute: Option<u32>,
    /// Reads a minute before 429; none means no limit.
    pub downloads_per_minute: Option<u32>,
    /// Bytes stored before the least recently used entries go; none means no limit.
    pub quota: Option<Bytes>,
    /// Time without use after which an entry goes; none means never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry: Option<Seconds>,
    /// The largest object it takes; none means no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub largest_object: Option<Bytes>,
}

/// One emulated service, ready to start.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct ServiceSettings {
    /// Which protocol it speaks.
    pub kind: ServiceKind,
    /// The link in front of it.
    pub network: Network,
    /// What it enforces.
    pub limits: Limits,
    /// What it makes go wrong on purpose; the first rule that strikes a request is the one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
    /// Seed of the link's jitter and of faults by chance.
    pub seed: u64,
    /// Whether the GitHub Actions cache's service v1 answers, as on GitHub Enterprise Server;
    /// GitHub.com's is gone since 2025-04-15.
    #[serde(default)]
    pub with_v1: bool,
}

impl ServiceSettings {
    /// A service on plain loopback, without limits or faults.
    pub fn new(kind: ServiceKind) -> ServiceSettings {
        let (network, limits) = (Network::unlimited(), Limits::default());
        ServiceSettings { kind, network, limits, faults: Vec::new(), seed: 0, with_v1: false }
    }
}

impl ServiceKind {
    /// Every kind, in the order of lists.
    pub const ALL: [ServiceKind; 2] = [ServiceKind::GithubActions, ServiceKind::Webdav];

    /// The name used in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            ServiceKind::GithubActions => "github-actions",
            ServiceKind::Webdav => "webdav",
        }
    }
}

impl fmt::Display for ServiceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Network {
    /// A link that adds nothing: no delay, no rate.
    pub fn unlimited() -> Network {
        Network {
            name: "unlimited".to_owned(),
            title: "Loopback as it is".to_owned(),
            source: String::new(),
            essay: String::new(),
            round_trip: Seconds(0.0),
            jitter: Seconds(0.0),
            down: None,
            up: None,
            per_connection: None,
            connect_round_trips: 0,
            first_byte: Seconds(0.0),
            initial_window: None,
        }
    }
}

impl fmt::Display for Network {
    /// The link in one phrase: `round trip 20.0 ms, 1 Gbit/s down, 1 Gbit/s up`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = |rate: Option<Bandwidth>| {
            rate.map_or_else(|| "unlimited".to_owned(), |rate| rate.to_string())
        };
        let text = format!(
            "round trip {}, {} down, {} up",
            self.round_trip,
            rate(self.down),
            rate(self.up)
        );
        f.pad(&text)
    }
}

impl fmt::Display for Limits {
    /// The limits in one phrase: `200 uploads a minute, 10.0 GB quota`, or `no limits`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let phrases: Vec<String> = [
            self.uploads_per_minute.map(|n| format!("{n} uploads a minute")),
            self.downloads_per_minute.map(|n| format!("{n} downloads a minute")),
            self.quota.map(|bytes| format!("{bytes} quota")),
            self.expiry.map(|time| format!("unused entries go after {time}")),
            self.largest_object.map(|bytes| format!("objects up to {bytes}")),
        ]
        .into_iter()
        .flatten()
        .collect();
        f.pad(&if phrases.is_empty() { "no limits".to_owned() } else { phrases.join(", ") })
    }
}
