//! Variants: a scenario with another version of its tool, or with settings that are not its
//! file's: `NAME[@VERSION][+SETTING=VALUE…]`.
//! Owns how each setting is laid onto a scenario; it must not read a file.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use lukewarm_model::{
    Bandwidth, Bytes, Fault, FaultKind, Metric, Observed, Operation, Scenario, Seconds,
    ServiceKind, Setting, SettingValue, Step, StoreState, Story, Sweep, SweepPoint,
    ToolDescription, ToolRole, When,
};

use crate::catalogue::Files;
use crate::problem::unknown;

/// A setting with its value, as it was written.
struct Choice<'a> {
    setting: Setting,
    text: &'a str,
}

/// A scenario by its name, with the version and the settings that stand behind it.
///
/// # Errors
/// Says what is not known, or does not fit the scenario.
pub fn variant(files: &Files, selected: &str) -> Result<Scenario, String> {
    let mut parts = selected.split('+');
    let named = parts.next().unwrap_or_default();
    let (name, version) = match named.split_once('@') {
        Some((name, version)) => (name, Some(version)),
        None => (named, None),
    };
    let found = files.scenarios.iter().find(|scenario| scenario.name == name);
    let known = || files.scenarios.iter().map(|it| it.name.as_str());
    let mut scenario = found.cloned().ok_or_else(|| unknown("scenario", name, known()))?;
    if let Some(version) = version {
        let tool = files.tools.iter().find(|tool| tool.name == scenario.tool.name);
        if let Some(problem) = tool.and_then(|tool| version_problem(tool, version)) {
            return Err(format!("`{selected}`: {problem}"));
        }
        scenario.tool.version = Some(version.to_owned());
    }
    for part in parts {
        let choice = choice(part).map_err(|what| format!("`{selected}`: {what}"))?;
        lay(files, &mut scenario, &choice).map_err(|what| format!("`{selected}`: {what}"))?;
    }
    scenario.name = selected.to_owned();
    Ok(scenario)
}

/// Scenarios at each value of a setting, and the sweep that says which is which. What the setting
/// says nothing to stands as it is.
///
/// # Errors
/// Says what is wrong with the setting, a value, or that it says nothing to any scenario.
pub fn swept(
    files: &Files,
    scenarios: &[String],
    setting: &str,
    values: &[String],
) -> Result<(Vec<Scenario>, Sweep), String> {
    let setting = known_setting(setting)?;
    if !setting.has_order() {
        return Err(format!("`{setting}` cannot be swept: its values have no order"));
    }
    let mut points = Vec::new();
    for text in values {
        let (at, label) = value(setting, text)?;
        points.push(SweepPoint { at, label, scenarios: BTreeMap::new() });
    }
    points.sort_by(|a, b| a.at.total_cmp(&b.at));
    points.dedup_by(|a, b| a.at == b.at);
    if points.len() < 2 {
        return Err(format!("a sweep of `{setting}` needs two values or more"));
    }
    let mut all = Vec::new();
    for name in scenarios {
        let alone = variant(files, name)?;
        if !speaks_to(files, setting, &alone) {
            all.push(alone);
            continue;
        }
        for point in &mut points {
            let label = point.label.replace(' ', "");
            let one = variant(files, &format!("{name}+{setting}={label}"))?;
            point.scenarios.insert(name.clone(), one.name.clone());
            all.push(one);
        }
    }
    if points[0].scenarios.is_empty() {
        return Err(format!("`{setting}` says nothing to {}", scenarios.join(", ")));
    }
    Ok((all, Sweep { setting, points }))
}

fn known_setting(name: &str) -> Result<Setting, String> {
    let found = Setting::ALL.into_iter().find(|setting| setting.name() == name);
    found.ok_or_else(|| unknown("setting", name, Setting::ALL.map(Setting::name)))
}

fn choice(part: &str) -> Result<Choice<'_>, String> {
    let Some((name, text)) = part.split_once('=') else {
        return Err(format!("`+{part}` is no setting such as `+round-trip=20ms`"));
    };
    Ok(Choice { setting: known_setting(name)?, text })
}

/// Whether a scenario has what a setting is about.
fn speaks_to(files: &Files, setting: Setting, scenario: &Scenario) -> bool {
    let role = files.tools.iter().find(|tool| tool.name == scenario.tool.name).map(|it| it.role);
    match setting {
        Setting::Ballast => role == Some(ToolRole::Archive),
        Setting::HitShare => scenario.service.is_some() && role == Some(ToolRole::Wrapper),
        Setting::Store => scenario.service.is_some_and(ServiceKind::has_folders),
        Setting::WithV1 => scenario.service.is_some_and(ServiceKind::has_version_1),
        _ => scenario.service.is_some(),
    }
}

/// A value in its base unit, and as people write it.
fn value(setting: Setting, text: &str) -> Result<(f64, String), String> {
    fn read<T: FromStr<Err: Display> + Display>(
        text: &str,
        number: fn(&T) -> f64,
    ) -> Result<(f64, String), String> {
        let value: T = text.parse().map_err(|error: T::Err| error.to_string())?;
        Ok((number(&value), text.trim().to_owned()))
    }
    match setting {
        Setting::Network => Ok((0.0, text.to_owned())),
        Setting::Store => store_state(text).map(|_| (0.0, text.to_owned())),
        Setting::WithV1 => {
            let flag: bool =
                text.parse().map_err(|_| format!("`{text}` is not `true` or `false`"))?;
            Ok((f64::from(u8::from(flag)), text.to_owned()))
        }
        Setting::RoundTrip | Setting::FirstByte | Setting::WriteLatency => {
            read::<Seconds>(text, |it| it.0)
        }
        Setting::Bandwidth => read::<Bandwidth>(text, |it| it.0 as f64),
        Setting::Quota | Setting::Ballast => read::<Bytes>(text, |it| it.0 as f64),
        Setting::UploadsPerMinute | Setting::DownloadsPerMinute => {
            let wrong = || format!("`{text}` is no whole number from 1 on");
            let count: u32 = text.trim().parse().map_err(|_| wrong())?;
            (count > 0).then(|| (f64::from(count), count.to_string())).ok_or_else(wrong)
        }
        Setting::HitShare => {
            let wrong = || format!("`{text}` is no share such as `80%`");
            let percent = text.trim().strip_suffix('%').ok_or_else(wrong)?;
            let share = percent.trim().parse::<f64>().map_err(|_| wrong())? / 100.0;
            (0.0..=1.0).contains(&share).then(|| (share, text.to_owned())).ok_or_else(wrong)
        }
    }
}

fn store_state(text: &str) -> Result<StoreState, String> {
    let found = StoreState::ALL.into_iter().find(|(name, _)| *name == text);
    let names = StoreState::ALL.map(|(name, _)| name);
    found.map(|(_, state)| state).ok_or_else(|| unknown("store", text, names))
}

/// Lays one setting onto a scenario.
fn lay(files: &Files, scenario: &mut Scenario, choice: &Choice<'_>) -> Result<(), String> {
    let Choice { setting, text } = *choice;
    if !speaks_to(files, setting, scenario) {
        return Err(format!("`{setting}` says nothing to scenario `{}`", scenario.name));
    }
    let (at, label) = value(setting, text)?;
    let network = |scenario: &mut Scenario, change: &dyn Fn(&mut lukewarm_model::Network)| {
        if let Some(network) = &mut scenario.network {
            change(network);
            network.name = format!("{}, {} {label}", network.name, setting.words());
        }
    };
    match setting {
        Setting::Network => {
            let known = || files.networks.iter().map(|it| it.name.as_str());
            let found = files.networks.iter().find(|network| network.name == text);
            scenario.network =
                Some(found.cloned().ok_or_else(|| unknown("network", text, known()))?);
        }
        Setting::RoundTrip => network(scenario, &|it| {
            it.round_trip = Seconds(at);
            it.jitter = Seconds(it.jitter.0.min(at));
            // Every answer takes what is asked for: a tail would be another setting.
            it.latency_quantiles.clear();
        }),
        Setting::Bandwidth => network(scenario, &|it| {
            let rate = Some(Bandwidth(at as u64)).filter(|rate| rate.0 > 0);
            (it.down, it.up) = (rate, rate);
        }),
        Setting::FirstByte => network(scenario, &|it| it.first_byte = Seconds(at)),
        Setting::WriteLatency => {
            let kind = FaultKind::Stall(Seconds(at));
            scenario.faults.push(Fault { kind, on: Some(Operation::Write), when: When::Always });
        }
        Setting::UploadsPerMinute => scenario.limits.uploads_per_minute = Some(at as u32),
        Setting::DownloadsPerMinute => scenario.limits.downloads_per_minute = Some(at as u32),
        Setting::Quota => scenario.limits.quota = Some(Bytes(at as u64)),
        Setting::Store => scenario.store = Some(store_state(text)?),
        Setting::WithV1 => scenario.with_v1 = at > 0.0,
        Setting::HitShare => scenario.faults.extend(misses(scenario.service, 1.0 - at)),
        Setting::Ballast => {
            let size = SettingValue::Size(Bytes(at as u64));
            scenario.settings.insert(setting.name().to_owned(), size);
        }
    }
    Ok(())
}

/// Reads that find nothing, though something is stored: a share of them, by seeded chance.
fn misses(service: Option<ServiceKind>, share: f64) -> Option<Fault> {
    let on = service.map_or(Operation::Read, ServiceKind::miss_operation);
    let kind = FaultKind::Status(404);
    (share > 0.0).then_some(Fault { kind, on: Some(on), when: When::Share(share) })
}

/// What is wrong with asking a tool for a version.
pub fn version_problem(tool: &ToolDescription, version: &str) -> Option<String> {
    if !tool.versioned {
        return Some(format!("tool `{}` has no versions to choose from", tool.name));
    }
    let error = semver::Version::parse(version).err()?;
    Some(format!("`{version}` is no version such as `0.10.0` ({error})"))
}

/// What a predicate looks at, `METRIC[:STEP] SCENARIO JOB`, in an experiment with these scenarios
/// and jobs.
///
/// # Errors
/// Says what is not known, or how it is written.
pub fn observed(text: &str, scenarios: &[String], story: &Story) -> Result<Observed, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [what, scenario, job] = words[..] else {
        return Err("it must be `METRIC SCENARIO JOB` or `METRIC:STEP SCENARIO JOB`".to_owned());
    };
    let (name, step) = match what.split_once(':') {
        Some((name, step)) => (name, Some(step)),
        None => (what, None),
    };
    let metric = Metric::ALL.into_iter().find(|it| it.name() == name);
    let metric = metric.ok_or_else(|| unknown("metric", name, Metric::ALL.map(Metric::name)))?;
    let step = match step {
        None => None,
        Some(name) => {
            let found = Step::ALL.into_iter().find(|it| it.name() == name);
            Some(found.ok_or_else(|| unknown("step", name, Step::ALL.map(Step::name)))?)
        }
    };
    if !scenarios.iter().any(|it| it == scenario) {
        return Err(unknown("scenario", scenario, scenarios.iter().map(String::as_str)));
    }
    if !story.jobs.iter().any(|it| it.name == job) {
        return Err(unknown("job", job, story.jobs.iter().map(|it| it.name.as_str())));
    }
    Ok(Observed { metric, step, scenario: scenario.to_owned(), job: job.to_owned() })
}
