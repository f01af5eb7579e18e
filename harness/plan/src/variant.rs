//! Variants: a scenario with another version of its tool, or with settings that differ from its
//! file. Owns the effect of each setting on a scenario; its syntax is `grammar`'s. It must not read
//! a file.

use std::collections::BTreeMap;

use lukewarm_model::{
    Bandwidth, Bytes, Fault, FaultKind, Operation, Scenario, Seconds, ServiceKind, Setting,
    SettingValue, Sweep, SweepPoint, ToolRole, When,
};

use crate::catalogue::Files;
use crate::error::GrammarError;
use crate::grammar::{
    ChosenSetting, SelectedScenario, check_version, selected_scenario, setting, store_state, value,
};

/// A scenario by its name, with the version and the settings that follow the name.
///
/// # Errors
/// When something is unknown, or does not apply to the scenario.
pub fn variant(files: &Files, selected: &str) -> Result<Scenario, GrammarError> {
    let wrong = |source: GrammarError| {
        let (selected, source) = (selected.to_owned(), Box::new(source));
        GrammarError::Scenario { selected, source }
    };
    let SelectedScenario { name, version, settings } =
        selected_scenario(selected).map_err(wrong)?;
    let found = files.scenarios.iter().find(|scenario| scenario.name == name);
    let known = || files.scenarios.iter().map(|it| it.name.as_str());
    let mut scenario =
        found.cloned().ok_or_else(|| GrammarError::unknown("scenario", name, known()))?;
    if let Some(version) = version {
        let tool = files.tools.iter().find(|tool| tool.name == scenario.tool.name);
        tool.map_or(Ok(()), |tool| check_version(tool, version)).map_err(wrong)?;
        scenario.tool.version = Some(version.to_owned());
    }
    for chosen in settings {
        apply(files, &mut scenario, &chosen).map_err(wrong)?;
    }
    scenario.name = selected.into();
    Ok(scenario)
}

/// Scenarios at each value of a setting, and the sweep that maps values to scenarios. A scenario
/// to which the setting does not apply is kept as it is.
///
/// # Errors
/// When the setting or a value is wrong, or the setting applies to no scenario.
pub fn swept(
    files: &Files,
    scenarios: &[String],
    setting: &str,
    values: &[String],
) -> Result<(Vec<Scenario>, Sweep), GrammarError> {
    let setting = self::setting(setting)?;
    if !setting.has_order() {
        return Err(GrammarError::NoOrder(setting));
    }
    let mut points = Vec::new();
    for text in values {
        let ChosenSetting { at, label, .. } = value(setting, text)?;
        points.push(SweepPoint { at, label, scenarios: BTreeMap::new() });
    }
    points.sort_by(|a, b| a.at.total_cmp(&b.at));
    points.dedup_by(|a, b| a.at == b.at);
    if points.len() < 2 {
        return Err(GrammarError::FewValues(setting));
    }
    let mut all = Vec::new();
    for name in scenarios {
        let alone = variant(files, name)?;
        if !applies_to(files, setting, &alone) {
            all.push(alone);
            continue;
        }
        for point in &mut points {
            let (at, label) = (point.at, point.label.replace(' ', ""));
            let mut one = alone.clone();
            one.name = alone.name.with(setting, &label);
            apply(files, &mut one, &ChosenSetting { setting, at, label })?;
            point.scenarios.insert(alone.name.clone(), one.name.clone());
            all.push(one);
        }
    }
    if points[0].scenarios.is_empty() {
        return Err(GrammarError::NoEffect { setting, scenarios: scenarios.join(", ") });
    }
    Ok((all, Sweep { setting, points }))
}

/// Whether a setting has an effect on a scenario.
fn applies_to(files: &Files, setting: Setting, scenario: &Scenario) -> bool {
    let tool = files.tools.iter().find(|tool| tool.name == scenario.tool.name);
    let role = tool.map(|it| it.role);
    match setting {
        Setting::Ballast => {
            tool.is_some_and(|it| it.settings.iter().any(|known| known.name == setting.name()))
        }
        Setting::HitShare => scenario.service.is_some() && role == Some(ToolRole::Wrapper),
        Setting::Store => scenario.service.is_some_and(ServiceKind::has_folders),
        Setting::WithV1 => scenario.service.is_some_and(ServiceKind::has_version_1),
        _ => scenario.service.is_some(),
    }
}

/// Applies one setting to a scenario.
fn apply(
    files: &Files,
    scenario: &mut Scenario,
    chosen: &ChosenSetting,
) -> Result<(), GrammarError> {
    let ChosenSetting { setting, at, ref label } = *chosen;
    if !applies_to(files, setting, scenario) {
        let scenarios = format!("scenario `{}`", scenario.name);
        return Err(GrammarError::NoEffect { setting, scenarios });
    }
    let network = |scenario: &mut Scenario, change: &dyn Fn(&mut lukewarm_model::Network)| {
        if let Some(network) = &mut scenario.network {
            change(network);
            network.name = format!("{}, {} {label}", network.name, setting.words());
        }
    };
    match setting {
        Setting::Network => {
            let known = || files.networks.iter().map(|it| it.name.as_str());
            let found = files.networks.iter().find(|network| network.name == *label);
            scenario.network = Some(
                found.cloned().ok_or_else(|| GrammarError::unknown("network", label, known()))?,
            );
        }
        Setting::RoundTrip => network(scenario, &|it| {
            it.round_trip = Seconds(at);
            it.jitter = Seconds(it.jitter.0.min(at));
            // Every answer takes the latency that was asked for, without a tail.
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
        Setting::Store => scenario.store = Some(store_state(label)?),
        Setting::WithV1 => scenario.with_v1 = at > 0.0,
        Setting::HitShare => scenario.faults.extend(misses(scenario.service, 1.0 - at)),
        Setting::Ballast => {
            let size = SettingValue::Size(Bytes(at as u64));
            scenario.settings.insert(setting.name().to_owned(), size);
        }
    }
    Ok(())
}

/// A seeded share of reads that miss although the entry is stored.
fn misses(service: Option<ServiceKind>, share: f64) -> Option<Fault> {
    let on = service.map_or(Operation::Read, ServiceKind::miss_operation);
    let kind = FaultKind::Status(404);
    (share > 0.0).then_some(Fault { kind, on: Some(on), when: When::Share(share) })
}
