//! A cache service's setting: the link to it and the limits it enforces.
//! Owns the figures' names and units; how a link behaves belongs to the cache services.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Bandwidth, Bytes, Fault, Quantity, Seconds, ServiceKind};

/// A named link between a job and a cache service.
#[derive(Clone, Debug, PartialEq)]
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
    pub per_connection: Option<Bandwidth>,
    /// Round trips that opening a connection costs (TCP and TLS handshakes).
    pub connect_round_trips: u32,
    /// How long the service itself takes before it answers a request, beside the round trip.
    pub first_byte: Seconds,
    /// Bytes that a new connection may send in its first round trip, doubled in each that follows
    /// (TCP's slow start, RFC 5681); none means that it has its full rate at once.
    pub initial_window: Option<Bytes>,
    /// How long single answers take, from the fastest (0 %) to the slowest (100 %), in place of
    /// `round_trip` and `jitter`; drawn by seeded chance, evenly between two points. Handshakes and
    /// slow start go by `round_trip` all the same. Empty where every answer takes `round_trip`.
    pub latency_quantiles: Vec<LatencyQuantile>,
}

/// A point of a distribution of latencies: so many of a hundred requests take at most so long.
///
/// As text `90%: 110 ms`:
/// ```
/// use lukewarm_model::{LatencyQuantile, Seconds};
/// let quantile: LatencyQuantile = "90%: 110 ms".parse().expect("it is one");
/// assert_eq!(quantile, LatencyQuantile { share: 0.9, latency: Seconds(0.11) });
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LatencyQuantile {
    /// The share of requests, 0 to 1.
    pub share: f64,
    /// What they take at most.
    pub latency: Seconds,
}

/// What a store has seen before the first job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StoreState {
    /// Many jobs: the folders that objects go to are there, the objects of these jobs are not.
    Used,
    /// Nothing at all.
    Virgin,
}

/// What a service enforces.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits {
    /// New entries a minute before 429; none means no limit.
    pub uploads_per_minute: Option<u32>,
    /// Reads a minute before 429; none means no limit.
    pub downloads_per_minute: Option<u32>,
    /// Bytes stored before the least recently used entries go; none means no limit.
    pub quota: Option<Bytes>,
    /// Time without use after which an entry goes; none means never.
    pub expiry: Option<Seconds>,
    /// The largest object it takes; none means no limit.
    pub largest_object: Option<Bytes>,
}

/// One emulated service, ready to start.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceSettings {
    /// Which protocol it speaks.
    pub kind: ServiceKind,
    /// The link in front of it.
    pub network: Network,
    /// What it enforces.
    pub limits: Limits,
    /// The injected faults; for a request, the first rule that fires applies.
    pub faults: Vec<Fault>,
    /// Seed of the link's jitter and of faults by chance.
    pub seed: u64,
    /// Whether the GitHub Actions cache's service v1 answers, as on GitHub Enterprise Server;
    /// GitHub.com's is gone since 2025-04-15.
    pub with_v1: bool,
}

impl ServiceSettings {
    /// A service on plain loopback, without limits or faults.
    pub fn new(kind: ServiceKind) -> ServiceSettings {
        let (network, limits) = (Network::unlimited(), Limits::default());
        ServiceSettings { kind, network, limits, faults: Vec::new(), seed: 0, with_v1: false }
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
            latency_quantiles: Vec::new(),
        }
    }

    /// What so large a share of answers takes at most, jitter left out.
    pub fn latency_at(&self, share: f64) -> Seconds {
        LatencyQuantile::at(&self.latency_quantiles, share).unwrap_or(self.round_trip)
    }

    /// What answers take on average, jitter left out.
    pub fn mean_latency(&self) -> Seconds {
        let points = &self.latency_quantiles;
        let part = |pair: &[LatencyQuantile]| {
            (pair[1].share - pair[0].share) * (pair[0].latency.0 + pair[1].latency.0) / 2.0
        };
        match points.is_empty() {
            true => self.round_trip,
            false => Seconds(points.windows(2).map(part).sum()),
        }
    }
}

impl LatencyQuantile {
    /// What so large a share takes at most, evenly between two points; none where there are none.
    pub fn at(points: &[LatencyQuantile], share: f64) -> Option<Seconds> {
        let after = points.partition_point(|point| point.share < share);
        let (last, next) = (points.last()?, points.get(after).or(points.last())?);
        let before = after.checked_sub(1).map_or(next, |before| &points[before]);
        let width = next.share - before.share;
        if width <= 0.0 || share >= last.share {
            return Some(next.latency);
        }
        let part = ((share - before.share) / width).clamp(0.0, 1.0);
        Some(Seconds(before.latency.0 + part * (next.latency.0 - before.latency.0)))
    }

    /// What is wrong with points as a distribution.
    pub fn problem(points: &[LatencyQuantile]) -> Option<String> {
        let (first, last) = (points.first()?, points.last()?);
        if (first.share, last.share) != (0.0, 1.0) {
            return Some(format!("it must go from `0%` to `100%`, not from `{first}` to `{last}`"));
        }
        points.windows(2).find_map(|pair| {
            let grows = pair[0].share < pair[1].share && pair[0].latency.0 <= pair[1].latency.0;
            (!grows).then(|| format!("`{}` behind `{}` does not grow", pair[1], pair[0]))
        })
    }

    /// What its texts look like, as a regular expression for editors.
    pub fn pattern() -> String {
        let time = Seconds::pattern();
        format!(r"^\s*[0-9]+(\.[0-9]+)?%\s*:{}", time.trim_start_matches('^'))
    }
}

/// A text that is no point of a distribution of latencies.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no share and time such as `90%: 110 ms`")]
pub struct ParseLatencyError(String);

impl FromStr for LatencyQuantile {
    type Err = ParseLatencyError;

    fn from_str(text: &str) -> Result<LatencyQuantile, ParseLatencyError> {
        let wrong = || ParseLatencyError(text.to_owned());
        let (share, latency) = text.split_once(':').ok_or_else(wrong)?;
        let percent = share.trim().strip_suffix('%').ok_or_else(wrong)?;
        let share = percent.trim().parse::<f64>().map_err(|_| wrong())? / 100.0;
        let latency: Seconds = latency.parse().map_err(|_| wrong())?;
        (0.0..=1.0).contains(&share).then_some(LatencyQuantile { share, latency }).ok_or_else(wrong)
    }
}

impl fmt::Display for LatencyQuantile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = (self.share * 1e8).round() / 1e6;
        f.pad(&format!("{percent}%: {}", self.latency))
    }
}

impl StoreState {
    /// Both, with their names in files.
    pub const ALL: [(&str, StoreState); 2] =
        [("used", StoreState::Used), ("virgin", StoreState::Virgin)];
}

impl fmt::Display for Network {
    /// The link in one phrase: `round trip 20.0 ms, 1 Gbit/s down, 1 Gbit/s up`, with what answers
    /// take where that is a distribution.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = |rate: Option<Bandwidth>| {
            rate.map_or_else(|| "unlimited".to_owned(), |rate| rate.to_string())
        };
        let answers = match self.latency_quantiles.is_empty() {
            true => String::new(),
            false => format!(
                "answers in {} (median; 99 % within {}), ",
                self.latency_at(0.5),
                self.latency_at(0.99)
            ),
        };
        let text = format!(
            "{answers}round trip {}, {} down, {} up",
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

#[cfg(test)]
mod tests {
    use super::*;

    fn points(texts: &[&str]) -> Vec<LatencyQuantile> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn a_distribution_is_even_between_its_points() {
        let latency_quantiles = points(&["0%: 40 ms", "50%: 60 ms", "99.5%: 159 ms", "100%: 1 s"]);
        let network = Network { latency_quantiles, ..Network::unlimited() };
        let at = |share| network.latency_at(share).0;
        for (share, wanted) in
            [(0.0, 0.04), (0.25, 0.05), (0.5, 0.06), (0.745, 0.109), (0.995, 0.159), (1.0, 1.0)]
        {
            assert!((at(share) - wanted).abs() < 1e-9, "{share}: {}", at(share));
        }
        let mean = 0.5 * 0.05 + 0.495 * 0.1095 + 0.005 * 0.5795;
        assert!((network.mean_latency().0 - mean).abs() < 1e-9, "{:?}", network.mean_latency());
        let plain = Network { round_trip: Seconds(0.02), ..Network::unlimited() };
        assert_eq!((plain.latency_at(0.9), plain.mean_latency()), (Seconds(0.02), Seconds(0.02)));
        assert!(network.to_string().starts_with("answers in 60.0 ms (median; 99 % within 158 ms)"));
    }

    #[test]
    fn what_is_no_distribution_is_told() {
        let problem = |texts: &[&str]| LatencyQuantile::problem(&points(texts)).unwrap_or_default();
        assert_eq!(problem(&["0%: 1 ms", "100%: 1 ms"]), "");
        assert_eq!(problem(&[]), "");
        let wanted = "it must go from `0%` to `100%`, not from `0%: 1.00 ms` to `99.9%: 2.00 ms`";
        assert_eq!(problem(&["0%: 1 ms", "99.9%: 2 ms"]), wanted);
        for later in ["50%: 4 ms", "60%: 2 ms"] {
            let told = problem(&["0%: 1 ms", "50%: 3 ms", later, "100%: 9 ms"]);
            assert!(told.ends_with("behind `50%: 3.00 ms` does not grow"), "{told}");
        }
        for text in ["90: 1 ms", "90% 1 ms", "x%: 1 ms", "101%: 1 ms", "90%: 1", "NaN%: 1 ms"] {
            let told = text.parse::<LatencyQuantile>().unwrap_err().to_string();
            assert!(told.contains("such as `90%: 110 ms`"), "{told}");
        }
    }
}
