//! Comparisons: paired ratios, and their verdicts by a margin.
//! Owns the level, the margin and the rule of the verdict, each once. The pair is (case, reference)
//! within one iteration, because neighbours share the state of the machine. It must not know the
//! purpose of a comparison.

mod clear;
mod curve;
mod decide;
mod family;
mod levels;
mod margin;
mod need;
mod over_parts;
mod pairs;
mod ratio;

pub(crate) use clear::{Noise, blocks_until_clear, clearly, moderated};
pub use curve::{Crossover, Curve, CurvePoint, CurveShape};
pub use decide::Direction;
pub(crate) use decide::{Side, Significance, decide, side, worth_more};
pub(crate) use family::verdicts;
pub use levels::{ErrorLevels, FEWEST_PAIRS, error_levels};
pub(crate) use levels::{LEVEL, Levels, stopping};
pub(crate) use margin::{MARGIN, Margin};
pub(crate) use need::{need, pairs_beyond};
pub(crate) use over_parts::{
    blocks_over_parts, moderated_over_parts, need_over_parts, of_pairs, part_ratios,
    spread_over_parts,
};
pub(crate) use pairs::Pairs;
pub(crate) use ratio::{Ratio, of_ratios, paired, ratio};

#[cfg(test)]
mod tests;
