//! Fault injection: which requests fail, and how. A pure state machine with time passed in;
//! `server`, `trace` and `message` carry the faults out.

use lukewarm_model::{Fault, FaultKind, Operation, When};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The fault rules and their counters.
#[derive(Debug)]
pub struct Faults {
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    fault: Fault,
    /// The number of matching requests so far.
    seen: u64,
    /// A random stream per rule, so that adding a rule does not change when the others fire.
    random: ChaCha8Rng,
}

impl Faults {
    /// The rules, with the seed of their random streams.
    pub fn new(faults: &[Fault], seed: u64) -> Faults {
        let rule = |(number, fault): (usize, &Fault)| {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            random.set_stream(number as u64 + 1);
            Rule { fault: fault.clone(), seen: 0, random }
        };
        Faults { rules: faults.iter().enumerate().map(rule).collect() }
    }

    /// The fault of a request that begins at `now`, in seconds since the service started; none
    /// where no rule fires. Every matching rule counts the request; the first that fires wins.
    pub fn next_fault(&mut self, operation: Operation, now: f64) -> Option<FaultKind> {
        let mut fired = None;
        for rule in &mut self.rules {
            if rule.fault.on.is_none_or(|on| on == operation) && rule.fires(now) {
                fired = fired.or(Some(rule.fault.kind));
            }
        }
        fired
    }
}

impl Rule {
    fn fires(&mut self, now: f64) -> bool {
        self.seen += 1;
        let by_time = match self.fault.kind {
            FaultKind::SlowStart(time) => now < time.0,
            FaultKind::TokenExpiry(time) => now >= time.0,
            _ => true,
        };
        by_time
            && match &self.fault.when {
                When::Always => true,
                When::Share(share) => self.random.random::<f64>() < *share,
                When::Every(count) => self.seen.is_multiple_of(*count),
                When::At(numbers) => numbers.contains(&self.seen),
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(texts: &[&str], seed: u64) -> Faults {
        let faults: Vec<Fault> = texts.iter().map(|text| text.parse().unwrap()).collect();
        Faults::new(&faults, seed)
    }

    fn fired(faults: &mut Faults, operation: Operation, count: u64) -> Vec<u64> {
        (1..=count).filter(|_| faults.next_fault(operation, 1.0).is_some()).collect()
    }

    #[test]
    fn schedules_count_the_requests_that_they_are_about() {
        let mut scheduled = faults(&["503/read=#2,5", "flip/write=every 3"], 0);
        assert_eq!(fired(&mut scheduled, Operation::Read, 6), [2, 5]);
        assert_eq!(fired(&mut scheduled, Operation::Write, 7), [3, 6]);
        assert_eq!(fired(&mut scheduled, Operation::Lookup, 9), [] as [u64; 0]);
    }

    #[test]
    fn chances_are_the_share_and_repeat_with_their_seed() {
        let firings = |seed| fired(&mut faults(&["503=5%"], seed), Operation::Read, 10_000);
        let first = firings(1);
        assert!((450..550).contains(&first.len()), "{}", first.len());
        assert_eq!(first, firings(1));
        assert_ne!(first, firings(2));
        let beside = fired(&mut faults(&["503=5%", "flip=0%"], 1), Operation::Read, 10_000);
        assert_eq!(first, beside);
    }

    #[test]
    fn the_first_rule_that_fires_is_the_one() {
        let mut two = faults(&["500=#2", "429"], 0);
        let kinds = [1, 2, 3].map(|_| two.next_fault(Operation::Read, 0.0).unwrap());
        assert_eq!(kinds, [429, 500, 429].map(FaultKind::Status));
    }

    #[test]
    fn a_start_and_an_expiry_go_by_time() {
        let mut timed = faults(&["slow-start@2 s", "token-expiry@10 s"], 0);
        let names = [1.9, 2.0, 9.9, 10.0].map(|now| {
            timed.next_fault(Operation::Read, now).map(|kind| kind.to_string()).unwrap_or_default()
        });
        assert_eq!(names, ["slow-start@2 s", "", "", "token-expiry@10 s"]);
    }
}
