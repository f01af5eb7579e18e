//! Which shard a job is, by the variables that CI systems and queues give it.
//! Owns these variables and what each counts from. It must not read the environment itself.

use lukewarm_model::{Classify, ErrorKind, ParseShardError, Shard};

/// How many shards a plan has, where an engine does not say it, or says it of something else.
pub const SHARDS: &str = "LUKEWARM_SHARDS";

const SLURM: &str = "SLURM_ARRAY_TASK_ID";

/// A shard, and the variable that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundShard {
    /// The shard.
    pub shard: Shard,
    /// The variable with its value, such as `CI_NODE_INDEX=2`.
    pub variable: String,
}

/// Variables that do not say which shard a job is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShardVariableError {
    /// A value is no number.
    #[error("the variable {variable} is {value:?}, and a number from {from} on is wanted{OPTION}")]
    Number {
        /// The variable.
        variable: &'static str,
        /// Its value.
        value: String,
        /// The smallest that it may be.
        from: u32,
    },
    /// Nothing says how many shards there are.
    #[error(
        "{variable} says which of several jobs this is, and nothing says of how many: set \
         {SHARDS} to their number{OPTION}"
    )]
    NoTotal {
        /// The variable with its value.
        variable: String,
    },
    /// Nothing says which of them it is.
    #[error(
        "{SHARDS} is {total}, and no variable says which of them this is: set one that lukewarm \
         knows, such as JOB_COMPLETION_INDEX, from 0{OPTION}"
    )]
    NoIndex {
        /// How many there are.
        total: u32,
    },
    /// An array does not count 1, 2, 3 or 0, 1, 2.
    #[error(
        "{variable} is of an array whose numbers do not go from 0 or 1 on without a gap: set \
         {SHARDS} to the number of all shards, and number them from 1{OPTION}"
    )]
    Array {
        /// The variable with its value.
        variable: String,
    },
    /// There is no such shard of so many.
    #[error("{variable}: {source}{OPTION}")]
    Shard {
        /// The variable with its value.
        variable: String,
        /// Why.
        source: ParseShardError,
    },
    /// Two engines say two things.
    #[error("{one} makes this shard {first}, and {other} shard {second}{OPTION}")]
    Disagree {
        /// A variable with its value.
        one: String,
        /// What it says.
        first: Shard,
        /// Another one.
        other: String,
        /// What it says.
        second: Shard,
    },
}

/// How to say it instead.
const OPTION: &str = "; or give `--shard K/N`, or `--shard none` to measure everything here";

impl Classify for ShardVariableError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Input
    }
}

/// A variable that counts the jobs of an engine.
struct Counter {
    index: &'static str,
    /// What the first job has.
    from: u32,
    /// The variable with the number of jobs, where there is one.
    total: Option<&'static str>,
}

/// Kubernetes gives an Indexed Job's pods their number alone.
const COUNTERS: [Counter; 3] = [
    Counter { index: "JOB_COMPLETION_INDEX", from: 0, total: None },
    Counter { index: "CI_NODE_INDEX", from: 1, total: Some("CI_NODE_TOTAL") },
    Counter {
        index: "BUILDKITE_PARALLEL_JOB",
        from: 0,
        total: Some("BUILDKITE_PARALLEL_JOB_COUNT"),
    },
];

/// The shard that a job's variables make it; none where they say nothing of it, or that it is the
/// only one.
///
/// # Errors
/// When they say it in part, or two of them say two things.
pub fn find_shard(
    read: impl Fn(&str) -> Option<String>,
) -> Result<Option<FoundShard>, ShardVariableError> {
    let read = |name: &str| read(name).filter(|value| !value.is_empty());
    let total = number(&read, SHARDS, 1)?;
    let mut found: Option<FoundShard> = None;
    let counted = COUNTERS.iter().map(|counter| counted(&read, counter, total));
    for one in counted.chain([slurm(&read, total)]) {
        let Some(one) = one? else { continue };
        match &found {
            Some(first) if first.shard != one.shard => {
                return Err(ShardVariableError::Disagree {
                    one: first.variable.clone(),
                    first: first.shard,
                    other: one.variable,
                    second: one.shard,
                });
            }
            Some(_) => {}
            None => found = Some(one),
        }
    }
    match (found, total) {
        (None, Some(total)) if total > 1 => Err(ShardVariableError::NoIndex { total }),
        (found, _) => Ok(found.filter(|it| it.shard.count > 1)),
    }
}

type Read<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A variable's number; none where it is not set.
fn number(
    read: Read<'_>,
    variable: &'static str,
    from: u32,
) -> Result<Option<u32>, ShardVariableError> {
    let Some(value) = read(variable) else { return Ok(None) };
    match value.trim().parse::<u32>() {
        Ok(number) if number >= from => Ok(Some(number)),
        _ => Err(ShardVariableError::Number { variable, value, from }),
    }
}

fn counted(
    read: Read<'_>,
    counter: &Counter,
    total: Option<u32>,
) -> Result<Option<FoundShard>, ShardVariableError> {
    let Some(index) = number(read, counter.index, counter.from)? else { return Ok(None) };
    let own = counter.total.map(|name| number(read, name, 1)).transpose()?.flatten();
    let variable = format!("{}={index}", counter.index);
    let Some(total) = total.or(own) else {
        return Err(ShardVariableError::NoTotal { variable });
    };
    shard(variable, index + 1 - counter.from, total).map(Some)
}

/// Slurm says of an array how many tasks there are; of one that was submitted again for some of
/// them it says that of these.
fn slurm(read: Read<'_>, total: Option<u32>) -> Result<Option<FoundShard>, ShardVariableError> {
    let Some(index) = number(read, SLURM, 0)? else { return Ok(None) };
    let variable = format!("{SLURM}={index}");
    if let Some(total) = total {
        return shard(variable, index, total).map(Some);
    }
    let count = number(read, "SLURM_ARRAY_TASK_COUNT", 1)?;
    let least = number(read, "SLURM_ARRAY_TASK_MIN", 0)?;
    let most = number(read, "SLURM_ARRAY_TASK_MAX", 0)?;
    let (Some(count), Some(least)) = (count, least) else {
        return Err(ShardVariableError::NoTotal { variable });
    };
    // Of one task it is not known whether it was all that there ever was.
    let is_whole = count > 1 && most.is_none_or(|most| most >= least && most - least == count - 1);
    if !is_whole || least > 1 || index < least {
        return Err(ShardVariableError::Array { variable });
    }
    shard(variable, index - least + 1, count).map(Some)
}

fn shard(variable: String, index: u32, count: u32) -> Result<FoundShard, ShardVariableError> {
    match Shard::new(index, count) {
        Ok(shard) => Ok(FoundShard { shard, variable }),
        Err(source) => Err(ShardVariableError::Shard { variable, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(variables: &[(&str, &str)]) -> Result<Option<String>, String> {
        let read = |name: &str| variables.iter().find(|it| it.0 == name).map(|it| it.1.to_owned());
        match find_shard(read) {
            Ok(found) => Ok(found.map(|it| format!("{} by {}", it.shard, it.variable))),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn every_engine_is_read_with_what_it_counts_from() {
        let cases: [(&[(&str, &str)], &str); 8] = [
            (
                &[("JOB_COMPLETION_INDEX", "0"), ("LUKEWARM_SHARDS", "4")],
                "1/4 by JOB_COMPLETION_INDEX=0",
            ),
            (&[("CI_NODE_INDEX", "4"), ("CI_NODE_TOTAL", "4")], "4/4 by CI_NODE_INDEX=4"),
            (
                &[("BUILDKITE_PARALLEL_JOB", "1"), ("BUILDKITE_PARALLEL_JOB_COUNT", "3")],
                "2/3 by BUILDKITE_PARALLEL_JOB=1",
            ),
            (
                &[
                    ("SLURM_ARRAY_TASK_ID", "2"),
                    ("SLURM_ARRAY_TASK_COUNT", "4"),
                    ("SLURM_ARRAY_TASK_MIN", "1"),
                    ("SLURM_ARRAY_TASK_MAX", "4"),
                ],
                "2/4 by SLURM_ARRAY_TASK_ID=2",
            ),
            (
                &[
                    ("SLURM_ARRAY_TASK_ID", "2"),
                    ("SLURM_ARRAY_TASK_COUNT", "4"),
                    ("SLURM_ARRAY_TASK_MIN", "0"),
                ],
                "3/4 by SLURM_ARRAY_TASK_ID=2",
            ),
            // One that was submitted again alone.
            (
                &[
                    ("SLURM_ARRAY_TASK_ID", "3"),
                    ("SLURM_ARRAY_TASK_COUNT", "1"),
                    ("SLURM_ARRAY_TASK_MIN", "3"),
                    ("LUKEWARM_SHARDS", "4"),
                ],
                "3/4 by SLURM_ARRAY_TASK_ID=3",
            ),
            // Both say the same.
            (
                &[("JOB_COMPLETION_INDEX", "1"), ("CI_NODE_INDEX", "2"), ("LUKEWARM_SHARDS", "2")],
                "2/2 by JOB_COMPLETION_INDEX=1",
            ),
            (
                &[("CI_NODE_INDEX", " 2 "), ("CI_NODE_TOTAL", "2"), ("JOB_COMPLETION_INDEX", "")],
                "2/2 by CI_NODE_INDEX=2",
            ),
        ];
        for (variables, wanted) in cases {
            assert_eq!(found(variables), Ok(Some(wanted.to_owned())), "{variables:?}");
        }
    }

    #[test]
    fn no_variable_and_a_single_job_are_no_shard() {
        for variables in [
            &[][..],
            &[("CI_NODE_TOTAL", "1")],
            &[("CI_NODE_TOTAL", "4")],
            &[("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "1")],
            &[("JOB_COMPLETION_INDEX", "0"), ("LUKEWARM_SHARDS", "1")],
        ] {
            assert_eq!(found(variables), Ok(None), "{variables:?}");
        }
    }

    #[test]
    fn what_is_said_in_part_or_wrongly_is_an_error_that_names_what_to_set() {
        let cases: [(&[(&str, &str)], &str); 11] = [
            (&[("JOB_COMPLETION_INDEX", "2")], "set LUKEWARM_SHARDS to their number"),
            (&[("CI_NODE_INDEX", "2")], "CI_NODE_INDEX=2 says which"),
            (&[("CI_NODE_INDEX", "0"), ("CI_NODE_TOTAL", "2")], "a number from 1 on"),
            (&[("CI_NODE_INDEX", "x"), ("CI_NODE_TOTAL", "2")], "CI_NODE_INDEX is \"x\""),
            (&[("CI_NODE_INDEX", "3"), ("CI_NODE_TOTAL", "2")], "no shard 3 of 2"),
            (&[("LUKEWARM_SHARDS", "0")], "LUKEWARM_SHARDS is \"0\""),
            (&[("LUKEWARM_SHARDS", "4")], "no variable says which"),
            (&[("SLURM_ARRAY_TASK_ID", "0"), ("LUKEWARM_SHARDS", "4")], "no shard 0 of 4"),
            (
                &[
                    ("SLURM_ARRAY_TASK_ID", "3"),
                    ("SLURM_ARRAY_TASK_COUNT", "1"),
                    ("SLURM_ARRAY_TASK_MIN", "3"),
                ],
                "number them from 1",
            ),
            (
                &[
                    ("SLURM_ARRAY_TASK_ID", "7"),
                    ("SLURM_ARRAY_TASK_COUNT", "3"),
                    ("SLURM_ARRAY_TASK_MIN", "1"),
                    ("SLURM_ARRAY_TASK_MAX", "7"),
                ],
                "without a gap",
            ),
            (
                &[("CI_NODE_INDEX", "1"), ("JOB_COMPLETION_INDEX", "1"), ("LUKEWARM_SHARDS", "2")],
                "JOB_COMPLETION_INDEX=1 makes this shard 2/2, and CI_NODE_INDEX=1 shard 1/2",
            ),
        ];
        for (variables, wanted) in cases {
            let said = found(variables).unwrap_err();
            assert!(said.contains(wanted), "{variables:?}: {said}");
            assert!(said.contains("`--shard none`"), "{said}");
        }
    }
}
