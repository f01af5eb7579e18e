//! The small languages of selections and claims: `NAME[@VERSION][+SETTING=VALUE…]`,
//! `SETTING=VALUE,VALUE…`, `METRIC[:STEP] SCENARIO JOB`, and `TOOL[@VERSION]`. Owns how texts are
//! taken apart and which words are known; `harness/docs/reference/grammar.md` says the same for
//! people. What a setting does to a scenario is `variant`'s.

use std::str::FromStr;

use lukewarm_model::{
    ALL_JOBS, Bandwidth, Bytes, Metric, Observed, ParseUnitError, Seconds, Setting, Step,
    StoreState, Story, ToolDescription,
};

use crate::error::GrammarError;

/// A scenario as it is selected.
#[derive(Debug, PartialEq)]
pub struct SelectedScenario<'a> {
    /// The scenario's name.
    pub name: &'a str,
    /// The version of its tool, where one is asked for.
    pub version: Option<&'a str>,
    /// Settings that are not its file's, in the order in which they were written.
    pub settings: Vec<ChosenSetting>,
}

/// A setting with its value.
#[derive(Debug, PartialEq)]
pub struct ChosenSetting {
    /// Which setting.
    pub setting: Setting,
    /// The value in the setting's base unit; 0 for a name or a word.
    pub at: f64,
    /// The value as people write it.
    pub label: String,
}

/// Takes `NAME[@VERSION][+SETTING=VALUE…]` apart.
///
/// # Errors
/// Says which setting or value is not known.
pub fn selected_scenario(text: &str) -> Result<SelectedScenario<'_>, GrammarError> {
    let mut parts = text.split('+');
    let (name, version) = name_and_version(parts.next().unwrap_or_default());
    let settings = parts.map(chosen_setting).collect::<Result<_, _>>()?;
    Ok(SelectedScenario { name, version, settings })
}

/// Takes `NAME[@VERSION]` apart.
pub fn name_and_version(text: &str) -> (&str, Option<&str>) {
    match text.split_once('@') {
        Some((name, version)) => (name, Some(version)),
        None => (text, None),
    }
}

/// Whether a tool can be asked for a version.
///
/// # Errors
/// When the tool has no versions, or this is none.
pub fn check_version(tool: &ToolDescription, version: &str) -> Result<(), GrammarError> {
    if !tool.versioned {
        return Err(GrammarError::Unversioned(tool.name.to_owned()));
    }
    let wrong = |source| GrammarError::Version { version: version.to_owned(), source };
    semver::Version::parse(version).map(drop).map_err(wrong)
}

/// Takes `SETTING=VALUE,VALUE…` apart.
///
/// # Errors
/// Says how it is written.
pub fn sweep(text: &str) -> Result<(&str, Vec<String>), GrammarError> {
    let wrong = || GrammarError::form(text, "sweep such as `round-trip=0ms,20ms,80ms`");
    let (setting, values) = text.split_once('=').ok_or_else(wrong)?;
    Ok((setting, values.split(',').map(|it| it.trim().to_owned()).collect()))
}

/// A setting by its name.
///
/// # Errors
/// Names the nearest where it is not known.
pub fn setting(name: &str) -> Result<Setting, GrammarError> {
    let found = Setting::ALL.into_iter().find(|setting| setting.name() == name);
    found.ok_or_else(|| GrammarError::unknown("setting", name, Setting::ALL.map(Setting::name)))
}

fn chosen_setting(part: &str) -> Result<ChosenSetting, GrammarError> {
    let Some((name, text)) = part.split_once('=') else {
        let text = format!("+{part}");
        return Err(GrammarError::form(&text, "setting such as `+round-trip=20ms`"));
    };
    value(setting(name)?, text)
}

/// A setting with the value that a text says.
///
/// # Errors
/// Says what the value must look like.
pub fn value(setting: Setting, text: &str) -> Result<ChosenSetting, GrammarError> {
    let (at, label) = match setting {
        Setting::Network => (0.0, text.to_owned()),
        Setting::Store => store_state(text).map(|_| (0.0, text.to_owned()))?,
        Setting::WithV1 => {
            let flag: bool = text.parse().map_err(|_| GrammarError::Flag(text.to_owned()))?;
            (f64::from(u8::from(flag)), text.to_owned())
        }
        Setting::RoundTrip | Setting::FirstByte | Setting::WriteLatency => {
            quantity::<Seconds>(text, |it| it.0)?
        }
        Setting::Bandwidth => quantity::<Bandwidth>(text, |it| it.0 as f64)?,
        Setting::Quota | Setting::Ballast => quantity::<Bytes>(text, |it| it.0 as f64)?,
        Setting::UploadsPerMinute | Setting::DownloadsPerMinute => {
            let wrong = || GrammarError::form(text, "whole number from 1 on");
            let count: u32 = text.trim().parse().map_err(|_| wrong())?;
            (count > 0).then(|| (f64::from(count), count.to_string())).ok_or_else(wrong)?
        }
        Setting::HitShare => {
            let wrong = || GrammarError::form(text, "share such as `80%`");
            let percent = text.trim().strip_suffix('%').ok_or_else(wrong)?;
            let share = percent.trim().parse::<f64>().map_err(|_| wrong())? / 100.0;
            let is_share = (0.0..=1.0).contains(&share);
            is_share.then(|| (share, text.to_owned())).ok_or_else(wrong)?
        }
    };
    Ok(ChosenSetting { setting, at, label })
}

/// A value in its base unit, and as it was written.
fn quantity<T: FromStr<Err = ParseUnitError>>(
    text: &str,
    number: fn(&T) -> f64,
) -> Result<(f64, String), GrammarError> {
    let value: T = text.parse()?;
    Ok((number(&value), text.trim().to_owned()))
}

/// What a store has seen before, by its word.
///
/// # Errors
/// Names the words.
pub fn store_state(text: &str) -> Result<StoreState, GrammarError> {
    let found = StoreState::ALL.into_iter().find(|(name, _)| *name == text);
    let names = StoreState::ALL.map(|(name, _)| name);
    found.map(|(_, state)| state).ok_or_else(|| GrammarError::unknown("store", text, names))
}

/// What a predicate looks at, `METRIC[:STEP] SCENARIO JOB`, in an experiment with these scenarios
/// and jobs.
///
/// # Errors
/// Says what is not known, or how it is written.
pub fn observed(text: &str, scenarios: &[String], story: &Story) -> Result<Observed, GrammarError> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [what, scenario, job] = words[..] else {
        return Err(GrammarError::Observed);
    };
    let (name, step) = match what.split_once(':') {
        Some((name, step)) => (name, Some(step)),
        None => (what, None),
    };
    let metric = Metric::ALL.into_iter().find(|it| it.name() == name);
    let metric = metric
        .ok_or_else(|| GrammarError::unknown("metric", name, Metric::ALL.map(Metric::name)))?;
    let step =
        match step {
            None => None,
            Some(name) => {
                let found = Step::ALL.into_iter().find(|it| it.name() == name);
                Some(found.ok_or_else(|| {
                    GrammarError::unknown("step", name, Step::ALL.map(Step::name))
                })?)
            }
        };
    if !scenarios.iter().any(|it| it == scenario) {
        return Err(GrammarError::unknown(
            "scenario",
            scenario,
            scenarios.iter().map(String::as_str),
        ));
    }
    let sums = job == ALL_JOBS;
    if sums && !metric.adds_up() {
        return Err(GrammarError::NoSum(metric));
    }
    if !sums && !story.jobs.iter().any(|it| it.name == job) {
        return Err(GrammarError::unknown(
            "job",
            job,
            story.jobs.iter().map(|it| it.name.as_str()).chain([ALL_JOBS]),
        ));
    }
    Ok(Observed { metric, step, scenario: scenario.into(), job: job.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selected_scenario_is_taken_apart() {
        let selected = selected_scenario("a@0.10.0+network=slow+hit-share=80%").unwrap();
        assert_eq!((selected.name, selected.version), ("a", Some("0.10.0")));
        let settings: Vec<(Setting, f64, &str)> =
            selected.settings.iter().map(|it| (it.setting, it.at, it.label.as_str())).collect();
        let wanted = [(Setting::Network, 0.0, "slow"), (Setting::HitShare, 0.8, "80%")];
        assert_eq!(settings, wanted);
        let plain = SelectedScenario { name: "a", version: None, settings: Vec::new() };
        assert_eq!(selected_scenario("a").unwrap(), plain);
    }

    #[test]
    fn a_quantity_of_all_jobs_is_one_that_adds_up() {
        let text = String::new;
        let (title, essay, mtime) = (text(), text(), lukewarm_model::Mtime::Fresh);
        let story = Story { name: text(), title, essay, mtime, jobs: Vec::new() };
        let of = |text: &str| observed(text, &["a".to_owned()], &story);
        assert_eq!(of("wall a all-jobs").unwrap().to_string(), "wall a all-jobs");
        let error = of("stored_bytes a all-jobs").unwrap_err().to_string();
        assert!(error.contains("`stored_bytes`") && error.contains("adds up"), "{error}");
        let error = of("wall a all-job").unwrap_err().to_string();
        assert!(error.contains("did you mean `all-jobs`"), "{error}");
    }

    #[test]
    fn a_sweep_is_a_setting_and_its_values() {
        let values = ["0ms", "20ms"].map(str::to_owned).to_vec();
        assert_eq!(sweep("round-trip=0ms, 20ms").unwrap(), ("round-trip", values));
        assert!(sweep("round-trip").unwrap_err().to_string().contains("is not a sweep such as"));
    }

    #[test]
    fn what_a_sweep_writes_is_read_again() {
        for setting in Setting::ALL.into_iter().filter(|it| it.has_order()) {
            let written = setting.written(0.5);
            let label = written.replace(' ', "");
            let read = value(setting, &label).unwrap();
            assert_eq!((read.setting, read.label), (setting, label));
        }
    }
}
