//! Variables of the environment that jobs have beside the harness's own.
//! Owns that a secret is shown nowhere: neither in a record nor in a message or a log. Which
//! variables may be given is `plan`'s.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::Difference;

/// What stands in texts in the place of a secret.
pub const MASK: &str = "***";

/// A shorter value is not looked for in texts: it would be found everywhere.
const SHORTEST_MASKED: usize = 4;

/// The variables of jobs, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobVariables(pub BTreeMap<String, JobVariable>);

/// The value of one variable, and who may see it.
#[derive(Clone, PartialEq, Eq)]
pub struct JobVariable {
    /// The value.
    pub value: String,
    /// Who may see it.
    pub visibility: Visibility,
}

/// Who may see the value of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Everybody: it is recorded.
    Recorded,
    /// The job alone.
    Secret,
}

impl fmt::Debug for JobVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.visibility {
            Visibility::Recorded => write!(f, "{:?}", self.value),
            Visibility::Secret => f.write_str(MASK),
        }
    }
}

impl JobVariables {
    /// Names with values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &JobVariable)> {
        self.0.iter().map(|(name, variable)| (name.as_str(), variable))
    }

    /// The value of a variable; none where it is not given.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|variable| variable.value.as_str())
    }

    /// The texts that must not be seen: every line of a secret, the longest first.
    pub fn secrets(&self) -> Vec<String> {
        let secret = self.0.values().filter(|it| it.visibility == Visibility::Secret);
        let mut lines: Vec<String> =
            secret.flat_map(|it| it.value.lines()).map(|line| line.trim().to_owned()).collect();
        lines.retain(|line| line.chars().count() >= SHORTEST_MASKED);
        lines.sort_by_key(|line| std::cmp::Reverse(line.len()));
        lines
    }
}

/// A text without the secrets, which are put in the order of `JobVariables::secrets`.
pub fn masked(text: &str, secrets: &[String]) -> String {
    secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, MASK))
}

/// The recorded variables of jobs, by name.
type Variables = BTreeMap<String, VariableValue>;

/// The value of a variable of jobs, as far as a record may have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VariableValue {
    /// The value, which is no secret.
    Plain(String),
    /// HMAC-SHA256 of the value with a key of the machine, as `KEY:HASH` in hexadecimal, where
    /// `KEY` names the key: it tells whether the value changed, and nothing else.
    Digest(String),
}

impl VariableValue {
    /// Variables that changed, came or went; a value that is not recorded is not named.
    pub fn differences(here: &Variables, there: &Variables) -> Vec<Difference> {
        let names: BTreeSet<&String> = here.keys().chain(there.keys()).collect();
        let differs = |name: &&String| match (here.get(*name), there.get(*name)) {
            (Some(is), Some(was)) => is.differs(was),
            (is, was) => is.is_some() != was.is_some(),
        };
        let shown = |value: Option<&VariableValue>| match value {
            Some(VariableValue::Plain(value)) => value.clone(),
            Some(VariableValue::Digest(_)) => "a value that is not recorded".to_owned(),
            None => "not set".to_owned(),
        };
        let difference = |name: &String| {
            let (is, mut was) = (shown(here.get(name)), shown(there.get(name)));
            if is == was {
                "another one".clone_into(&mut was);
            }
            Difference { what: format!("variable {name}"), was, is }
        };
        names.into_iter().filter(differs).map(difference).collect()
    }

    /// Whether both are known to stand for different values: digests of different keys say nothing.
    pub fn differs(&self, other: &VariableValue) -> bool {
        let key = |digest: &str| digest.split(':').next().unwrap_or_default().to_owned();
        match (self, other) {
            (VariableValue::Digest(one), VariableValue::Digest(other)) => {
                key(one) == key(other) && one != other
            }
            // A value that is a secret now and was none says nothing of its change.
            (VariableValue::Plain(one), VariableValue::Plain(other)) => one != other,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(all: &[(&str, &str, Visibility)]) -> JobVariables {
        let of = |(name, value, visibility): &(&str, &str, Visibility)| {
            let variable = JobVariable { value: (*value).to_owned(), visibility: *visibility };
            ((*name).to_owned(), variable)
        };
        JobVariables(all.iter().map(of).collect())
    }

    #[test]
    fn a_secret_is_seen_nowhere() {
        let it = variables(&[
            ("A", "plain", Visibility::Recorded),
            ("B", "hunter2", Visibility::Secret),
            ("C", "-----BEGIN\nhunter2-and-more\n", Visibility::Secret),
            ("D", "1", Visibility::Secret),
        ]);
        assert!(!format!("{it:?}").contains("hunter2"), "{it:?}");
        let text = masked("x plain hunter2-and-more hunter2 -----BEGIN 1", &it.secrets());
        assert_eq!(text, "x plain *** *** *** 1");
    }

    #[test]
    fn digests_of_one_key_alone_can_differ() {
        let digest = |text: &str| VariableValue::Digest(text.to_owned());
        assert!(digest("a:1").differs(&digest("a:2")));
        assert!(!digest("a:1").differs(&digest("a:1")));
        assert!(!digest("a:1").differs(&digest("b:2")));
        let plain = |text: &str| VariableValue::Plain(text.to_owned());
        assert!(plain("1").differs(&plain("2")) && !plain("1").differs(&digest("a:1")));
        let of = |value: VariableValue| Variables::from([("A".to_owned(), value)]);
        let told = |is: &Variables, was: &Variables| {
            let all = VariableValue::differences(is, was);
            all.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        };
        let changed = told(&of(digest("a:1")), &of(digest("a:2")));
        assert_eq!(changed, "variable A was another one and is a value that is not recorded");
        let gone = told(&Variables::new(), &of(plain("1")));
        assert_eq!(gone, "variable A was 1 and is not set");
    }
}
