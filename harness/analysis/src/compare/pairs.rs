//! The pairs of a comparison: one ratio for each block that both sides have, in the order of the
//! blocks, with the part of the record that measured the block.
//! Owns that a pair lies within one block, and so within one machine. It must not estimate.

use std::collections::BTreeMap;

use crate::evaluate::{ByIteration, Parts};

/// The paired ratios of a comparison.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Pairs {
    ratios: Vec<f64>,
    /// The part of each; all are 0 in an ordinary record.
    parts: Vec<u32>,
}

impl Pairs {
    /// Those of the iterations that a candidate and the reference both have.
    pub(crate) fn of(candidate: &ByIteration, reference: &ByIteration, parts: &Parts) -> Pairs {
        let both = candidate.iter().filter_map(|(iteration, value)| {
            let divisor = reference.get(iteration)?;
            let is_ratio = *value > 0.0 && *divisor > 0.0;
            is_ratio.then(|| (value / divisor, parts.of_block(*iteration)))
        });
        both.collect()
    }

    /// Those that one machine measured in one sitting.
    #[cfg(test)]
    pub(crate) fn of_one(ratios: &[f64]) -> Pairs {
        ratios.iter().map(|ratio| (*ratio, 0)).collect()
    }

    /// Every ratio, in the order of the blocks.
    pub(crate) fn ratios(&self) -> &[f64] {
        &self.ratios
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.ratios.len()
    }

    /// The first so many of them.
    pub(crate) fn first(&self, count: usize) -> Pairs {
        let count = count.min(self.len());
        Pairs { ratios: self.ratios[..count].to_vec(), parts: self.parts[..count].to_vec() }
    }

    /// Whether more than one part measured them.
    pub(crate) fn is_of_several(&self) -> bool {
        self.parts.iter().any(|part| *part != self.parts[0])
    }

    /// The ratios of each part.
    pub(crate) fn by_part(&self) -> BTreeMap<u32, Vec<f64>> {
        let mut found: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
        for (part, ratio) in self.parts.iter().zip(&self.ratios) {
            found.entry(*part).or_default().push(*ratio);
        }
        found
    }

    /// The same pairs with each ratio over a level.
    pub(crate) fn over(&self, level: f64) -> Pairs {
        let ratios = self.ratios.iter().map(|ratio| ratio / level).collect();
        Pairs { ratios, parts: self.parts.clone() }
    }
}

/// Ratios with their parts.
impl FromIterator<(f64, u32)> for Pairs {
    fn from_iter<T: IntoIterator<Item = (f64, u32)>>(pairs: T) -> Pairs {
        let (ratios, parts) = pairs.into_iter().unzip();
        Pairs { ratios, parts }
    }
}
