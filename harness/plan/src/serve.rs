//! One service on its own: what was asked for, resolved and judged.
//! Owns no service; starting one is `cache-services`'.

use lukewarm_model::{Fault, Limits, Network, ServiceKind, ServiceSettings};

use crate::catalogue::Files;
use crate::problem::{Problem, Problems, unknown};
use crate::select::DEFAULT_SEED;

/// What is to be served.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceSelection {
    /// The protocol.
    pub kind: ServiceKind,
    /// The network in front of it, by name; none is plain loopback.
    pub network: Option<String>,
    /// What it enforces.
    pub limits: Limits,
    /// What it makes go wrong, as it was typed.
    pub faults: Vec<String>,
    /// Seed of jitter and of faults by chance.
    pub seed: Option<u64>,
    /// Whether the GitHub Actions cache's service v1 answers.
    pub with_v1: bool,
}

/// Resolves a service. The project's files are needed for the name of a network only.
///
/// # Errors
/// Names every problem of the selection.
pub fn service(
    files: Option<&Files>,
    wanted: &ServiceSelection,
) -> Result<ServiceSettings, Problems> {
    let mut problems = Vec::new();
    let mut problem = |place: &str, what: String| {
        problems.push(Problem { place: place.to_owned(), what });
    };
    let networks = files.map_or(&[][..], |files| &files.networks);
    let network = match &wanted.network {
        None => Network::unlimited(),
        Some(name) => networks.iter().find(|it| it.name == *name).cloned().unwrap_or_else(|| {
            let known = networks.iter().map(|network| network.name.as_str());
            problem("--network", unknown("network", name, known));
            Network::unlimited()
        }),
    };
    let limits = &wanted.limits;
    for (place, rate) in [
        ("--uploads-per-minute", limits.uploads_per_minute),
        ("--downloads-per-minute", limits.downloads_per_minute),
    ] {
        if rate == Some(0) {
            problem(place, "0 admits nothing: 1 or more".to_owned());
        }
    }
    for (place, size) in [("--quota", limits.quota), ("--largest-object", limits.largest_object)] {
        if size.is_some_and(|size| size.0 == 0) {
            problem(place, "0 bytes hold nothing: leave it out where there is no limit".to_owned());
        }
    }
    if limits.expiry.is_some_and(|time| time.0 <= 0.0) {
        problem("--expiry", "entries that expire at once are none: more than 0".to_owned());
    }
    let mut faults: Vec<Fault> = Vec::new();
    for text in &wanted.faults {
        match text.parse::<Fault>() {
            Ok(fault) => faults.push(fault),
            Err(error) => problem("--fault", error.to_string()),
        }
    }
    if wanted.with_v1 && !wanted.kind.has_version_1() {
        problem("--with-v1", format!("`{}` has no service v1: leave it out", wanted.kind));
    }
    if !problems.is_empty() {
        return Err(Problems(problems));
    }
    let seed = wanted.seed.unwrap_or(DEFAULT_SEED);
    let quota = limits.quota.or(wanted.kind.usual_quota());
    let limits = Limits { quota, ..limits.clone() };
    let (kind, with_v1) = (wanted.kind, wanted.with_v1);
    Ok(ServiceSettings { kind, network, limits, faults, seed, with_v1 })
}

#[cfg(test)]
mod tests {
    use lukewarm_model::{Bytes, Seconds};

    use super::*;

    #[test]
    fn every_problem_is_named_at_once() {
        let wanted = ServiceSelection {
            kind: ServiceKind::WEBDAV,
            network: Some("slwo".to_owned()),
            limits: Limits {
                uploads_per_minute: Some(0),
                quota: Some(Bytes(0)),
                expiry: Some(Seconds(0.0)),
                ..Limits::default()
            },
            faults: vec!["503".to_owned(), "boom".to_owned()],
            seed: None,
            with_v1: true,
        };
        let problems = service(None, &wanted).unwrap_err().0;
        let places: Vec<&str> = problems.iter().map(|problem| problem.place.as_str()).collect();
        let wanted =
            ["--network", "--uploads-per-minute", "--quota", "--expiry", "--fault", "--with-v1"];
        assert_eq!(places, wanted);
    }

    #[test]
    fn nothing_asked_is_plain_loopback() {
        let wanted = ServiceSelection {
            kind: ServiceKind::GITHUB_ACTIONS,
            network: None,
            limits: Limits::default(),
            faults: vec!["flip=1%".to_owned()],
            seed: Some(7),
            with_v1: false,
        };
        let settings = service(None, &wanted).unwrap();
        assert_eq!((settings.network, settings.seed), (Network::unlimited(), 7));
        assert_eq!(settings.faults, ["flip=1%".parse().unwrap()]);
        assert_eq!(settings.limits.quota, Some(Bytes(10_000_000_000)), "as GitHub has it");
        let limits = Limits { quota: Some(Bytes(5)), ..Limits::default() };
        let smaller = ServiceSelection { limits, ..wanted.clone() };
        assert_eq!(service(None, &smaller).unwrap().limits.quota, Some(Bytes(5)));
        let webdav = ServiceSelection { kind: ServiceKind::WEBDAV, ..wanted };
        assert_eq!(service(None, &webdav).unwrap().limits.quota, None);
    }
}
