//! The settings of a scenario that a selection may override or sweep.
//! Owns their names and the form of their values; their effect on a scenario belongs to `plan`.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A setting of a scenario that a selection may override: `NAME+SETTING=VALUE`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Setting {
    /// The network, by name. It cannot be swept: names have no order.
    Network,
    /// The link's round trip.
    RoundTrip,
    /// The link's rate in both directions.
    Bandwidth,
    /// How long the service itself takes to answer.
    FirstByte,
    /// How long the service holds an answer to a write up.
    WriteLatency,
    /// New entries a minute before 429.
    UploadsPerMinute,
    /// Reads a minute before 429.
    DownloadsPerMinute,
    /// Bytes stored before the least recently used entries go.
    Quota,
    /// The share of reads that find what is stored; the others are answered with 404, by chance.
    HitShare,
    /// Bytes that nobody needs in an archive's folder.
    Ballast,
    /// What a WebDAV store has seen before. It cannot be swept either.
    Store,
    /// Whether the GitHub Actions cache's service v1 answers. It cannot be swept either.
    WithV1,
}

impl Setting {
    /// Every setting, in the order of lists.
    pub const ALL: [Setting; 12] = [
        Setting::Network,
        Setting::RoundTrip,
        Setting::Bandwidth,
        Setting::FirstByte,
        Setting::WriteLatency,
        Setting::UploadsPerMinute,
        Setting::DownloadsPerMinute,
        Setting::Quota,
        Setting::HitShare,
        Setting::Ballast,
        Setting::Store,
        Setting::WithV1,
    ];

    /// Whether its values have an order, so that it can be swept.
    pub fn has_order(self) -> bool {
        !matches!(self, Setting::Network | Setting::Store | Setting::WithV1)
    }

    /// The name used in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Setting::Network => "network",
            Setting::RoundTrip => "round-trip",
            Setting::Bandwidth => "bandwidth",
            Setting::FirstByte => "first-byte",
            Setting::WriteLatency => "write-latency",
            Setting::UploadsPerMinute => "uploads-per-minute",
            Setting::DownloadsPerMinute => "downloads-per-minute",
            Setting::Quota => "quota",
            Setting::HitShare => "hit-share",
            Setting::Ballast => "ballast",
            Setting::Store => "store",
            Setting::WithV1 => "with-v1",
        }
    }

    /// The setting in words, for axes and sentences.
    pub fn words(self) -> &'static str {
        match self {
            Setting::Network => "network",
            Setting::RoundTrip => "round trip",
            Setting::Bandwidth => "bandwidth",
            Setting::FirstByte => "time to first byte",
            Setting::WriteLatency => "latency of a write",
            Setting::UploadsPerMinute => "uploads a minute",
            Setting::DownloadsPerMinute => "downloads a minute",
            Setting::Quota => "quota",
            Setting::HitShare => "share of reads that hit",
            Setting::Ballast => "ballast in the archive",
            Setting::Store => "store",
            Setting::WithV1 => "service v1",
        }
    }
}

impl Setting {
    /// A value in its base unit as people write it, rounded to what a sweep can tell apart.
    pub fn written(self, at: f64) -> String {
        match self {
            Setting::Network | Setting::Store | Setting::WithV1 => String::new(),
            Setting::RoundTrip | Setting::FirstByte | Setting::WriteLatency => {
                format!("{:.0} ms", at * 1e3)
            }
            Setting::Bandwidth => format!("{:.0} Mbit/s", (at / 1e6).max(1.0)),
            Setting::Quota | Setting::Ballast => format!("{:.0} MB", at / 1e6),
            Setting::UploadsPerMinute | Setting::DownloadsPerMinute => {
                format!("{:.0}", at.max(1.0))
            }
            Setting::HitShare => format!("{:.0}%", at * 100.0),
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
