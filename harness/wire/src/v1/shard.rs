//! Shards, and the parts of a merged record, in the line `run`.
//! Owns their form.

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{StopReason, Timestamp};
use serde::{Deserialize, Serialize};

use super::end::MachinePace;
use super::host::{Host, Warning};
use crate::mirrors;

/// One of several machines that share the blocks of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Shard {
    /// Which one, from 1 to `count`.
    pub index: u32,
    /// How many there are.
    pub count: u32,
}

/// What one machine measured in one sitting, of a record that was merged from several.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct PartFacts {
    /// The id of the record that was merged.
    pub run: String,
    /// Which shard it was; absent for a whole run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// The machine.
    pub host: Host,
    /// When it began by the clock of its machine, RFC 3339 in UTC.
    pub started: Timestamp,
    /// When it ended by the same clock; absent when it was cut off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// Why it ended before its blocks were done, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<StopReason>,
    /// How fast the machine was; absent where no job was measured, or the record was cut off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pace: Option<MachinePace>,
    /// What made numbers worse when it began and while it ran.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

mirrors! {
    Shard { index, count }
    PartFacts {
        run, shard: option, host: into, started, ended, stopped, pace: option, warnings: list,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v1::{JobFacts, RunFacts};

    #[test]
    fn an_ordinary_record_says_nothing_of_shards_and_a_merged_one_comes_back() {
        let plain = lukewarm_testing::run_facts(&lukewarm_testing::plan(&[], &[], 2));
        let text = serde_json::to_string(&RunFacts::from(plain.clone())).unwrap();
        assert!(!["shard", "first_block", "parts"].iter().any(|it| text.contains(it)), "{text}");
        let job = lukewarm_model::JobFacts::new(
            lukewarm_model::Case::new("cli", "none"),
            "cold".into(),
            lukewarm_model::Attempt { iteration: 1, position: 4, repeat: 0 },
            plain.started,
        );
        let text = serde_json::to_string(&JobFacts::from(job.clone())).unwrap();
        assert!(!text.contains("\"part\""), "{text}");

        let shard = lukewarm_model::Shard { index: 2, count: 4 };
        let part = lukewarm_model::PartFacts {
            run: "two".to_owned(),
            shard: Some(shard),
            host: lukewarm_model::Host::default(),
            started: plain.started,
            ended: None,
            stopped: Some(StopReason::Cancelled),
            pace: None,
            warnings: vec![lukewarm_model::Warning::new("noisy", "be quiet")],
        };
        let run = lukewarm_model::RunFacts {
            shard: Some(shard),
            first_block: Some(11),
            parts: vec![part],
            ..plain
        };
        let text = serde_json::to_string(&RunFacts::from(run.clone())).unwrap();
        assert!(text.contains(r#""shard":{"index":2,"count":4}"#), "{text}");
        let read: RunFacts = serde_json::from_str(&text).unwrap();
        assert_eq!(lukewarm_model::RunFacts::from(read), run);
        let job = lukewarm_model::JobFacts { part: Some(3), ..job };
        let text = serde_json::to_string(&JobFacts::from(job.clone())).unwrap();
        let read: JobFacts = serde_json::from_str(&text).unwrap();
        assert_eq!(lukewarm_model::JobFacts::from(read), job);
    }
}
