//! Why a run ended before its plan was done, or with fewer iterations than its most.
//! Owns the reasons and how records write them: as text that people read, and that comes back as
//! the same reason.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Seconds;
use crate::schema::written_as_text;

/// Why a run ended before its plan was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum StopReason {
    /// The user stopped it.
    Cancelled,
    /// The cases follow each other, and the budget had no room for one of the iterations.
    Budget(NoRoom),
    /// Its process was killed: the record has no end.
    CutOff,
    /// It could not go on: what went wrong, in one line. Any other text of a record, too.
    Error(String),
}

/// Why fewer iterations than a plan's most were enough.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum EnoughReason {
    /// Every comparison was decided at a look.
    Decided {
        /// The iterations before that look.
        iterations: u32,
    },
    /// The budget had no room for one more iteration of all cases.
    Budget(NoRoom),
    /// What had not been decided before was measured in as many iterations as the plan allows.
    Most {
        /// The iterations of the plan.
        iterations: u32,
    },
    /// Any other text of a record.
    Other(String),
}

/// An iteration that was not begun, since it would not have ended within the budget.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoRoom {
    /// The budget.
    pub budget: Seconds,
    /// The iteration.
    pub iteration: u32,
}

written_as_text!(StopReason, EnoughReason);

const CANCELLED: &str = "cancelled";
const CUT_OFF: &str = "cut off";
const DECIDED: [&str; 2] = ["all was decided after ", " iterations"];
const MOST: [&str; 2] = ["what was not decided before had all ", " iterations of the plan"];
const NO_ROOM: [&str; 2] = ["the budget of ", " has no room for iteration "];

impl NoRoom {
    /// The reason that a text of a record gives; none where it gives another, or where the text
    /// would not be the same again.
    fn read(text: &str) -> Option<NoRoom> {
        let (budget, iteration) = text.strip_prefix(NO_ROOM[0])?.split_once(NO_ROOM[1])?;
        let read = NoRoom { budget: time(budget)?, iteration: iteration.parse().ok()? };
        (read.to_string() == text).then_some(read)
    }
}

/// A time as texts have it, `1 h 05 min` or `90 s`: to the digits of the text.
fn time(text: &str) -> Option<Seconds> {
    let words: Vec<&str> = text.split(' ').collect();
    let part = |pair: &[&str]| {
        let &[number, unit] = pair else { return None };
        let factor = match unit {
            "h" => 3600.0,
            "min" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            _ => return None,
        };
        Some(Seconds(number.parse::<f64>().ok()? * factor))
    };
    words.chunks(2).map(part).sum()
}

impl From<String> for StopReason {
    fn from(text: String) -> StopReason {
        match NoRoom::read(&text) {
            _ if text == CANCELLED => StopReason::Cancelled,
            _ if text == CUT_OFF => StopReason::CutOff,
            Some(why) => StopReason::Budget(why),
            None => StopReason::Error(text),
        }
    }
}

impl From<StopReason> for String {
    fn from(reason: StopReason) -> String {
        match reason {
            StopReason::Error(text) => text,
            reason => reason.to_string(),
        }
    }
}

impl From<String> for EnoughReason {
    fn from(text: String) -> EnoughReason {
        let between = |words: [&str; 2]| {
            text.strip_prefix(words[0])?.strip_suffix(words[1])?.parse::<u32>().ok()
        };
        let read = NoRoom::read(&text).map(EnoughReason::Budget);
        let read = read
            .or_else(|| Some(EnoughReason::Decided { iterations: between(DECIDED)? }))
            .or_else(|| Some(EnoughReason::Most { iterations: between(MOST)? }));
        read.filter(|it| it.to_string() == text).unwrap_or(EnoughReason::Other(text))
    }
}

impl From<EnoughReason> for String {
    fn from(reason: EnoughReason) -> String {
        match reason {
            EnoughReason::Other(text) => text,
            reason => reason.to_string(),
        }
    }
}

impl fmt::Display for NoRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}{}", NO_ROOM[0], self.budget, NO_ROOM[1], self.iteration)
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StopReason::Cancelled => f.write_str(CANCELLED),
            StopReason::CutOff => f.write_str(CUT_OFF),
            StopReason::Budget(why) => why.fmt(f),
            StopReason::Error(text) => f.write_str(text),
        }
    }
}

impl fmt::Display for EnoughReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EnoughReason::Decided { iterations } => {
                write!(f, "{}{iterations}{}", DECIDED[0], DECIDED[1])
            }
            EnoughReason::Budget(why) => why.fmt(f),
            EnoughReason::Most { iterations } => write!(f, "{}{iterations}{}", MOST[0], MOST[1]),
            EnoughReason::Other(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_come_back_from_their_texts() {
        let room = NoRoom { budget: Seconds(600.0), iteration: 7 };
        let stopped = |text: &str| StopReason::from(text.to_owned());
        let said = StopReason::Budget(room).to_string();
        assert!(said.ends_with("has no room for iteration 7"), "{said}");
        assert_eq!(stopped(&said), StopReason::Budget(room));
        assert_eq!(stopped("cancelled"), StopReason::Cancelled);
        assert_eq!(stopped("cut off"), StopReason::CutOff);
        assert_eq!(stopped("disk full"), StopReason::Error("disk full".to_owned()));
        let enough = |text: &str| EnoughReason::from(text.to_owned());
        assert_eq!(enough(&said), EnoughReason::Budget(room));
        let decided = EnoughReason::Decided { iterations: 12 };
        assert_eq!(decided.to_string(), "all was decided after 12 iterations");
        assert_eq!(enough("all was decided after 12 iterations"), decided);
        let most = EnoughReason::Most { iterations: 60 };
        assert_eq!(enough(&most.to_string()), most);
    }

    #[test]
    fn a_text_of_a_record_is_written_as_it_was_read() {
        // A rounded budget, a number with a zero before it, words of another version.
        for text in [
            "the budget of 90.0400 s has no room for iteration 3",
            "the budget of 1h has no room for iteration 3",
            "all was decided after 012 iterations",
            "enough was enough",
            "",
        ] {
            let json = serde_json::to_string(text).unwrap();
            let stopped: StopReason = serde_json::from_str(&json).unwrap();
            let enough: EnoughReason = serde_json::from_str(&json).unwrap();
            assert_eq!(serde_json::to_string(&stopped).unwrap(), json);
            assert_eq!(serde_json::to_string(&enough).unwrap(), json);
            assert_eq!(
                (stopped.to_string(), enough.to_string()),
                (text.to_owned(), text.to_owned())
            );
        }
    }
}
