//! Records merged from several machines: how often the pooled interval covers the truth and a
//! verdict is false where machines differ, and how often it is found that one of them does. The
//! procedures that are not used are here as well, with what speaks against them.

use std::fmt::Write;

use lukewarm_analysis::trial::{Method, OverMachines, over_machines};
use lukewarm_model::ComparisonVerdict;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use statrs::distribution::{ChiSquared, ContinuousCDF, FisherSnedecor, StudentsT};

use crate::TRIALS;
use crate::noise::normal;

/// The times of reference and candidate on one machine.
type OneMachine = [Vec<f64>; 2];
/// Log ratios by machine.
type Ratios = Vec<Vec<f64>>;

/// How machines are drawn: blocks and noise of each, and the ratio.
struct Draw<'a> {
    /// Blocks of each machine.
    blocks: &'a [usize],
    /// The deviation of a log ratio within a machine.
    within: f64,
    /// How much noisier the last machine is.
    noisier: f64,
    /// The deviation between machines.
    between: f64,
    /// The true ratio, and by how much it differs on the last machine.
    factor: f64,
    last: f64,
}

impl Draw<'_> {
    fn machines(&self, random: &mut ChaCha8Rng) -> Vec<OneMachine> {
        let end = self.blocks.len() - 1;
        let one = |(place, blocks): (usize, &usize)| {
            let of_last = |factor: f64| if place == end { factor } else { 1.0 };
            let ratio = self.factor * of_last(self.last) * (self.between * normal(random)).exp();
            let noise = self.within * of_last(self.noisier) / std::f64::consts::SQRT_2;
            let mut row = |factor: f64| -> Vec<f64> {
                (0..*blocks).map(|_| 10.0 * factor * (noise * normal(random)).exp()).collect()
            };
            [row(1.0), row(ratio)]
        };
        self.blocks.iter().enumerate().map(one).collect()
    }
}

/// All tables about machines.
pub fn machines(text: &mut String) {
    pooled(text);
    heterogeneity(text);
}

/// Coverage and false verdicts of the pooled ratio, beside what is not used.
fn pooled(text: &mut String) {
    writeln!(
        text,
        "\n### Over machines: the 95 % interval covers the truth, and false verdicts, in %\n"
    )
    .unwrap();
    writeln!(
        text,
        "| machines × blocks | between | within | t, as reported | Hartung–Knapp, not used | pairs \
         as of one machine, not used | false faster or slower | false clearly | 0.8 found | 0.8 \
         clearly |"
    )
    .unwrap();
    writeln!(text, "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|").unwrap();
    let plans: [(&str, &[usize]); 6] = [
        ("2 × 6", &[6; 2]),
        ("3 × 6", &[6; 3]),
        ("4 × 6", &[6; 4]),
        ("3 × 8, 1 × 2", &[8, 8, 8, 2]),
        ("8 × 6", &[6; 8]),
        ("4 × 2", &[2; 4]),
    ];
    for (name, blocks) in plans {
        for between in [0.0, 0.02, 0.05, 0.1] {
            for within in [0.05, 0.15] {
                eprintln!("machines: {name}, between {between}, within {within}");
                let line = line(blocks, between, within);
                writeln!(text, "| {name} | {between} | {within} | {line} |").unwrap();
            }
        }
    }
}

/// The cells of one line.
fn line(blocks: &[usize], between: f64, within: f64) -> String {
    let draw = Draw { blocks, within, noisier: 1.0, between, factor: 1.0, last: 1.0 };
    let mut random = ChaCha8Rng::seed_from_u64(blocks.len() as u64);
    let (mut t, mut knapp, mut one) = (0, 0, 0);
    let (mut wrong, mut clear) = (0, 0);
    let single = Method::fixed(1);
    for _ in 0..TRIALS {
        let machines = draw.machines(&mut random);
        let found = over_machines(&machines, 1).unwrap();
        let covers = |low: f64, high: f64| u64::from(low <= 1.0 && 1.0 <= high);
        t += covers(found.pooled.low, found.pooled.high);
        wrong += u64::from(found.verdict.direction().is_some());
        clear += u64::from(found.clear.is_some());
        let (low, high) = hartung_knapp(&ratios(&machines));
        knapp += covers(low.exp(), high.exp());
        let [reference, candidate] = [0, 1].map(|side| {
            machines.iter().flat_map(|it| it[side].iter().copied()).collect::<Vec<f64>>()
        });
        let ratio = single.compare(&reference, &[&candidate]).unwrap().remove(0).ratio;
        one += covers(ratio.low, ratio.high);
    }
    let faster = Draw { factor: 0.8, ..draw };
    let found: Vec<OverMachines> =
        (0..TRIALS).map(|_| over_machines(&faster.machines(&mut random), 1).unwrap()).collect();
    let share = |count: u64| 100.0 * count as f64 / TRIALS as f64;
    let shown =
        |is: &dyn Fn(&OverMachines) -> bool| share(found.iter().filter(|it| is(it)).count() as u64);
    format!(
        "{:.1} | {:.1} | {:.1} | {:.1} | {:.2} | {:.1} | {:.1}",
        share(t),
        share(knapp),
        share(one),
        share(wrong),
        share(clear),
        shown(&|it| it.verdict == ComparisonVerdict::Faster || it.clear.is_some()),
        shown(&|it| it.clear.is_some())
    )
}

/// How often machines that do not differ are said to, and one that does is found.
fn heterogeneity(text: &mut String) {
    writeln!(text, "\n### Whether machines differ: said at 5 %, in %\n").unwrap();
    writeln!(
        text,
        "| machines × blocks | within | the last machine | Brown–Forsythe, as reported | F | F by \
         permutation | Kruskal–Wallis | Cochran’s Q |"
    )
    .unwrap();
    writeln!(text, "|---|--:|---|--:|--:|--:|--:|--:|").unwrap();
    let plans: [(&str, &[usize]); 6] = [
        ("2 × 6", &[6; 2]),
        ("3 × 6", &[6; 3]),
        ("4 × 3", &[3; 4]),
        ("4 × 6", &[6; 4]),
        ("3 × 8, 1 × 2", &[8, 8, 8, 2]),
        ("8 × 6", &[6; 8]),
    ];
    for (name, blocks) in plans {
        for within in [0.05, 0.10, 0.15] {
            for (last, noisier, words) in
                [(1.0, 1.0, "as the others"), (1.0, 2.0, "twice as noisy"), (1.25, 1.0, "1.25 ×")]
            {
                // Without a difference only the noises' ratio matters.
                if last == 1.0 && within != 0.10 {
                    continue;
                }
                eprintln!("heterogeneity: {name}, {within}, {words}");
                let draw = Draw { blocks, within, noisier, between: 0.0, factor: 0.5, last };
                let cells = said_to_differ(&draw).map(|it| format!("{it:.1}"));
                writeln!(text, "| {name} | {within} | {words} | {} |", cells.join(" | ")).unwrap();
            }
        }
    }
}

/// How often each test says that the machines differ.
fn said_to_differ(draw: &Draw<'_>) -> [f64; 5] {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut hits = [0_u64; 5];
    for _ in 0..TRIALS {
        let machines = draw.machines(&mut random);
        let ratios = ratios(&machines);
        let p_values = [
            over_machines(&machines, 1).unwrap().p_value.unwrap(),
            f_test(&ratios),
            permuted(&ratios, &mut random),
            kruskal_wallis(&ratios),
            cochran(&ratios),
        ];
        for (hit, p_value) in hits.iter_mut().zip(p_values) {
            *hit += u64::from(p_value <= 0.05);
        }
    }
    hits.map(|it| 100.0 * it as f64 / TRIALS as f64)
}

fn ratios(machines: &[OneMachine]) -> Ratios {
    let of = |[reference, candidate]: &OneMachine| -> Vec<f64> {
        candidate.iter().zip(reference).map(|(value, by)| (value / by).ln()).collect()
    };
    machines.iter().map(of).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn variance(values: &[f64]) -> f64 {
    let own = mean(values);
    values.iter().map(|it| (it - own).powi(2)).sum::<f64>() / (values.len() as f64 - 1.0)
}

/// The sum of squares between groups.
fn outside(groups: &Ratios) -> f64 {
    let all = mean(&groups.concat());
    groups.iter().map(|it| it.len() as f64 * (mean(it) - all).powi(2)).sum()
}

/// The variance within groups, of all together.
fn inside(groups: &Ratios) -> f64 {
    let freedom: usize = groups.iter().map(|it| it.len() - 1).sum();
    let squares = groups.iter().map(|it| variance(it) * (it.len() as f64 - 1.0));
    squares.sum::<f64>() / freedom as f64
}

/// The modified Hartung–Knapp–Sidik–Jonkman interval with the variance of Paule and Mandel.
fn hartung_knapp(groups: &Ratios) -> (f64, f64) {
    let (points, within) = (groups.iter().map(|it| mean(it)), inside(groups));
    let points: Vec<f64> = points.collect();
    let freedom = points.len() as f64 - 1.0;
    let of = |between: f64| {
        let weights: Vec<f64> =
            groups.iter().map(|it| 1.0 / (between + within / it.len() as f64)).collect();
        let sum: f64 = weights.iter().sum();
        let middle = weights.iter().zip(&points).map(|(w, it)| w * it).sum::<f64>() / sum;
        let squares: f64 =
            weights.iter().zip(&points).map(|(w, it)| w * (it - middle).powi(2)).sum();
        (middle, sum, squares / freedom)
    };
    let (mut low, mut high) = (0.0, 10.0);
    for _ in 0..60 {
        let between = f64::midpoint(low, high);
        if of(between).2 > 1.0 { low = between } else { high = between }
    }
    let (middle, sum, q) = of(low);
    let t = StudentsT::new(0.0, 1.0, freedom).unwrap().inverse_cdf(0.975);
    let half = t * (q.max(1.0) / sum).sqrt();
    (middle - half, middle + half)
}

/// The F test by random permutation of blocks over machines.
fn permuted(groups: &Ratios, random: &mut impl Rng) -> f64 {
    const TURNS: usize = 199;
    let (seen, mut all) = (outside(groups), groups.concat());
    let mut beyond = 1;
    for _ in 0..TURNS {
        for last in (1..all.len()).rev() {
            all.swap(last, random.random_range(0..=last));
        }
        let mut rest = &all[..];
        let anew = groups.iter().map(|it| {
            let (own, left) = rest.split_at(it.len());
            rest = left;
            own.to_vec()
        });
        beyond += usize::from(outside(&anew.collect()) >= seen * (1.0 - 1e-12));
    }
    beyond as f64 / (TURNS + 1) as f64
}

/// The F test, which takes the noise of all machines for the same.
fn f_test(groups: &Ratios) -> f64 {
    let total: usize = groups.iter().map(|it| it.len()).sum();
    let freedom = [groups.len() as f64 - 1.0, (total - groups.len()) as f64];
    let f = outside(groups) / freedom[0] / inside(groups);
    FisherSnedecor::new(freedom[0], freedom[1]).unwrap().sf(f)
}

/// Kruskal and Wallis's test with its chi-squared approximation.
fn kruskal_wallis(groups: &Ratios) -> f64 {
    let mut order: Vec<(usize, f64)> = groups
        .iter()
        .enumerate()
        .flat_map(|(group, values)| values.iter().map(move |it| (group, *it)))
        .collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut sums = vec![0.0; groups.len()];
    for (rank, (group, _)) in (1..).zip(&order) {
        sums[*group] += f64::from(rank);
    }
    let total = order.len() as f64;
    let squares: f64 = sums.iter().zip(groups).map(|(sum, it)| sum * sum / it.len() as f64).sum();
    let h = 12.0 / (total * (total + 1.0)) * squares - 3.0 * (total + 1.0);
    ChiSquared::new(groups.len() as f64 - 1.0).unwrap().sf(h)
}

/// Cochran's Q with each machine's own variance, as if it were known.
fn cochran(groups: &Ratios) -> f64 {
    let weights: Vec<f64> = groups.iter().map(|it| it.len() as f64 / variance(it)).collect();
    let sum: f64 = weights.iter().sum();
    let middle = weights.iter().zip(groups).map(|(w, it)| w * mean(it)).sum::<f64>() / sum;
    let q: f64 = weights.iter().zip(groups).map(|(w, it)| w * (mean(it) - middle).powi(2)).sum();
    ChiSquared::new(groups.len() as f64 - 1.0).unwrap().sf(q)
}
