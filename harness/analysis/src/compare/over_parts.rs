//! Ratios that several machines measured, or one in several sittings: each has its own, and the
//! pooled one has an interval that holds what they differ by.
//! Owns the pooled estimate: a t interval over the parts' ratios, each of which counts once. With
//! few parts it is wide; what is obvious nevertheless is said by a moderated t test, whose prior is
//! what machines of one kind are assumed to differ by. It must not pool machines of two kinds.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::clear::{Noise, quantile};
use super::levels::{LEVEL, Levels};
use super::margin::Margin;
use super::pairs::Pairs;
use super::ratio::{Ratio, of_ratios};
use crate::estimate::{Estimate, Estimator};
use crate::statistics::{GroupSpread, deviation, group_mean, group_spread, power_quantile};

/// What machines of one kind are assumed to differ by where few were measured: the standard
/// deviation of the logarithm of a ratio between machines. Two runs of `cli` on machines of one
/// kind, days apart, differ by 0.2 to 0.3, most by far less.
const ASSUMED_SPREAD: f64 = 0.10;
/// The degrees of freedom that this assumption counts for.
const ASSUMED_FREEDOM: f64 = 4.0;
/// The most machines that are said to be needed.
const MOST_PARTS: u32 = 100;
/// The most blocks of each machine that are said to be needed.
const MOST_BLOCKS_EACH: u32 = 1000;

/// What an undecided comparison over parts still needs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct PartsNeed {
    /// Blocks in all, on the same machines, that would decide it with a power of 80 %; absent where
    /// no number would, since what the machines differ by stays.
    pub(crate) blocks: Option<u32>,
    /// Machines, with as many blocks as these have on average, that would decide it.
    pub(crate) parts: Option<u32>,
    /// The smallest difference that is detected with what there is, as a share.
    pub(crate) detectable: Option<f64>,
}

/// The ratio of each part, in their order: exact where it has pairs enough, else their range.
pub(crate) fn part_ratios(pairs: &Pairs) -> Vec<(u32, Estimate)> {
    let of = |(part, ratios): (u32, Vec<f64>)| Some((part, of_ratios(&ratios, LEVEL)?.estimate));
    pairs.by_part().into_iter().filter_map(of).collect()
}

/// The estimate of pairs: of one part as [`of_ratios`] has it, of several pooled.
pub(crate) fn of_pairs(pairs: &Pairs, level: f64) -> Option<Ratio> {
    match pairs.is_of_several() {
        true => pooled(pairs, level),
        false => of_ratios(pairs.ratios(), level),
    }
}

/// The pooled ratio of several parts, each of which counts once, with the t interval of confidence
/// `1 - level` over them.
fn pooled(pairs: &Pairs, level: f64) -> Option<Ratio> {
    let found = group_mean(&logs_of_points(pairs), level)?;
    let estimate = Estimate {
        point: found.mean.exp(),
        low: found.low.exp(),
        high: found.high.exp(),
        estimator: Estimator::TOfMachines,
        count: pairs.len(),
    };
    Some(Ratio { estimate, p_value: Some(found.p_value), deviation: None })
}

/// Whether the parts have one ratio, and how far theirs lie apart.
pub(crate) fn spread_over_parts(pairs: &Pairs) -> Option<GroupSpread> {
    let groups = logs_by_part(pairs);
    group_spread(&groups.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

/// The estimate of several parts by the rule of what is clear, at the level that belongs to their
/// number, shared by so many comparisons. Absent where one part measured all.
pub(crate) fn moderated_over_parts(
    pairs: &Pairs,
    noise: &Noise,
    shares: usize,
) -> Option<Estimate> {
    if !pairs.is_of_several() {
        return None;
    }
    let points = logs_of_points(pairs);
    let count = points.len() as f64;
    let (variance, freedom) = moderated_variance(pairs, noise)?;
    let half = quantile(count, freedom, shares)? * (variance / count).sqrt();
    let middle = points.iter().sum::<f64>() / count;
    Some(Estimate {
        point: middle.exp(),
        low: (middle - half).exp(),
        high: (middle + half).exp(),
        estimator: Estimator::ModeratedTOfMachines,
        count: pairs.len(),
    })
}

/// The variance of a part's log ratio: what is assumed together with what is seen, and its degrees
/// of freedom.
fn moderated_variance(pairs: &Pairs, noise: &Noise) -> Option<(f64, f64)> {
    let parts = pairs.by_part();
    let each: f64 = parts.values().map(|ratios| 1.0 / ratios.len() as f64).sum();
    let assumed = ASSUMED_SPREAD.powi(2) + noise.of_pair() * each / parts.len() as f64;
    let (own, freedom) = (deviation(&logs_of_points(pairs))?.powi(2), parts.len() as f64 - 1.0);
    let all = ASSUMED_FREEDOM + freedom;
    Some(((ASSUMED_FREEDOM * assumed + freedom * own) / all, all))
}

/// What an undecided comparison needs: `planned` are in its family.
pub(crate) fn need_over_parts(
    pairs: &Pairs,
    noise: &Noise,
    planned: usize,
    levels: &Levels,
    margin: &Margin,
) -> PartsNeed {
    let points = logs_of_points(pairs);
    let (Some(own), count) = (deviation(&points), points.len() as u32) else {
        return PartsNeed::default();
    };
    let effect = (points.iter().sum::<f64>() / points.len() as f64).abs();
    let aim = Aim::of(effect, planned, levels, margin);
    let error = |variance: f64, parts: u32| (variance / f64::from(parts)).sqrt();
    let more_parts = aim.and_then(|aim| {
        let clear = moderated_variance(pairs, noise).map(|(variance, _)| variance);
        let is_enough = |parts: u32| {
            let clearly = clear.is_some_and(|it| aim.is_clear(error(it, parts), parts));
            aim.is_met(error(own.powi(2), parts), parts) || clearly
        };
        (count + 1..=MOST_PARTS).find(|parts| is_enough(*parts))
    });
    let more_blocks = aim.and_then(|aim| more_blocks(pairs, aim));
    let share = levels.share(planned);
    let detectable = t_quantile(share, count).map(|t| {
        let error = error(own.powi(2), count);
        (power_quantile() * error + (t * error).max(margin.least().ln_1p())).exp_m1()
    });
    PartsNeed { blocks: more_blocks, parts: more_parts, detectable }
}

/// Blocks in all, on the same machines, that show with a power of 80 % that their ratio is not 1;
/// absent where no number would.
pub(crate) fn blocks_over_parts(pairs: &Pairs, level: f64) -> Option<u32> {
    let points = logs_of_points(pairs);
    let effect = (points.iter().sum::<f64>() / points.len() as f64).abs();
    more_blocks(pairs, Aim { effect, kind: AimKind::Beyond(effect), level })
}

/// Blocks in all, on the same machines, that meet an aim: only the noise within machines shrinks
/// with them.
fn more_blocks(pairs: &Pairs, aim: Aim) -> Option<u32> {
    let spread = spread_over_parts(pairs)?;
    let count = pairs.by_part().len() as u32;
    let each = (pairs.len() as u32).div_ceil(count);
    let error = |blocks: u32| {
        ((spread.between + spread.within / f64::from(blocks)) / f64::from(count)).sqrt()
    };
    let found = (each + 1..=MOST_BLOCKS_EACH).find(|blocks| aim.is_met(error(*blocks), count));
    found.map(|blocks| blocks * count)
}

/// What is to be shown of an effect, at which level.
#[derive(Clone, Copy)]
struct Aim {
    effect: f64,
    kind: AimKind,
    level: f64,
}

#[derive(Clone, Copy)]
enum AimKind {
    /// That it lies beyond the margin by so much.
    Beyond(f64),
    /// That it lies within the margin, from which it is so far.
    Within(f64),
}

impl Aim {
    /// None where no number would do: the effect lies between the margin and the A/A floor.
    fn of(effect: f64, planned: usize, levels: &Levels, margin: &Margin) -> Option<Aim> {
        let (declared, least) = (margin.declared.ln_1p(), margin.least().ln_1p());
        // Differences are corrected for the family, *same* is not.
        let (kind, level) = match effect {
            effect if effect > least => (AimKind::Beyond(effect - least), levels.share(planned)),
            effect if effect < declared => (AimKind::Within(declared - effect), levels.alone()),
            _ => return None,
        };
        Some(Aim { effect, kind, level })
    }

    /// Whether a standard error over so many parts is small enough for a power of 80 %.
    fn is_met(&self, error: f64, parts: u32) -> bool {
        let Some(t) = t_quantile(self.level, parts) else { return false };
        match self.kind {
            AimKind::Beyond(room) => {
                (t + power_quantile()) * error <= self.effect && power_quantile() * error <= room
            }
            AimKind::Within(room) => (t + power_quantile()) * error <= room,
        }
    }

    /// The same for a difference that is to be clear.
    fn is_clear(&self, error: f64, parts: u32) -> bool {
        let freedom = ASSUMED_FREEDOM + f64::from(parts) - 1.0;
        let quantile = quantile(f64::from(parts), freedom, 1);
        matches!(self.kind, AimKind::Beyond(_))
            && quantile.is_some_and(|it| (it + power_quantile()) * error < self.effect)
    }
}

/// The quantile of the t distribution with one degree of freedom less than parts.
fn t_quantile(level: f64, parts: u32) -> Option<f64> {
    let t = StudentsT::new(0.0, 1.0, f64::from(parts.checked_sub(1)?)).ok()?;
    Some(-t.inverse_cdf(level / 2.0))
}

/// The logarithms of the parts' ratios.
fn logs_of_points(pairs: &Pairs) -> Vec<f64> {
    part_ratios(pairs).into_iter().map(|(_, ratio)| ratio.point.ln()).collect()
}

fn logs_by_part(pairs: &Pairs) -> Vec<Vec<f64>> {
    let logs = |ratios: Vec<f64>| ratios.into_iter().map(f64::ln).collect();
    pairs.by_part().into_values().map(logs).collect()
}

#[cfg(test)]
mod tests {
    use lukewarm_model::Stopping;

    use super::*;
    use crate::compare::{MARGIN, clearly};

    /// Pairs of machines with these log ratios, and noise around them.
    fn machines(logs: &[f64], each: u32, noise: f64) -> Pairs {
        let of = |(part, middle): (u32, &f64)| {
            let middle = *middle;
            (0..each).map(move |block| {
                let own = if block % 2 == 0 { noise } else { -noise };
                ((middle + own).exp(), part)
            })
        };
        (0..).zip(logs).flat_map(of).collect()
    }

    fn levels(family: usize) -> Levels {
        Levels::of(&Stopping::Fixed, family)
    }

    #[test]
    fn pairs_of_one_machine_are_what_they_were_and_those_of_several_are_pooled() {
        let one = Pairs::of_one(&[0.5, 0.51, 0.49, 0.52, 0.5, 0.48]);
        assert_eq!(of_pairs(&one, 0.05), of_ratios(one.ratios(), 0.05));
        // Logs −0.6, −0.7, −0.8: mean −0.7, t of 2 degrees 4.303, deviation 0.1.
        let pooled = of_pairs(&machines(&[-0.6, -0.7, -0.8], 4, 0.01), 0.05).unwrap();
        let half = 4.302_65 * 0.1 / 3f64.sqrt();
        assert_eq!(pooled.estimate.estimator, Estimator::TOfMachines);
        assert_eq!(pooled.estimate.count, 12);
        assert!((pooled.estimate.point.ln() + 0.7).abs() < 1e-9, "{pooled:?}");
        assert!((pooled.estimate.high.ln() - (half - 0.7)).abs() < 1e-5, "{pooled:?}");
        assert!(pooled.p_value.unwrap() < 0.01);
    }

    #[test]
    fn each_machine_counts_once_however_many_blocks_it_has() {
        let many = [vec![(0.5, 0); 30], vec![(0.8, 1); 2]].concat();
        let found = of_pairs(&many.into_iter().collect(), 0.05).unwrap();
        assert!((found.estimate.point - 0.4f64.sqrt()).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn more_pairs_do_not_shrink_what_machines_differ_by() {
        let width = |each| {
            let it = of_pairs(&machines(&[-0.1, 0.0, 0.2], each, 0.05), 0.05).unwrap().estimate;
            (it.high / it.low).ln()
        };
        assert!((width(4) - width(400)).abs() < 1e-9);
        let spread = spread_over_parts(&machines(&[-0.1, 0.0, 0.2], 400, 0.05)).unwrap();
        assert!((spread.between.sqrt() - 0.1528).abs() < 1e-3, "{spread:?}");
        assert!(spread.p_value < 1e-9);
    }

    #[test]
    fn what_is_obvious_on_two_machines_is_clear_and_what_is_near_is_not() {
        let noise = Noise::of(&[]);
        let said =
            |pairs: &Pairs| clearly(&moderated_over_parts(pairs, &noise, 1)?, &Margin::of(MARGIN));
        use lukewarm_model::ComparisonVerdict::{ClearlyFaster, ClearlySlower};
        let two = |a: f64, b: f64| machines(&[a.ln(), b.ln()], 4, 0.02);
        assert_eq!(said(&two(0.4, 0.42)), Some(ClearlyFaster));
        assert_eq!(said(&two(2.5, 2.2)), Some(ClearlySlower));
        assert_eq!(said(&two(0.85, 0.86)), None);
        assert_eq!(said(&two(0.3, 0.9)), None, "machines that do not agree are not believed");
        assert_eq!(said(&Pairs::of_one(&[0.1; 8])), None, "one machine has its own rule");
        // The t interval of two machines says nothing of it.
        let exact = of_pairs(&two(0.4, 0.44), 0.05 / 5.0).unwrap().estimate;
        assert!(exact.high > 1.0, "{exact:?}");
    }

    #[test]
    fn where_machines_differ_more_machines_decide_and_more_blocks_do_not() {
        let (noise, levels, margin) = (Noise::of(&[]), levels(1), Margin::of(MARGIN));
        let need = |pairs: &Pairs| need_over_parts(pairs, &noise, 1, &levels, &margin);
        let apart = need(&machines(&[-0.02, -0.25, -0.1], 10, 0.02));
        assert_eq!(apart.blocks, None, "{apart:?}");
        assert!(apart.parts.is_some_and(|it| (5..20).contains(&it)), "{apart:?}");
        // All of it is noise within machines.
        let noisy = need(&machines(&[-0.10, -0.16, -0.04], 4, 0.25));
        assert!(noisy.blocks.is_some_and(|it| it > 12 && it % 3 == 0), "{noisy:?}");
        assert!(noisy.detectable.is_some_and(|it| it > 0.1), "{noisy:?}");
        let nothing = need(&machines(&[-0.1, 0.1, 0.0], 4, 0.01));
        assert_eq!(nothing.blocks, None, "what differs that much is never the same");
    }
}
