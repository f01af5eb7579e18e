//! A scenario: one way of caching, as its file says it.
//! Owns the resolved form; reading and judging the files belongs to `plan`.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Bytes, Fault, Limits, Mtime, Network, ScenarioName, ServiceKind, StoreState, Story,
    UnstableFeature, When,
};

/// One way of caching: tool × service × network × limits, with the essay that explains it.
#[derive(Clone, Debug, PartialEq)]
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
    /// Environment variables of the tool that the scenario sets, by name.
    pub tool_env: BTreeMap<String, String>,
    /// An archive of folders that another tool keeps beside the wrapper.
    pub archive: Option<ArchiveChoice>,
    /// The store the tool talks to, where it needs one.
    pub service: Option<ServiceKind>,
    /// What a WebDAV store has seen before the first job; absent means nothing, and for other
    /// services that there is no such thing.
    pub store: Option<StoreState>,
    /// Whether the GitHub Actions cache's service v1 answers, as on GitHub Enterprise Server.
    pub with_v1: bool,
    /// The link to that store.
    pub network: Option<Network>,
    /// What that store enforces.
    pub limits: Limits,
    /// What that store makes go wrong on purpose.
    pub faults: Vec<Fault>,
    /// Whether rustc's incremental compilation is on, as Cargo has it by default, or off, as
    /// CI guides advise and sccache needs (`CARGO_INCREMENTAL`).
    pub incremental: bool,
    /// What modification times checkouts have; absent means those of the story.
    pub mtime: Option<Mtime>,
    /// Unstable features of Cargo that jobs use, by the names of `cargo -Z help`; they need a
    /// nightly toolchain. Usually empty.
    pub unstable: Vec<UnstableFeature>,
}

/// A cache tool by name, with the version that a scenario may ask for (`sccache@0.10.0`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ToolChoice {
    /// The tool's name.
    pub name: String,
    /// Exactly this version; none takes the one that is found.
    pub version: Option<String>,
}

/// An archive beside a wrapper: the tool that keeps it, with its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveChoice {
    /// The name of a tool that keeps archives.
    pub tool: String,
    /// Its settings, by the names in its description.
    pub settings: BTreeMap<String, SettingValue>,
}

/// The value of one tool setting.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SettingValue {
    /// On or off.
    Flag(bool),
    /// A size, as a number of bytes.
    Size(Bytes),
    /// A text.
    Text(String),
}

impl Scenario {
    /// A scenario of this name with a tool, its newest version, no service and no settings.
    pub fn of_tool(name: &str, tool: &str) -> Scenario {
        Scenario {
            name: name.into(),
            title: String::new(),
            essay: String::new(),
            tool: ToolChoice { name: tool.to_owned(), version: None },
            settings: BTreeMap::new(),
            tool_env: BTreeMap::new(),
            archive: None,
            service: None,
            store: None,
            with_v1: false,
            network: None,
            limits: Limits::default(),
            faults: Vec::new(),
            incremental: false,
            mtime: None,
            unstable: Vec::new(),
        }
    }

    /// What modification times its checkouts have in a story.
    pub fn mtime(&self, story: &Story) -> Mtime {
        self.mtime.unwrap_or(story.mtime)
    }

    /// Whether Cargo takes the members of a workspace for changed in every new checkout: it judges
    /// them by the times of files, which are new then, and not by checksums.
    pub fn renews_members(&self, story: &Story) -> bool {
        let by_checksum = self.unstable.contains(&UnstableFeature::ChecksumFreshness);
        self.mtime(story).is_fresh() && !by_checksum
    }

    /// A flag among the settings; absent means off.
    pub fn flag(&self, name: &str) -> bool {
        matches!(self.settings.get(name), Some(SettingValue::Flag(true)))
    }

    /// Whether it defines the same measurement as another scenario: all is equal but the name, the
    /// title and the essay.
    pub fn measures_the_same_as(&self, other: &Scenario) -> bool {
        Scenario { name: other.name.clone(), ..self.without_words() } == other.without_words()
    }

    /// The scenario without the words that explain it: two that are equal then measure the same.
    /// Shares are rounded to a millionth, since a share that was written and read again may be
    /// another in its last digit.
    pub fn without_words(&self) -> Scenario {
        let rounded = |fault: &Fault| match fault.when {
            When::Share(share) => {
                Fault { when: When::Share((share * 1e6).round() / 1e6), ..fault.clone() }
            }
            _ => fault.clone(),
        };
        let silent = |network: &Network| Network {
            title: String::new(),
            source: String::new(),
            essay: String::new(),
            ..network.clone()
        };
        Scenario {
            title: String::new(),
            essay: String::new(),
            network: self.network.as_ref().map(silent),
            faults: self.faults.iter().map(rounded).collect(),
            ..self.clone()
        }
    }
}

impl fmt::Display for ToolChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.version {
            Some(version) => write!(f, "{}@{version}", self.name),
            None => f.write_str(&self.name),
        }
    }
}
