//! What is said of one way of caching after one variation: the mark, and its evidence.
//! Owns the nouns only; `judge` decides.

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{ContentDigest, Keyword, ScenarioName};
use serde::Serialize;

/// What a way of caching did after a variation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SoundnessMark {
    /// What came out is what a build without a cache makes, and nothing was compiled in vain.
    Right,
    /// What came out is not what a build without a cache makes: something stale was reused.
    UnderKeyed,
    /// It compiled more units than builds without a cache make another output of.
    OverKeyed,
    /// Nothing can be said.
    NotTestable,
}

impl Keyword for SoundnessMark {
    const CHOICES: &'static [SoundnessMark] = &[
        SoundnessMark::Right,
        SoundnessMark::UnderKeyed,
        SoundnessMark::OverKeyed,
        SoundnessMark::NotTestable,
    ];

    fn word(self) -> &'static str {
        match self {
            SoundnessMark::Right => "right",
            SoundnessMark::UnderKeyed => "under-keyed",
            SoundnessMark::OverKeyed => "over-keyed",
            SoundnessMark::NotTestable => "not testable",
        }
    }

    fn help(self) -> &'static str {
        match self {
            SoundnessMark::Right => "the right output, and nothing was compiled in vain",
            SoundnessMark::UnderKeyed => {
                "WRONG: not the output of a build without a cache; something stale was reused"
            }
            SoundnessMark::OverKeyed => "compiled something again whose output is the same",
            SoundnessMark::NotTestable => "nothing can be said; the page has the reason",
        }
    }
}

/// One way of caching after one variation.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct SoundnessCell {
    /// The scenario.
    pub scenario: ScenarioName,
    /// The mark.
    pub mark: SoundnessMark,
    /// Why, in sentences.
    pub reasons: Vec<String>,
    /// The outputs that are wrong, or of which nobody knows whether they are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<WrongFile>,
    /// What the second job reused, by the tool's own statistics; absent where they cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reused: Option<ReusedUnits>,
    /// What its program printed; absent where none ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prints: Option<String>,
    /// What the same build did once more; absent where nobody looked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled: Option<BuiltAgain>,
}

/// Units of a job by what became of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct ReusedUnits {
    /// Units that Cargo planned.
    pub units: u64,
    /// Those that Cargo skipped.
    pub fresh: u64,
    /// Those that the cache supplied.
    pub hits: u64,
    /// Those that were compiled although the tool can cache them.
    pub misses: u64,
    /// Those that the tool cannot cache.
    pub noncacheable: u64,
}

/// What the build of a job did once more.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct BuiltAgain {
    /// Units that were not fresh.
    pub not_fresh: Vec<String>,
    /// Why, in Cargo's words.
    pub reasons: Vec<String>,
    /// Whether they are not fresh after a build without a cache either.
    pub also_uncached: bool,
}

/// An output that is not what a build without a cache makes.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct WrongFile {
    /// Its path below the target folder.
    pub path: String,
    /// The digest of what the job made; absent where it made no such file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is: Option<ContentDigest>,
    /// The digest of what a build without a cache made; absent where that makes no such file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wanted: Option<ContentDigest>,
}

impl SoundnessCell {
    /// Whether something is built again and again that a build without a cache leaves fresh.
    pub fn is_unsettled(&self) -> bool {
        self.settled.as_ref().is_some_and(|it| !it.not_fresh.is_empty() && !it.also_uncached)
    }
}
