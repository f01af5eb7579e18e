//! A recommendation with what its bills rest on: what every format is made of.
//! Owns the form only.

use lukewarm_analysis::Recommendation;
use lukewarm_model::Prices;

/// The prices that a bill rests on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BilledBy<'a> {
    /// The file's prices.
    pub prices: &'a Prices,
    /// The name of the runner.
    pub runner: &'a str,
}

/// A recommendation with what its bills rest on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RecommendationReport<'a> {
    /// What is recommended.
    pub recommendation: &'a Recommendation,
    /// What its bills rest on; absent where there are none.
    pub billed_by: Option<BilledBy<'a>>,
}
