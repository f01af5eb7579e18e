//! What names a workspace, a scenario, a job and a case. Owns what a scenario's name is made of
//! and how a case is written. A name is cheap to clone; its text is for people, paths of reports
//! and records, and is taken apart only where it is read.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::ops::Deref;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Setting;
use crate::schema::written_as_text;

/// The name of a workspace of a plan.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkspaceName(Arc<str>);

/// The name of a job of a story: `cold`, `unchanged`, `leaf-body`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobName(Arc<str>);

/// The name of a scenario of a plan: that of its file, with what is not as in the file.
#[derive(Clone)]
pub struct ScenarioName(Arc<ScenarioParts>);

/// What a scenario's name is made of, beside the text that follows from it.
struct ScenarioParts {
    /// `BASE[@VERSION][+SETTING=VALUE…]`, and behind it [`AGAIN`] for the reference's twin.
    text: Box<str>,
    base: Box<str>,
    version: Option<Box<str>>,
    overrides: Vec<SettingOverride>,
}

/// A setting of a scenario that is not as its file has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SettingOverride {
    /// Which setting.
    pub setting: Setting,
    /// Its value, as it was written.
    pub value: String,
}

/// One case of a plan: how a workspace's jobs cache. Story, cargo profile and command are the
/// plan's, and the same for all of its cases.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Case {
    /// What is built.
    pub workspace: WorkspaceName,
    /// How it caches.
    pub scenario: ScenarioName,
}

/// A text that names no case.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a case: one is called `<workspace>/<scenario>`")]
pub struct ParseCaseError(String);

/// What stands behind the reference's name in that of its twin.
const AGAIN: &str = "-again";

impl ScenarioName {
    /// The name of a file's scenario with another version of its tool, and with settings that are
    /// not its file's.
    pub fn new(base: &str, version: Option<&str>, overrides: Vec<SettingOverride>) -> ScenarioName {
        let mut text = base.to_owned();
        if let Some(version) = version {
            text.extend(["@", version]);
        }
        for SettingOverride { setting, value } in &overrides {
            text.extend(["+", setting.name(), "=", value]);
        }
        let (base, version) = (base.into(), version.map(Box::from));
        ScenarioName(Arc::new(ScenarioParts { text: text.into(), base, version, overrides }))
    }

    /// The name of the scenario's file.
    pub fn base(&self) -> &str {
        &self.0.base
    }

    /// The version of its tool, where it is not the file's.
    pub fn version(&self) -> Option<&str> {
        self.0.version.as_deref()
    }

    /// The settings that are not its file's, in the order in which they were written.
    pub fn overrides(&self) -> &[SettingOverride] {
        &self.0.overrides
    }

    /// The same with one more setting.
    pub fn with(&self, setting: Setting, value: &str) -> ScenarioName {
        let mut overrides = self.0.overrides.clone();
        overrides.push(SettingOverride { setting, value: value.to_owned() });
        ScenarioName::new(self.base(), self.version(), overrides)
    }

    /// The name of a scenario that is this one once more (A/A). That it is one is the plan's to
    /// say; its name is only unlike the other's.
    pub fn again(&self) -> ScenarioName {
        let ScenarioParts { text, base, version, overrides } = &*self.0;
        let (base, version, overrides) = (base.clone(), version.clone(), overrides.clone());
        let text = format!("{text}{AGAIN}").into();
        ScenarioName(Arc::new(ScenarioParts { text, base, version, overrides }))
    }
}

/// Reads a name. What is not `BASE[@VERSION][+SETTING=VALUE…]` is all base: whoever needs a name
/// of that form refuses it.
impl From<&str> for ScenarioName {
    fn from(text: &str) -> ScenarioName {
        let mut parts = text.split('+');
        let first = parts.next().unwrap_or_default();
        let (base, version) = match first.split_once('@') {
            Some((base, version)) => (base, Some(version)),
            None => (first, None),
        };
        let setting = |part: &str| {
            let (name, value) = part.split_once('=')?;
            let setting = Setting::ALL.into_iter().find(|it| it.name() == name)?;
            Some(SettingOverride { setting, value: value.to_owned() })
        };
        match parts.map(setting).collect::<Option<Vec<_>>>() {
            Some(overrides) => ScenarioName::new(base, version, overrides),
            None => ScenarioName::new(text, None, Vec::new()),
        }
    }
}

impl Deref for ScenarioName {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0.text
    }
}

impl PartialEq for ScenarioName {
    fn eq(&self, other: &ScenarioName) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || **self == **other
    }
}

impl Eq for ScenarioName {}

impl PartialOrd for ScenarioName {
    fn partial_cmp(&self, other: &ScenarioName) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ScenarioName {
    fn cmp(&self, other: &ScenarioName) -> std::cmp::Ordering {
        (**self).cmp(&**other)
    }
}

impl std::hash::Hash for ScenarioName {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

macro_rules! from_text {
    ($($name:ident),+) => {$(
        impl From<&str> for $name {
            fn from(text: &str) -> $name {
                $name(text.into())
            }
        }

        impl Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }
    )+};
}

macro_rules! name {
    ($($name:ident),+) => {$(
        written_as_text!($name);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                self
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> $name {
                text.as_str().into()
            }
        }

        impl From<&String> for $name {
            fn from(text: &String) -> $name {
                text.as_str().into()
            }
        }

        impl From<&$name> for String {
            fn from(name: &$name) -> String {
                name.as_str().to_owned()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                self
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                **self == *other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                **self == **other
            }
        }

        impl PartialEq<$name> for str {
            fn eq(&self, other: &$name) -> bool {
                *self == **other
            }
        }

        impl PartialEq<$name> for &str {
            fn eq(&self, other: &$name) -> bool {
                **self == **other
            }
        }

        impl PartialEq<String> for $name {
            fn eq(&self, other: &String) -> bool {
                **self == **other
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&**self, f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                Cow::<str>::deserialize(deserializer).map(|text| (*text).into())
            }
        }

        impl<W: crate::text::WayOut> crate::text::Part<W> for $name {
            fn add(&self, into: &mut crate::text::Safe<W>) {
                (&**self).add(into);
            }
        }
    )+};
}

from_text!(WorkspaceName, JobName);
name!(WorkspaceName, JobName, ScenarioName);

impl Case {
    /// A case of a workspace and a scenario.
    pub fn new(workspace: impl Into<WorkspaceName>, scenario: impl Into<ScenarioName>) -> Case {
        Case { workspace: workspace.into(), scenario: scenario.into() }
    }
}

impl FromStr for Case {
    type Err = ParseCaseError;

    /// Reads `<workspace>/<scenario>`; only the scenario may have a `/` in it.
    fn from_str(text: &str) -> Result<Case, ParseCaseError> {
        let parts = text.split_once('/').ok_or_else(|| ParseCaseError(text.to_owned()))?;
        Ok(Case::new(parts.0, parts.1))
    }
}

impl PartialEq<str> for Case {
    fn eq(&self, other: &str) -> bool {
        let rest = other.strip_prefix(&*self.workspace).and_then(|it| it.strip_prefix('/'));
        rest == Some(&*self.scenario)
    }
}

impl PartialEq<&str> for Case {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl PartialEq<String> for Case {
    fn eq(&self, other: &String) -> bool {
        *self == **other
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/{}", self.workspace, self.scenario))
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_string(), f)
    }
}

written_as_text!(Case);

/// As a text, `<workspace>/<scenario>`.
impl Serialize for Case {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Case {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Case, D::Error> {
        Cow::<str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenarios_name_is_made_of_its_parts_and_read_into_them() {
        for (text, base, version, settings) in [
            ("none", "none", None, &[][..]),
            ("sccache-webdav@0.10.0", "sccache-webdav", Some("0.10.0"), &[]),
            (
                "sccache-webdav@0.10.0+bandwidth=100Mbit/s+quota=5 MB",
                "sccache-webdav",
                Some("0.10.0"),
                &[(Setting::Bandwidth, "100Mbit/s"), (Setting::Quota, "5 MB")],
            ),
            // What is not of the form is all base.
            ("a+nothing=1", "a+nothing=1", None, &[]),
            ("a+quota", "a+quota", None, &[]),
            ("", "", None, &[]),
        ] {
            let name = ScenarioName::from(text);
            let found: Vec<_> =
                name.overrides().iter().map(|it| (it.setting, it.value.as_str())).collect();
            assert_eq!((name.base(), name.version(), &found[..]), (base, version, settings));
            assert_eq!(name.to_string(), text);
            let json = serde_json::to_string(&name).unwrap();
            assert_eq!(json, serde_json::to_string(text).unwrap());
            assert_eq!(serde_json::from_str::<ScenarioName>(&json).unwrap(), name);
        }
        let name = ScenarioName::from("a@1").with(Setting::Quota, "5MB");
        assert_eq!(name, "a@1+quota=5MB");
        let again = name.again();
        assert_eq!(
            (again.as_str(), again.base(), again.version()),
            ("a@1+quota=5MB-again", "a", Some("1"))
        );
    }

    #[test]
    fn a_case_is_written_as_it_was_read() {
        let case: Case = "cli/sccache+bandwidth=100Mbit/s".parse().unwrap();
        assert_eq!((case.workspace.as_str(), case.scenario.base()), ("cli", "sccache"));
        assert_eq!(case.to_string(), "cli/sccache+bandwidth=100Mbit/s");
        assert!(case == "cli/sccache+bandwidth=100Mbit/s" && case != "cli/sccache");
        let json = serde_json::to_string(&case).unwrap();
        assert_eq!(serde_json::from_str::<Case>(&json).unwrap(), case);
        assert!("cli".parse::<Case>().unwrap_err().to_string().starts_with("`cli` is not a case"));
    }
}
