//! Shards: whole blocks of a plan on one machine, and the parts that a merged record is made of.
//! Owns which block belongs to which shard. It must not read a variable or a file.

use std::fmt;
use std::str::FromStr;

use crate::{Classify, ErrorKind, Host, MachinePace, StopReason, Timestamp, Warning};

/// One of several machines that share the blocks of a plan, written as `2/4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shard {
    /// Which one, from 1 to `count`.
    pub index: u32,
    /// How many there are, 1 or more.
    pub count: u32,
}

/// The most shards that a plan is dealt out to.
pub const MOST_SHARDS: u32 = 10_000;

/// A text that names no shard.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseShardError {
    /// It has another form.
    #[error("`{0}` is no shard: one is written `K/N`, such as `2/4` for the second of four")]
    Form(String),
    /// There is no such shard of so many.
    #[error("there is no shard {index} of {count}: K is a number from 1 to {count}")]
    Index {
        /// The number that was given.
        index: u32,
        /// How many there are.
        count: u32,
    },
    /// There are none, or too many.
    #[error("{0} shards: N is a number from 1 to {MOST_SHARDS}")]
    Count(u32),
}

impl Classify for ParseShardError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Input
    }
}

impl Shard {
    /// One of so many.
    ///
    /// # Errors
    /// When there is no such shard.
    pub fn new(index: u32, count: u32) -> Result<Shard, ParseShardError> {
        match (index, count) {
            (_, count) if count == 0 || count > MOST_SHARDS => Err(ParseShardError::Count(count)),
            (index, count) if index == 0 || index > count => {
                Err(ParseShardError::Index { index, count })
            }
            (index, count) => Ok(Shard { index, count }),
        }
    }

    /// All shards of so many, in order.
    pub fn all(count: u32) -> impl Iterator<Item = Shard> {
        (1..=count).map(move |index| Shard { index, count })
    }

    /// Whether a block is this shard's: blocks are dealt out in turn, so that a plan that is cut
    /// short leaves no shard without any.
    pub fn has_block(self, block: u32) -> bool {
        block > 0 && (block - 1) % self.count == self.index - 1
    }

    /// Whether the thing at a place of a list, from 0, is this shard's.
    pub fn has_place(self, place: usize) -> bool {
        place % self.count as usize == self.index as usize - 1
    }
}

impl FromStr for Shard {
    type Err = ParseShardError;

    fn from_str(text: &str) -> Result<Shard, ParseShardError> {
        let number = |text: &str| {
            let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|_| is_plain)
        };
        let numbers = text.split_once('/').and_then(|it| Some((number(it.0)?, number(it.1)?)));
        let (index, count) = numbers.ok_or_else(|| ParseShardError::Form(text.to_owned()))?;
        Shard::new(index, count)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

/// What one machine measured in one sitting, of a record that was merged from several.
#[derive(Clone, Debug, PartialEq)]
pub struct PartFacts {
    /// The id of the record that was merged.
    pub run: String,
    /// Which shard it was; absent for a whole run.
    pub shard: Option<Shard>,
    /// The machine.
    pub host: Host,
    /// When it began by the clock of its machine, RFC 3339 in UTC.
    pub started: Timestamp,
    /// When it ended by the same clock; absent when it was cut off.
    pub ended: Option<Timestamp>,
    /// Why it ended before its blocks were done, where it did.
    pub stopped: Option<StopReason>,
    /// How fast the machine was; absent where no job was measured, or the record was cut off.
    pub pace: Option<MachinePace>,
    /// What made numbers worse when it began and while it ran.
    pub warnings: Vec<Warning>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_written_as_it_is_read() {
        for text in ["1/1", "2/4", "100/100"] {
            assert_eq!(text.parse::<Shard>().unwrap().to_string(), text);
        }
        for text in ["", "2", "/4", "2/", "a/4", "+2/4", "2/-4", "2/4/6", "1.5/4", "2 / 4"] {
            let said = text.parse::<Shard>().unwrap_err();
            assert_eq!(said, ParseShardError::Form(text.to_owned()), "{text}");
        }
        let said = |text: &str| text.parse::<Shard>().unwrap_err().to_string();
        assert!(said("0/4").contains("from 1 to 4"), "{}", said("0/4"));
        assert!(said("5/4").contains("no shard 5 of 4"), "{}", said("5/4"));
        assert!(said("1/0").starts_with("0 shards"), "{}", said("1/0"));
        assert!(said("1/20000").starts_with("20000 shards"), "{}", said("1/20000"));
    }

    #[test]
    fn dealing_out_gives_every_block_to_one_shard_and_each_its_share() {
        for count in 1..=12 {
            for blocks in 0..=40_u32 {
                let mut owners = vec![0; blocks as usize + 1];
                for shard in Shard::all(count) {
                    let own: Vec<u32> = (0..=blocks).filter(|it| shard.has_block(*it)).collect();
                    let share = blocks / count + u32::from(blocks % count >= shard.index);
                    assert_eq!(own.len() as u32, share, "{shard} of {blocks}");
                    own.iter().for_each(|block| owners[*block as usize] += 1);
                    let places = (0..blocks as usize).filter(|it| shard.has_place(*it));
                    assert_eq!(places.map(|it| it as u32 + 1).collect::<Vec<_>>(), own);
                }
                assert_eq!(owners[0], 0, "priming is no block");
                assert!(owners[1..].iter().all(|it| *it == 1), "{count} shards: {owners:?}");
            }
        }
    }
}
