//! The checksums of a journal's lines, each over its line and all lines before it.
//! Owns how they are written and followed. They notice an edit by hand, a lost or moved line and a
//! bad disk; they are no signature, since whoever can write the file can also reckon them anew.

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// What stands between a line's fact and its checksum.
const KEY: &[u8] = b",\"sum\":\"";

/// What stands behind it.
const CLOSE: &[u8] = b"\"}\n";

/// Hexadecimal digits of a checksum.
const DIGITS: usize = 16;

/// Where a journal stands: what its lines so far come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chain {
    sum: u64,
    /// Whether a line so far has its checksum: then all that follow must.
    sealed: bool,
}

/// A line that does not follow from those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Break {
    /// Its checksum is another.
    Differs,
    /// It has none, and a line before it has.
    Missing,
}

impl Chain {
    /// Puts its checksum into a line, a JSON object and a newline, and gives the chain behind it.
    pub fn seal(self, line: &mut Vec<u8>) -> Chain {
        line.truncate(line.len() - b"}\n".len());
        let sum = xxh3_64_with_seed(line, self.sum);
        line.extend_from_slice(KEY);
        line.extend_from_slice(format!("{sum:0DIGITS$x}").as_bytes());
        line.extend_from_slice(CLOSE);
        Chain { sum, sealed: true }
    }

    /// Whether a line so far has its checksum.
    pub fn is_sealed(self) -> bool {
        self.sealed
    }

    /// The chain behind a line as it was read, with its newline. Journals of earlier versions have
    /// no checksums; the first that is written behind such lines stands for all of them.
    pub fn follow(self, line: &[u8]) -> Result<Chain, Break> {
        match split(line) {
            Some((covered, written)) => {
                let sum = xxh3_64_with_seed(covered, self.sum);
                let fits = written == format!("{sum:0DIGITS$x}").as_bytes();
                fits.then_some(Chain { sum, sealed: true }).ok_or(Break::Differs)
            }
            None if self.sealed => Err(Break::Missing),
            None => Ok(Chain { sum: xxh3_64_with_seed(line, self.sum), sealed: false }),
        }
    }
}

/// What a line's checksum covers, and the checksum.
fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let (rest, sum) = line.strip_suffix(CLOSE)?.split_last_chunk::<DIGITS>()?;
    Some((rest.strip_suffix(KEY)?, sum))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(texts: &[&str]) -> Vec<Vec<u8>> {
        let mut chain = Chain::default();
        let mut seal = |text: &&str| {
            let mut line = format!("{text}\n").into_bytes();
            chain = chain.seal(&mut line);
            line
        };
        texts.iter().map(&mut seal).collect()
    }

    fn follow(lines: &[Vec<u8>]) -> Result<Chain, Break> {
        lines.iter().try_fold(Chain::default(), |chain, line| chain.follow(line))
    }

    #[test]
    fn a_line_keeps_its_form_and_has_a_sum_behind() {
        let lines = sealed(&[r#"{"v":1,"data":{}}"#]);
        let text = String::from_utf8(lines[0].clone()).unwrap();
        let (form, sum) = text.split_at(r#"{"v":1,"data":{}"#.len());
        assert_eq!(form, r#"{"v":1,"data":{}"#);
        assert!(sum.starts_with(",\"sum\":\"") && sum.ends_with("\"}\n"), "{sum}");
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{text}");
    }

    #[test]
    fn lines_follow_each_other_in_one_order_only() {
        let lines = sealed(&["{\"a\":1}", "{\"a\":2}", "{\"a\":2}", "{\"a\":3}"]);
        assert!(follow(&lines).is_ok());
        for (first, second) in [(0, 1), (1, 2), (2, 3)] {
            let mut moved = lines.clone();
            moved.swap(first, second);
            assert_eq!(follow(&moved), Err(Break::Differs), "{first} and {second}");
        }
        assert_eq!(follow(&lines[1..]), Err(Break::Differs));
        assert!(follow(&lines[..2]).is_ok(), "a run that was cut off");
    }

    #[test]
    fn what_came_before_the_first_sum_is_covered_by_it() {
        let old = b"{\"a\":1}\n".to_vec();
        let before = Chain::default().follow(&old).unwrap();
        let mut new = b"{\"a\":2}\n".to_vec();
        let behind = before.seal(&mut new);
        assert_eq!(follow(&[old.clone(), new.clone()]), Ok(behind));
        assert_eq!(follow(&[b"{\"a\":7}\n".to_vec(), new.clone()]), Err(Break::Differs));
        assert_eq!(follow(&[old.clone(), new, old]), Err(Break::Missing));
    }

    #[test]
    fn every_byte_of_a_line_counts() {
        let lines = sealed(&["{\"a\":1}", "{\"text\":\"one, two\"}"]);
        for place in 0..lines[1].len() - 1 {
            let mut changed = lines.clone();
            changed[1][place] ^= 1;
            assert!(follow(&changed).is_err(), "byte {place}");
        }
    }
}
