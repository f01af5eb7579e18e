//! The method on plain numbers, for simulations of how often it is right.
//! Owns nothing of the method: it calls what reports and the gate call.

use lukewarm_model::{ComparisonVerdict, Stopping};

use crate::compare::{
    LEVEL, Levels, MARGIN, Margin, Noise, Pairs, Ratio, clearly, moderated, moderated_over_parts,
    of_pairs, paired, ratio, spread_over_parts, verdicts, worth_more,
};
use crate::estimate::Estimate;
use crate::evaluate::ByIteration;
use crate::gate::{self, ChangeVerdict};

/// What a comparison came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// The candidate over the reference.
    pub ratio: Estimate,
    /// What it says.
    pub verdict: ComparisonVerdict,
    /// How many blocks it took.
    pub blocks: usize,
}

/// How comparisons are made: how often is looked, for families of how many.
pub struct Method {
    looks: Option<Vec<u32>>,
    levels: Levels,
}

impl Method {
    /// As a run with so many iterations does it.
    pub fn fixed(family: usize) -> Method {
        Method { looks: None, levels: Levels::of(&Stopping::Fixed, family) }
    }

    /// As a run with looks does it: what is decided at a look gets no more blocks.
    pub fn sequential(family: usize, looks: &[u32]) -> Method {
        let looks = looks.to_vec();
        let levels = Levels::of(&Stopping::Sequential { looks: looks.clone() }, family);
        Method { looks: Some(looks), levels }
    }

    /// Compares candidates with a reference, value by value of the same block. Absent without
    /// values.
    pub fn compare(&self, reference: &[f64], candidates: &[&[f64]]) -> Option<Vec<Trial>> {
        let Some(looks) = &self.looks else { return trials(reference, candidates, &self.levels) };
        let mut ends = vec![usize::MAX; candidates.len()];
        let mut last = None;
        for look in looks {
            let cut = |(values, end): (&&'_ [f64], &usize)| -> Vec<f64> {
                values[..values.len().min(*look as usize).min(*end)].to_vec()
            };
            let seen: Vec<Vec<f64>> = candidates.iter().zip(&ends).map(cut).collect();
            let seen: Vec<&[f64]> = seen.iter().map(Vec::as_slice).collect();
            let trials = trials(reference, &seen, &self.levels)?;
            let mut open = false;
            for (end, trial) in ends.iter_mut().zip(&trials) {
                let more = worth_more(Some(&trial.ratio), &Margin::of(MARGIN));
                match more && !trial.verdict.is_decided() {
                    true => open = true,
                    false => *end = trial.blocks,
                }
            }
            last = Some(trials);
            if !open {
                break;
            }
        }
        last
    }
}

/// What is clear after some blocks: the verdict of each case of each family beside its family's
/// first case, by the noise of all of them. Values are by family, case and block; the first case
/// has none. Absent where nothing is clear.
pub fn clear(families: &[Vec<Vec<f64>>]) -> Vec<Vec<Option<ComparisonVerdict>>> {
    let numbered =
        |values: &Vec<f64>| -> ByIteration { (1..).zip(values.iter().copied()).collect() };
    let rows: Vec<Vec<ByIteration>> =
        families.iter().map(|cases| cases.iter().map(numbered).collect()).collect();
    let noise = Noise::of(&rows.iter().map(|rows| rows.iter().collect()).collect::<Vec<_>>());
    let margin = Margin::of(MARGIN);
    let of = |rows: &Vec<ByIteration>| {
        let verdict =
            |row: &ByIteration| clearly(&moderated(&paired(row, &rows[0]), &noise, 1)?, &margin);
        rows.iter().skip(1).map(verdict).collect()
    };
    rows.iter().map(of).collect()
}

/// The mean of groups' means with its interval of 95 %; absent below three groups.
pub fn mean_over_groups(means: &[f64]) -> Option<[f64; 3]> {
    crate::statistics::mean_over_groups(means, LEVEL)
}

/// Two separate runs as the gate compares them, one time each: the builds of both, and what their
/// calibration loads took.
pub fn apart(builds: [&[f64]; 2], loads: [&[f64]; 2]) -> ChangeVerdict {
    gate::apart(builds, loads, MARGIN)
}

/// What a comparison on several machines came to.
#[derive(Clone, Debug, PartialEq)]
pub struct OverMachines {
    /// The pooled ratio with its interval of 95 %.
    pub pooled: Estimate,
    /// What it says in a family of so many.
    pub verdict: ComparisonVerdict,
    /// What is clear of it; absent where nothing is.
    pub clear: Option<ComparisonVerdict>,
    /// The p-value of "the machines have one ratio"; absent where no machine has two blocks.
    pub p_value: Option<f64>,
}

/// One comparison as a merged record makes it, in a family of so many: the times of reference and
/// candidate on each machine, block by block. Absent without two machines.
pub fn over_machines(machines: &[[Vec<f64>; 2]], family: usize) -> Option<OverMachines> {
    let levels = Levels::of(&Stopping::Fixed, family);
    let of = |(part, [reference, candidate]): (u32, &[Vec<f64>; 2])| -> Vec<(f64, u32)> {
        candidate.iter().zip(reference).map(|(value, by)| (value / by, part)).collect()
    };
    let pairs: Pairs = (0..).zip(machines).flat_map(of).collect();
    let numbered = |side: usize| -> ByIteration {
        (1..).zip(machines.iter().flat_map(|it| it[side].iter().copied())).collect()
    };
    let noise = Noise::of(&[vec![&numbered(0), &numbered(1)]]);
    let margin = Margin::of(MARGIN);
    let pooled = of_pairs(&pairs, levels.alone()).filter(|_| pairs.is_of_several())?;
    let verdict = verdicts(std::slice::from_ref(&pooled), family, &levels, &margin)[0];
    let clear = moderated_over_parts(&pairs, &noise, 1).and_then(|it| clearly(&it, &margin));
    let p_value = spread_over_parts(&pairs).map(|it| it.p_value);
    Some(OverMachines { pooled: pooled.estimate, verdict, clear, p_value })
}

fn trials(reference: &[f64], candidates: &[&[f64]], levels: &Levels) -> Option<Vec<Trial>> {
    let numbered = |values: &[f64]| -> ByIteration { (1..).zip(values.iter().copied()).collect() };
    let reference = numbered(reference);
    let ratios: Option<Vec<Ratio>> = candidates
        .iter()
        .map(|values| ratio(&numbered(values), &reference, levels.alone()))
        .collect();
    let ratios = ratios?;
    let verdicts = verdicts(&ratios, ratios.len(), levels, &Margin::of(MARGIN));
    let trial = |(ratio, verdict): (Ratio, ComparisonVerdict)| Trial {
        blocks: ratio.estimate.count,
        ratio: ratio.estimate,
        verdict,
    };
    Some(ratios.into_iter().zip(verdicts).map(trial).collect())
}

#[cfg(test)]
mod tests;
