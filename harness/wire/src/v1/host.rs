//! The machine of a record, and what made its numbers worse.
//! Owns their form, which the lines `run`, `job` and `end` share.

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{Bytes, PageCache};
use serde::{Deserialize, Serialize};

use crate::mirrors;

/// The machine that a run was made on.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Host {
    /// The CPU's model name.
    pub cpu: String,
    /// Logical processors that the process may use.
    pub cores: u32,
    /// Physical memory.
    pub memory: Bytes,
    /// Kernel name and release.
    pub kernel: String,
    /// The distribution's own name.
    pub system: String,
    /// Type of the filesystem that holds the scratch folder.
    pub filesystem: String,
    /// Load average of one minute when the run began.
    pub load: f64,
    /// What else holds a machine's speed in place; absent in records that knew nothing of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<HostDetails>,
}

/// What holds a machine's speed in place, beside its parts.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct HostDetails {
    /// Whether files of the scratch folder can share blocks, as was tried there; absent where it
    /// could not be tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reflinks: Option<bool>,
    /// Whether the filesystem of the scratch folder keeps a journal; absent where it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal: Option<bool>,
    /// Processors that the control group grants, where it grants fewer than there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processor_limit: Option<f64>,
    /// Memory that the control group grants, where it grants less than there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_limit: Option<Bytes>,
    /// What the machine is simulated by, `none` where by nothing; absent where nobody says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub virtualisation: Option<String>,
    /// Driver and governor of the CPU's frequency, its upper bound, and whether it may be boosted;
    /// absent where the system does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency_policy: Option<String>,
    /// What the page cache holds when a job begins.
    pub page_cache: PageCache,
}

/// Something that makes numbers worse, with advice; stored with the result.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Warning {
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub advice: String,
}

mirrors! {
    Host { cpu, cores, memory, kernel, system, filesystem, load, details: option }
    HostDetails {
        reflinks, journal, processor_limit, memory_limit, virtualisation, frequency_policy,
        page_cache,
    }
    Warning { what, advice }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_without_details_is_read_and_written_as_it_was() {
        let older = concat!(
            r#"{"cpu":"Fast One","cores":4,"memory":8000000000,"kernel":"","system":"","#,
            r#""filesystem":"","load":0.1}"#
        );
        let read: Host = serde_json::from_str(older).unwrap();
        assert_eq!(read.details, None);
        assert_eq!(serde_json::to_string(&read).unwrap(), older);
        let known = lukewarm_model::HostDetails {
            reflinks: Some(true),
            journal: Some(false),
            frequency_policy: Some("governor performance".to_owned()),
            ..lukewarm_model::HostDetails::default()
        };
        let host = lukewarm_model::Host { details: Some(known), ..read.into() };
        let again = serde_json::to_string(&Host::from(host.clone())).unwrap();
        assert_eq!(lukewarm_model::Host::from(serde_json::from_str::<Host>(&again).unwrap()), host);
    }
}
