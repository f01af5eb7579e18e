//! The parts of a merged record: each is what one machine measured in one sitting.
//! Owns which part measured a block, and which parts are of one kind of machine. Pairs lie within
//! a block and a block within a part: one whose jobs are of several parts counts in nothing.

use std::collections::{BTreeMap, BTreeSet};

use lukewarm_model::{Difference, PartFacts, RawRecord};

/// The parts of a record; of an ordinary one there are none.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Parts {
    /// The part of each measured block, by its iteration.
    of_block: BTreeMap<u32, u32>,
    /// Blocks whose jobs are not all of one part of the record.
    mixed: BTreeSet<u32>,
    /// The parts by kind of machine: that with the most blocks first.
    kinds: Vec<PartKind>,
}

/// Parts whose machines do not differ.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PartKind {
    /// The places of the parts in the record, in order.
    pub(crate) parts: Vec<u32>,
    /// What differs from the machines of the first kind; empty for these.
    pub(crate) differences: Vec<Difference>,
}

impl Parts {
    /// Those of a record.
    pub(super) fn of(record: &RawRecord) -> Parts {
        let parts = &record.run.parts;
        if parts.is_empty() {
            return Parts::default();
        }
        let mut seen: BTreeMap<u32, BTreeSet<Option<u32>>> = BTreeMap::new();
        for job in record.jobs.iter().filter(|job| job.attempt.iteration > 0) {
            let known = job.part.filter(|part| (*part as usize) < parts.len());
            seen.entry(job.attempt.iteration).or_default().insert(known);
        }
        let mut found = Parts::default();
        for (block, of) in seen {
            match (of.len(), of.first()) {
                (1, Some(Some(part))) => {
                    found.of_block.insert(block, *part);
                }
                _ => {
                    found.mixed.insert(block);
                }
            }
        }
        found.kinds = kinds(parts, |part| found.blocks(part));
        found
    }

    /// Whether the record was merged from several.
    pub(crate) fn is_merged(&self) -> bool {
        !self.kinds.is_empty()
    }

    /// The part that measured a block; 0 in an ordinary record.
    pub(crate) fn of_block(&self, iteration: u32) -> u32 {
        self.of_block.get(&iteration).copied().unwrap_or(0)
    }

    /// How many blocks a part measured.
    pub(crate) fn blocks(&self, part: u32) -> usize {
        self.of_block.values().filter(|it| **it == part).count()
    }

    /// How many blocks were measured by parts that are known.
    pub(crate) fn measured(&self) -> usize {
        self.of_block.len()
    }

    /// Blocks that count in nothing, since their jobs are not all of one part.
    pub(crate) fn mixed(&self) -> &BTreeSet<u32> {
        &self.mixed
    }

    /// The kinds of machines; none in an ordinary record.
    pub(crate) fn kinds(&self) -> &[PartKind] {
        &self.kinds
    }

    /// Whether a block is of a machine of this kind; in an ordinary record every block is.
    pub(super) fn is_of_kind(&self, iteration: u32, kind: usize) -> bool {
        let Some(kind) = self.kinds.get(kind) else { return true };
        self.of_block.get(&iteration).is_some_and(|part| kind.parts.contains(part))
    }

    /// The first block of every part, and its part; the first of all in an ordinary record.
    pub(super) fn first_blocks(&self) -> Vec<(u32, u32)> {
        if !self.is_merged() {
            return vec![(super::first_pass::FIRST, 0)];
        }
        let mut firsts: BTreeMap<u32, u32> = BTreeMap::new();
        for (block, part) in &self.of_block {
            firsts.entry(*part).or_insert(*block);
        }
        firsts.into_iter().map(|(part, block)| (block, part)).collect()
    }
}

/// The kinds of machines: what one of two does not know of itself is no difference, so that a part
/// is of the first kind from whose first part nothing is seen to differ.
fn kinds(parts: &[PartFacts], blocks: impl Fn(u32) -> usize) -> Vec<PartKind> {
    let mut kinds: Vec<PartKind> = Vec::new();
    for (place, part) in (0..).zip(parts) {
        let alike = kinds
            .iter_mut()
            .find(|kind| part.host.differences(&parts[kind.parts[0] as usize].host).is_empty());
        match alike {
            Some(kind) => kind.parts.push(place),
            None => kinds.push(PartKind { parts: vec![place], differences: Vec::new() }),
        }
    }
    let count = |kind: &PartKind| kind.parts.iter().map(|part| blocks(*part)).sum::<usize>();
    kinds.sort_by_key(|kind| std::cmp::Reverse(count(kind)));
    let first = kinds.first().map(|kind| kind.parts[0] as usize);
    for kind in kinds.iter_mut().skip(1) {
        let host = &parts[kind.parts[0] as usize].host;
        kind.differences = first.map(|it| host.differences(&parts[it].host)).unwrap_or_default();
    }
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;
    use crate::merged_examples::{merged, on};

    #[test]
    fn a_block_is_of_the_part_that_measured_it_and_one_of_two_parts_counts_in_nothing() {
        let mut record = merged(&[&[1, 3], &[2, 4]], 4, |_, _, _| 10.0);
        let parts = Parts::of(&record);
        let of: Vec<u32> = (1..=4).map(|block| parts.of_block(block)).collect();
        assert_eq!(of, [0, 1, 0, 1]);
        assert_eq!((parts.blocks(0), parts.mixed().len(), parts.kinds().len()), (2, 0, 1));
        // A job of block 3 that another machine measured, or that names no part of the record.
        for wrong in [Some(1), Some(7), None] {
            let job = record.jobs.iter_mut().find(|it| it.attempt.iteration == 3).unwrap();
            job.part = wrong;
            let parts = Parts::of(&record);
            assert_eq!(parts.mixed().iter().copied().collect::<Vec<_>>(), [3], "{wrong:?}");
            assert!(!parts.is_of_kind(3, 0));
        }
    }

    #[test]
    fn machines_that_differ_are_kinds_of_their_own_and_that_with_the_most_blocks_is_first() {
        let mut record = merged(&[&[1], &[2, 4], &[3, 5]], 5, |_, _, _| 10.0);
        on(&mut record, 0, |host| host.cores = 64);
        let parts = Parts::of(&record);
        let kinds: Vec<&[u32]> = parts.kinds().iter().map(|it| it.parts.as_slice()).collect();
        assert_eq!(kinds, [&[1, 2][..], &[0]]);
        let said: Vec<String> =
            parts.kinds()[1].differences.iter().map(ToString::to_string).collect();
        assert_eq!(said, ["number of cores was 2 and is 64"]);
        assert!(parts.is_of_kind(1, 1) && !parts.is_of_kind(1, 0) && parts.is_of_kind(4, 0));
    }

    #[test]
    fn an_ordinary_record_has_no_parts_and_all_of_its_blocks_count() {
        let run = examples::run(vec![examples::none()], &["cold"], 2);
        let jobs = vec![examples::job("finder/none", "cold", 1, 10.0)];
        let parts = Parts::of(&RawRecord { run, jobs, end: None });
        assert_eq!(parts, Parts::default());
        assert!(!parts.is_merged() && parts.is_of_kind(1, 0) && parts.of_block(1) == 0);
        assert_eq!(parts.first_blocks(), [(1, 0)]);
    }
}
