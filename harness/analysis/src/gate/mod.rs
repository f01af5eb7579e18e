//! The regression gate: did a candidate get worse than a baseline?
//! Owns which cases are compared, the rule of each kind of metric, and the answer. It must not have
//! effects: two evaluated records and thresholds in, every change out.

mod answer;
mod apart;
mod change;
mod exact;
mod noisy;
mod pair;

pub use answer::{Answer, Gate, Hosts, InvalidJob, gate, gate_open};
pub use apart::Calibration;
pub(crate) use apart::apart;
pub use change::{Change, ChangeVerdict, Spread};
pub use pair::{Pair, pairs_of_runs, pairs_of_scenarios, pairs_of_workspaces};

#[cfg(test)]
mod tests;
