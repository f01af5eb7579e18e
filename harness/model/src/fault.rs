//! Faults that a cache service makes on purpose: what goes wrong, for which requests, and when.
//! Owns their words, as scenarios, the command line and the ledger write them.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Bytes, Operation, Quantity, Seconds};

/// One rule: what goes wrong, for which requests, and how often.
///
/// As text `KIND[@AMOUNT][/OPERATION][=WHEN]`:
/// ```
/// use lukewarm_model::{Fault, FaultKind, Operation, When};
/// let fault: Fault = "503/read=2%".parse().expect("it is a fault");
/// assert_eq!(fault.kind, FaultKind::Status(503));
/// assert_eq!(fault.on, Some(Operation::Read));
/// assert_eq!(fault.when, When::Share(0.02));
/// assert_eq!(fault.to_string(), "503/read=2%");
/// ```
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// Only requests that do this; none means all.
    pub on: Option<Operation>,
    /// Which of them.
    pub when: When,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum FaultKind {
    /// The request is answered with this status, 400 to 599, and changes nothing (`503`).
    Status(u16),
    /// The connection is reset after this many bytes of the request's or the answer's body, or
    /// after all of them where there are fewer (`reset@64 KiB`).
    Reset(Bytes),
    /// The answer's body ends after this many bytes, and the connection is closed
    /// (`truncate@1 KiB`).
    Truncate(Bytes),
    /// The answer is delayed by this time (`stall@30 s`).
    Stall(Seconds),
    /// One byte of the answer's body is changed (`flip`).
    Flip,
    /// Requests within this time from the service's start wait until it is over
    /// (`slow-start@5 s`).
    SlowStart(Seconds),
    /// The token is refused with 401 after this time (`token-expiry@10 min`).
    TokenExpiry(Seconds),
}

/// Which of the requests that a rule is about.
#[derive(Clone, Debug, PartialEq)]
pub enum When {
    /// All of them (no `=WHEN`).
    Always,
    /// A share between 0 and 1, by seeded chance (`=2%`).
    Share(f64),
    /// Every nth matching request (`=every 10`).
    Every(u64),
    /// These, counted from 1 in the order in which they begin (`=#1,4`).
    At(Vec<u64>),
}

/// A text that is no fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a fault such as `503/read=2%`: {wrong}")]
pub struct ParseFaultError {
    text: String,
    wrong: String,
}

const KINDS: &str = "a status from 400 to 599, reset@BYTES, truncate@BYTES, stall@TIME, flip, \
                     slow-start@TIME or token-expiry@TIME";
const WHENS: &str = "a share such as `2%`, `every 10`, or numbers such as `#1,4`";

impl FaultKind {
    /// The status that the ledger has of a request that it hit: 0 where the request may end without
    /// an answer. Absent where the answer has the status that it has without the fault.
    pub fn status(self) -> Option<u16> {
        match self {
            FaultKind::Status(status) => Some(status),
            FaultKind::TokenExpiry(_) => Some(401),
            FaultKind::Reset(_)
            | FaultKind::Truncate(_)
            | FaultKind::Stall(_)
            | FaultKind::SlowStart(_) => Some(0),
            FaultKind::Flip => None,
        }
    }
}

impl Fault {
    /// What its texts look like, as a regular expression for editors: narrower than what is read
    /// only in spaces.
    pub fn pattern() -> String {
        let (bytes, time) = (amount::<Bytes>(), amount::<Seconds>());
        let operations = Operation::ALL.map(Operation::name).join("|");
        let one = format!("[45][0-9][0-9]|(reset|truncate)@{bytes}|stall@{time}|flip");
        let when = r"=([0-9.]+ ?%|every [0-9]+|#[0-9]+(, ?[0-9]+)*)";
        format!("^(({one})(/({operations}))?({when})?|(slow-start|token-expiry)@{time})$")
    }
}

/// A quantity's pattern within another.
fn amount<T: Quantity>() -> String {
    T::pattern().trim_matches(['^', '$']).to_owned()
}

impl FromStr for Fault {
    type Err = ParseFaultError;

    fn from_str(text: &str) -> Result<Fault, ParseFaultError> {
        let error = |wrong| ParseFaultError { text: text.to_owned(), wrong };
        let (what, when) = match text.split_once('=') {
            Some((what, when)) => (what, parse_when(when.trim()).map_err(error)?),
            None => (text, When::Always),
        };
        let (kind, on) = match what.split_once('/') {
            // A slash may also be a part of a unit, but no unit of an amount has one.
            Some((kind, on)) => (kind, Some(parse_operation(on.trim()).map_err(error)?)),
            None => (what, None),
        };
        let kind = parse_kind(kind.trim()).map_err(error)?;
        let whole_service = matches!(kind, FaultKind::SlowStart(_) | FaultKind::TokenExpiry(_));
        if whole_service && (on.is_some() || when != When::Always) {
            return Err(error(format!("`{kind}` is about all requests: no operation and no `=`")));
        }
        Ok(Fault { kind, on, when })
    }
}

impl FromStr for FaultKind {
    type Err = ParseFaultError;

    fn from_str(text: &str) -> Result<FaultKind, ParseFaultError> {
        parse_kind(text).map_err(|wrong| ParseFaultError { text: text.to_owned(), wrong })
    }
}

fn parse_kind(text: &str) -> Result<FaultKind, String> {
    let (name, amount) = match text.split_once('@') {
        Some((name, amount)) => (name.trim(), Some(amount.trim())),
        None => (text, None),
    };
    let bytes = || amount.unwrap_or("nothing").parse::<Bytes>().map_err(|error| error.to_string());
    let time = || amount.unwrap_or("nothing").parse::<Seconds>().map_err(|error| error.to_string());
    match (name, amount) {
        ("reset", _) => bytes().map(FaultKind::Reset),
        ("truncate", _) => bytes().map(FaultKind::Truncate),
        ("stall", _) => time().map(FaultKind::Stall),
        ("slow-start", _) => time().map(FaultKind::SlowStart),
        ("token-expiry", _) => time().map(FaultKind::TokenExpiry),
        ("flip", None) => Ok(FaultKind::Flip),
        (status, None) => match status.parse() {
            Ok(status @ 400..=599) => Ok(FaultKind::Status(status)),
            _ => Err(format!("`{status}` is none of {KINDS}")),
        },
        (name, Some(_)) => Err(format!("`{name}@` is none of {KINDS}")),
    }
}

fn parse_operation(text: &str) -> Result<Operation, String> {
    Operation::ALL.into_iter().find(|operation| operation.name() == text).ok_or_else(|| {
        let known: Vec<&str> = Operation::ALL.map(Operation::name).to_vec();
        format!("`{text}` is no operation: {}", known.join(", "))
    })
}

fn parse_when(text: &str) -> Result<When, String> {
    let wrong = || format!("`{text}` is not {WHENS}");
    if let Some(percent) = text.strip_suffix('%') {
        let share = percent.trim().parse::<f64>().map_err(|_| wrong())? / 100.0;
        return (0.0..=1.0).contains(&share).then_some(When::Share(share)).ok_or_else(wrong);
    }
    if let Some(count) = text.strip_prefix("every ") {
        let count = count.trim().parse().map_err(|_| wrong())?;
        return (count > 0).then_some(When::Every(count)).ok_or_else(wrong);
    }
    let numbers = text.strip_prefix('#').ok_or_else(wrong)?;
    let number = |text: &str| text.trim().parse().ok().filter(|number| *number > 0);
    numbers.split(',').map(number).collect::<Option<Vec<u64>>>().map(When::At).ok_or_else(wrong)
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        if let Some(operation) = self.on {
            write!(f, "/{}", operation.name())?;
        }
        match &self.when {
            When::Always => Ok(()),
            // Rounded where the share is a computed one: 0.07 is 7 %, not 7.000000000000001 %.
            When::Share(share) => write!(f, "={}%", (share * 1e10).round() / 1e8),
            When::Every(count) => write!(f, "=every {count}"),
            When::At(numbers) => {
                let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
                write!(f, "=#{}", numbers.join(","))
            }
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Exact, unlike the units' own words, which are rounded for readers.
        match self {
            FaultKind::Status(status) => write!(f, "{status}"),
            FaultKind::Reset(after) => write!(f, "reset@{} B", after.0),
            FaultKind::Truncate(after) => write!(f, "truncate@{} B", after.0),
            FaultKind::Stall(time) => write!(f, "stall@{} s", time.0),
            FaultKind::Flip => write!(f, "flip"),
            FaultKind::SlowStart(time) => write!(f, "slow-start@{} s", time.0),
            FaultKind::TokenExpiry(time) => write!(f, "token-expiry@{} s", time.0),
        }
    }
}

impl From<Fault> for String {
    fn from(fault: Fault) -> String {
        fault.to_string()
    }
}

impl From<FaultKind> for String {
    fn from(kind: FaultKind) -> String {
        kind.to_string()
    }
}

impl TryFrom<String> for Fault {
    type Error = ParseFaultError;

    fn try_from(text: String) -> Result<Fault, ParseFaultError> {
        text.parse()
    }
}

impl TryFrom<String> for FaultKind {
    type Error = ParseFaultError;

    fn try_from(text: String) -> Result<FaultKind, ParseFaultError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_written_as_they_are_read() {
        let texts = [
            ("429", "429"),
            ("503/read=2%", "503/read=2%"),
            ("reset@64 KiB/write=#3", "reset@65536 B/write=#3"),
            ("truncate@1kB=every 10", "truncate@1000 B=every 10"),
            ("stall@30s/lookup=0.5%", "stall@30 s/lookup=0.5%"),
            ("flip=7%", "flip=7%"),
            ("slow-start@1.5 s", "slow-start@1.5 s"),
            ("token-expiry@10m", "token-expiry@600 s"),
            ("500=#1,2,9", "500=#1,2,9"),
        ];
        for (text, written) in texts {
            let fault: Fault = text.parse().unwrap();
            assert_eq!(fault.to_string(), written);
            assert_eq!(written.parse::<Fault>().unwrap(), fault);
            let json = serde_json::to_string(&fault).unwrap();
            assert_eq!(serde_json::from_str::<Fault>(&json).unwrap(), fault);
        }
    }

    #[test]
    fn what_is_no_fault_is_told_with_what_would_be() {
        let wrong = [
            ("", "`` is none of a status"),
            ("200", "`200` is none of a status from 400 to 599"),
            ("explode", "`explode` is none of"),
            ("reset", "`nothing` is not a size"),
            ("stall@4 MiB", "`4 MiB` is not a time"),
            ("503/fly=2%", "`fly` is no operation: lookup, read, write, manage, other"),
            ("503=200%", "`200%` is not a share"),
            ("503=every 0", "`every 0` is not a share"),
            ("503=#0", "`#0` is not a share"),
            ("503=", "`` is not a share"),
            ("slow-start@5s=2%", "is about all requests"),
        ];
        for (text, message) in wrong {
            let error = text.parse::<Fault>().unwrap_err().to_string();
            assert!(error.contains(message), "{text}: {error}");
        }
    }
}
