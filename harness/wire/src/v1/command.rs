//! Commands of jobs, what each took, and the variables that jobs have.
//! Owns their form.

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{CargoTask, Seconds};
use serde::{Deserialize, Serialize};

use crate::mirrors;

/// A Cargo command of a job.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct CargoCommand {
    /// The toolchain behind `+`, such as `nightly`; absent where the workspace chooses it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub toolchain: Option<String>,
    /// What Cargo is asked to do.
    pub task: CargoTask,
    /// All further words, in order, as they were given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
}

/// What one command of the build step took.
#[derive(Clone, Copy, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct CommandFact {
    /// Wall-clock time.
    pub wall: Seconds,
    /// CPU time of Cargo and of all that it waited for; absent where the system does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Seconds>,
}

/// The value of a variable of jobs, as far as a record may have it.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VariableValue {
    /// The value, which is no secret.
    Plain(String),
    /// HMAC-SHA256 of the value with a key of the machine, as `KEY:HASH` in hexadecimal, where
    /// `KEY` names the key: it tells whether the value changed, and nothing else.
    Digest(String),
}

mirrors! {
    CargoCommand { toolchain, task, args }
    CommandFact { wall, cpu }
}

impl From<lukewarm_model::VariableValue> for VariableValue {
    fn from(it: lukewarm_model::VariableValue) -> VariableValue {
        match it {
            lukewarm_model::VariableValue::Plain(value) => VariableValue::Plain(value),
            lukewarm_model::VariableValue::Digest(digest) => VariableValue::Digest(digest),
        }
    }
}

impl From<VariableValue> for lukewarm_model::VariableValue {
    fn from(it: VariableValue) -> lukewarm_model::VariableValue {
        match it {
            VariableValue::Plain(value) => lukewarm_model::VariableValue::Plain(value),
            VariableValue::Digest(digest) => lukewarm_model::VariableValue::Digest(digest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_values_are_read_as_they_were_written() {
        let written = r#"{"toolchain":"nightly","task":"nextest","args":["run","-p","a"]}"#;
        let read: CargoCommand = serde_json::from_str(written).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), written);
        let shown = lukewarm_model::CargoCommand::from(read).to_string();
        assert_eq!(shown, "cargo +nightly nextest run -p a");
        let written = r#"[{"plain":"a"},{"digest":"k:1"}]"#;
        let read: Vec<VariableValue> = serde_json::from_str(written).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), written);
    }
}
