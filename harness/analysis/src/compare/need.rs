//! The sample size that an undecided comparison needs.
//! Owns the number of pairs for an effect; a rank test needs about 5 % more than it says.

use super::levels::Levels;
use super::margin::Margin;
use super::ratio::Ratio;
use crate::statistics::{blocks, blocks_within, detectable, fewest};

/// The largest number of pairs that is reported as a need.
const MOST_PAIRS: u32 = 10_000;

/// The sample size that an undecided comparison still needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Need {
    /// Blocks that would decide it with a power of 80 %, if the effect is as estimated.
    pub(crate) blocks: Option<u32>,
    /// The smallest difference that the present blocks detect with that power, as a share; absent
    /// where they are too few to detect any.
    pub(crate) detectable: Option<f64>,
}

/// Pairs that show with a power of 80 % that an effect lies beyond a margin, at a level; all are
/// logarithms, as is their standard deviation. Absent where no number of pairs is enough.
pub(crate) fn pairs_beyond(deviation: f64, effect: f64, margin: f64, level: f64) -> Option<u32> {
    blocks(deviation, effect, margin, level).map(|pairs| pairs.max(fewest(level)))
}

/// The same for an effect that lies within a margin.
fn pairs_within(deviation: f64, effect: f64, margin: f64, level: f64) -> Option<u32> {
    blocks_within(deviation, effect, margin, level).map(|pairs| pairs.max(fewest(level)))
}

/// The need of an undecided comparison in a family of `planned`; absent where its noise is unknown.
/// A difference between the margin and the A/A floor is decided by no number of blocks.
pub(crate) fn need(
    ratio: &Ratio,
    planned: usize,
    levels: &Levels,
    margin: &Margin,
) -> Option<Need> {
    let deviation = ratio.deviation?;
    let effect = ratio.estimate.point.ln().abs();
    let (declared, least) = (margin.declared.ln_1p(), margin.least().ln_1p());
    // Differences are corrected for the family, *same* is not.
    let (alone, share) = (levels.alone(), levels.share(planned));
    let needed = match effect {
        effect if effect > least => pairs_beyond(deviation, effect, least, share),
        effect if effect < declared => pairs_within(deviation, effect, declared, alone),
        _ => None,
    };
    let count = ratio.estimate.count;
    let shows = count >= fewest(share) as usize;
    let detectable = shows.then(|| detectable(deviation, count, least, share).exp_m1());
    Some(Need { blocks: needed.filter(|pairs| *pairs <= MOST_PAIRS), detectable })
}
