//! What a comparison needs that is not decided.
//! Owns the count of pairs that an effect needs; a rank test needs about 5 % more than it says.

use super::levels::Levels;
use super::margin::Margin;
use super::ratio::Ratio;
use crate::statistics::{blocks, blocks_within, detectable, fewest};

/// More pairs than these decide nothing in practice.
const MOST_PAIRS: u32 = 10_000;

/// What a comparison that is not decided still needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Need {
    /// Blocks that would decide it with a chance of 80 %, where the effect is what it seems.
    pub(crate) blocks: Option<u32>,
    /// The smallest difference that the blocks at hand show with that chance, as a share; none
    /// where they are too few to show any.
    pub(crate) detectable: Option<f64>,
}

/// Pairs that show with a chance of 80 % that an effect lies beyond a margin, at a level; all are
/// logarithms, as their standard deviation is. Absent where no number of pairs would do.
pub(crate) fn pairs_beyond(deviation: f64, effect: f64, margin: f64, level: f64) -> Option<u32> {
    practical(blocks(deviation, effect, margin, level), level)
}

/// The same for an effect that lies within a margin.
fn pairs_within(deviation: f64, effect: f64, margin: f64, level: f64) -> Option<u32> {
    practical(blocks_within(deviation, effect, margin, level), level)
}

/// No fewer than any test needs, and no more than anybody measures.
fn practical(pairs: Option<u32>, level: f64) -> Option<u32> {
    pairs.map(|pairs| pairs.max(fewest(level))).filter(|pairs| *pairs <= MOST_PAIRS)
}

/// What a comparison needs that is not decided, in a family of so many; absent where nothing can
/// be said of its noise. What lies between the margin and its floor is decided by no number of
/// blocks.
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
    let blocks = match effect {
        effect if effect > least => pairs_beyond(deviation, effect, least, share),
        effect if effect < declared => pairs_within(deviation, effect, declared, alone),
        _ => None,
    };
    let count = ratio.estimate.count;
    let shows = count >= fewest(share) as usize;
    let detectable = shows.then(|| detectable(deviation, count, least, share).exp_m1());
    Some(Need { blocks, detectable })
}
