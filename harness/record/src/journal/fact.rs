//! A line of a journal, read in one pass.
//! Owns the order in which lines are written: version, kind, data. A line in another form is none
//! of its concern: the journal reads it part by part, and says what is wrong with it.

use std::fmt;

use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::wire::{FORMAT_VERSION, v1};

/// What a line says.
pub(super) enum LineFact {
    /// What the run is.
    Run(Box<v1::RunFacts>),
    /// What a job left.
    Job(Box<v1::JobFacts>),
    /// How the run ended.
    End(Box<v1::RunEnd>),
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

/// The kinds of facts.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Run,
    Job,
    End,
}

/// The fact of a line as it is written; none where it is not as it is written.
pub(super) fn of_line(line: &[u8]) -> Option<LineFact> {
    serde_json::from_slice(line).ok()
}

impl<'de> Deserialize<'de> for LineFact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<LineFact, D::Error> {
        deserializer.deserialize_map(LineVisitor)
    }
}

struct LineVisitor;

impl<'de> Visitor<'de> for LineVisitor {
    type Value = LineFact;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a line of a journal")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<LineFact, A::Error> {
        let key = |wanted: Key, map: &mut A| match map.next_key::<Key>()? {
            Some(key) if key == wanted => Ok(()),
            _ => Err(A::Error::custom("keys in another order")),
        };
        key(Key::V, &mut map)?;
        if map.next_value::<u32>()? > FORMAT_VERSION {
            return Err(A::Error::custom("a newer version"));
        }
        key(Key::Fact, &mut map)?;
        let kind = map.next_value::<Kind>()?;
        key(Key::Data, &mut map)?;
        let fact = match kind {
            Kind::Run => LineFact::Run(map.next_value()?),
            Kind::Job => LineFact::Job(map.next_value()?),
            Kind::End => LineFact::End(map.next_value()?),
        };
        while let Some(key) = map.next_key::<Key>()? {
            if key != Key::Other {
                return Err(A::Error::custom("a key twice"));
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(fact)
    }
}
