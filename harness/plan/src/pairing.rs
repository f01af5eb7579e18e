//! What is compared with what, and what that means for how a run spends its time.
//! Owns the rule. It must not know names.

use lukewarm_model::{Allocation, Order};

use crate::catalogue::Length;

/// What is compared with what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pairing {
    /// Every scenario with the reference, and the fastest with each other.
    #[default]
    WithReference,
    /// A baseline with a candidate, by the gate's rule.
    BaselineAndCandidate,
}

/// A run that ends by what it finds spends its time by what it finds.
pub(crate) fn allocation(order: Order, pairing: Pairing, length: &Length) -> Allocation {
    match (length, order, pairing) {
        (Length::Looks(_), Order::Interleaved, Pairing::WithReference) => Allocation::Adaptive,
        _ => Allocation::Even,
    }
}
