//! A line of a journal, read: as it is written in one pass, and in another form of the same.
//! Owns the order in which lines are written: version, kind, data. Whether a line stands at its
//! place and is as it was written is the journal's to say.

use std::fmt;

use serde::Deserialize;
use serde::de::value::{self, StrDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use crate::{FORMAT_VERSION, v1};

/// What a line says.
#[derive(Debug)]
pub enum LineFact {
    /// What the run is.
    Run(Box<v1::RunFacts>),
    /// What a job left.
    Job(Box<v1::JobFacts>),
    /// How the run ended.
    End(Box<v1::RunEnd>),
}

/// The kinds of facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LineKind {
    /// What the run is.
    Run,
    /// What a job left.
    Job,
    /// How the run ended.
    End,
}

/// What every version of the format says of a line.
#[derive(Debug, Deserialize)]
pub struct LineHead {
    /// The version of its form.
    pub v: u32,
    /// The word for its kind.
    pub fact: String,
}

impl LineFact {
    /// The word for its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            LineFact::Run(_) => "run",
            LineFact::Job(_) => "job",
            LineFact::End(_) => "end",
        }
    }
}

impl LineKind {
    /// The kind that a word stands for.
    pub fn named(word: &str) -> Option<LineKind> {
        LineKind::deserialize(StrDeserializer::<value::Error>::new(word)).ok()
    }
}

/// The head of a line of any version.
///
/// # Errors
/// When it is no JSON, or has no head.
pub fn head(line: &[u8]) -> serde_json::Result<LineHead> {
    serde_json::from_slice(line)
}

/// The fact of a line that is as lines are written; none where it is not.
pub fn as_written(line: &[u8]) -> Option<LineFact> {
    read(line, LineForm::AsWritten).ok()
}

/// The fact of a line of a kind, with its keys in any order.
///
/// # Errors
/// When it is no JSON, or its data has not the form of the kind.
pub fn of_kind(kind: LineKind, line: &[u8]) -> serde_json::Result<LineFact> {
    read(line, LineForm::Of(kind))
}

fn read(line: &[u8], form: LineForm) -> serde_json::Result<LineFact> {
    let mut deserializer = serde_json::Deserializer::from_slice(line);
    let fact = form.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(fact)
}

/// The keys of a line.
#[derive(PartialEq, Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Key {
    V,
    Fact,
    Data,
    #[serde(other)]
    Other,
}

/// The form that is expected of a line.
#[derive(Clone, Copy)]
enum LineForm {
    /// The keys in the order in which they are written.
    AsWritten,
    /// Any order: what the line's own word says was looked at before.
    Of(LineKind),
}

impl<'de> DeserializeSeed<'de> for LineForm {
    type Value = LineFact;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<LineFact, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for LineForm {
    type Value = LineFact;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a line of a journal")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<LineFact, A::Error> {
        let kind = match self {
            LineForm::AsWritten => kind_as_written(&mut map)?,
            LineForm::Of(kind) => kind,
        };
        let mut fact = None;
        while let Some(key) = map.next_key::<Key>()? {
            match (key, self) {
                (Key::Data, _) if fact.is_some() => return Err(Error::duplicate_field("data")),
                (Key::Data, _) => {
                    fact = Some(match kind {
                        LineKind::Run => LineFact::Run(map.next_value()?),
                        LineKind::Job => LineFact::Job(map.next_value()?),
                        LineKind::End => LineFact::End(map.next_value()?),
                    });
                }
                (Key::V | Key::Fact, LineForm::AsWritten) => {
                    return Err(Error::custom("a key twice"));
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        fact.ok_or_else(|| Error::missing_field("data"))
    }
}

/// The kind of a line whose keys are in the order in which they are written.
fn kind_as_written<'de, A: MapAccess<'de>>(map: &mut A) -> Result<LineKind, A::Error> {
    let key = |wanted: Key, map: &mut A| match map.next_key::<Key>()? {
        Some(key) if key == wanted => Ok(()),
        _ => Err(Error::custom("keys in another order")),
    };
    key(Key::V, map)?;
    if map.next_value::<u32>()? > FORMAT_VERSION {
        return Err(Error::custom("a newer version"));
    }
    key(Key::Fact, map)?;
    map.next_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATA: &str = r#"{"ended":"2026-11-23T04:01:00Z","stopped":null,
        "time":{"measured":1.5,"laying":0.25,"own":0.125},"warnings":[]}"#;

    /// A line with these keys in this order.
    fn line(keys: &[&str]) -> Vec<u8> {
        let part = |key: &&str| match *key {
            "v" => r#""v":1"#.to_owned(),
            "fact" => r#""fact":"end""#.to_owned(),
            "data" => format!(r#""data":{DATA}"#),
            other => format!(r#""{other}":[{{"data":"of somebody else"}}]"#),
        };
        format!("{{{}}}\n", keys.iter().map(part).collect::<Vec<_>>().join(",")).into_bytes()
    }

    fn measured(fact: LineFact) -> f64 {
        let LineFact::End(end) = fact else { panic!("{fact:?}") };
        end.time.measured.0
    }

    #[test]
    fn a_line_is_read_as_it_is_written_and_with_its_keys_in_any_order() {
        for keys in [&["v", "fact", "data"][..], &["v", "fact", "data", "sum"]] {
            assert_eq!(measured(as_written(&line(keys)).unwrap()), 1.5, "{keys:?}");
        }
        for keys in [&["data", "fact", "v"][..], &["more", "v", "data", "sum", "fact"]] {
            let line = line(keys);
            assert!(as_written(&line).is_none(), "{keys:?}");
            assert_eq!(head(&line).unwrap().fact, "end", "{keys:?}");
            assert_eq!(measured(of_kind(LineKind::End, &line).unwrap()), 1.5, "{keys:?}");
        }
    }

    #[test]
    fn a_line_without_data_with_two_or_with_more_behind_it_is_none() {
        let behind = [line(&["v", "fact", "data"]), b"{}".to_vec()].concat();
        for line in [line(&["v", "fact"]), line(&["v", "fact", "data", "data"]), behind] {
            assert!(as_written(&line).is_none());
            let error = of_kind(LineKind::End, &line).unwrap_err().to_string();
            assert!(["missing", "duplicate", "trailing"].iter().any(|it| error.contains(it)));
        }
        assert!(as_written(&line(&["v", "fact", "data", "v"])).is_none());
        let newer = String::from_utf8(line(&["v", "fact", "data"])).unwrap().replace(":1,", ":2,");
        assert!(as_written(newer.as_bytes()).is_none());
        assert_eq!(head(newer.as_bytes()).unwrap().v, 2);
        let wrong = of_kind(LineKind::Job, &line(&["v", "fact", "data"])).unwrap_err();
        assert!(wrong.to_string().contains("missing field `case`"), "{wrong}");
    }
}
