//! What earlier versions recorded otherwise under the same format, and what it meant.
//! Owns these differences: everything that is only ever read. A field that earlier versions did not
//! know at all is optional where it stands, with what its absence means.

use std::collections::BTreeMap;

use lukewarm_model::{Counter, SettingValue};
use serde::{Deserialize, Deserializer};

/// The one wrapper that there was when records named no tool beside a figure of a wrapper.
const ONLY_WRAPPER: &str = "sccache";

/// The one tool that kept archives when records named none.
const ONLY_ARCHIVE: &str = "actions-cache";

/// What a build from nothing must look like, with the two figures of the only wrapper that stood
/// beside the others.
#[derive(Deserialize)]
pub(super) struct RecordedExpected {
    pub units: Option<u64>,
    pub registry_units: Option<u64>,
    #[serde(default)]
    tools: BTreeMap<String, BTreeMap<String, u64>>,
    cacheable_units: Option<u64>,
    wrapper_requests: Option<u64>,
}

impl RecordedExpected {
    /// Counters by tool, those of the only wrapper among them.
    pub fn tools(self) -> BTreeMap<String, BTreeMap<String, u64>> {
        let mut tools = self.tools;
        let earlier = [
            (Counter::CACHEABLE_UNITS, self.cacheable_units),
            (Counter::REQUESTS, self.wrapper_requests),
        ];
        for (counter, count) in earlier {
            let Some(count) = count else { continue };
            let tool = tools.entry(ONLY_WRAPPER.to_owned()).or_default();
            tool.insert(counter.name().to_owned(), count);
        }
        tools
    }
}

/// Hits by tool: one number of the only wrapper, or none.
#[derive(Deserialize)]
#[serde(untagged)]
enum RecordedHits {
    Earlier(Option<u64>),
    ByTool(BTreeMap<String, u64>),
}

/// Reads the units that each wrapper hits.
pub(super) fn hits<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, u64>, D::Error> {
    Ok(match RecordedHits::deserialize(deserializer)? {
        RecordedHits::ByTool(hits) => hits,
        RecordedHits::Earlier(hits) => {
            hits.into_iter().map(|hits| (ONLY_WRAPPER.to_owned(), hits)).collect()
        }
    })
}

/// An archive beside a wrapper: only its settings, without the tool.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum RecordedArchive {
    Named { tool: String, settings: BTreeMap<String, SettingValue> },
    Earlier(BTreeMap<String, SettingValue>),
}

impl RecordedArchive {
    /// The tool's name, and its settings.
    pub fn tool_and_settings(self) -> (String, BTreeMap<String, SettingValue>) {
        match self {
            RecordedArchive::Named { tool, settings } => (tool, settings),
            RecordedArchive::Earlier(settings) => (ONLY_ARCHIVE.to_owned(), settings),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v1::{ArchiveChoice, Expected, Reuse};

    #[test]
    fn figures_of_earlier_records_are_those_of_the_one_wrapper_that_there_was() {
        let text = r#"{"units":41,"registry_units":30,"cacheable_units":33,"wrapper_requests":45}"#;
        let recorded: Expected = serde_json::from_str(text).unwrap();
        let written = serde_json::to_string(&recorded).unwrap();
        assert_eq!(serde_json::from_str::<Expected>(&written).unwrap(), recorded);
        let expected = lukewarm_model::Expected::from(recorded);
        assert_eq!((expected.units, expected.registry_units), (Some(41), Some(30)));
        assert_eq!(expected.counter("sccache", Counter::REQUESTS), Some(45));
        assert_eq!(expected.counter("sccache", Counter::CACHEABLE_UNITS), Some(33));
        assert_eq!(expected.counter("another", Counter::REQUESTS), None);
        let nothing = r#"{"units":null,"registry_units":null,"cacheable_units":null}"#;
        let nothing = serde_json::from_str::<Expected>(nothing).unwrap();
        assert_eq!(lukewarm_model::Expected::from(nothing), Default::default());
    }

    #[test]
    fn hits_of_earlier_records_are_those_of_the_one_wrapper_that_there_was() {
        let read = |hit: &str| {
            let text = format!(r#"{{"change":{{"kind":"none","place":null}},{hit}"fresh":3}}"#);
            serde_json::from_str::<Reuse>(&text).unwrap().hit
        };
        assert_eq!(read(r#""hit":33,"#), BTreeMap::from([("sccache".to_owned(), 33)]));
        assert_eq!(read(r#""hit":{"other":4},"#), BTreeMap::from([("other".to_owned(), 4)]));
        assert_eq!([r#""hit":null,"#, ""].map(read), [BTreeMap::new(), BTreeMap::new()]);
    }

    #[test]
    fn an_archive_of_an_earlier_record_is_that_of_the_one_tool_that_there_was() {
        let read = |text: &str| serde_json::from_str::<ArchiveChoice>(text).unwrap();
        let earlier = read(r#"{"key":"rolling","ballast":5}"#);
        assert_eq!((earlier.tool.as_str(), earlier.settings.len()), ("actions-cache", 2));
        let written = serde_json::to_string(&ArchiveChoice { tool: "other".to_owned(), ..earlier });
        let now = read(&written.unwrap());
        assert_eq!((now.tool.as_str(), now.settings.len()), ("other", 2));
        assert_eq!(read("{}").tool, "actions-cache");
    }
}
