//! The estimators and tests, one file each, with their sources.
//! Owns arithmetic on plain numbers; what the numbers mean belongs to the callers.

mod geometric_mean;
mod hodges_lehmann;
mod holm;
mod median;
mod signed_rank;

pub(crate) use geometric_mean::geometric_mean;
pub(crate) use hodges_lehmann::hodges_lehmann;
pub(crate) use holm::holm;
pub(crate) use median::{median, range};

#[cfg(test)]
mod simulation;
