//! Raw facts become samples, samples become findings.
//! Owns every statistic of the project. It must not touch disk, network, process or clock.

mod findings;

pub use findings::{Comparison, Doubt, Estimate, Estimator, Findings, Measured, Row};

#[cfg(test)]
mod example_run;
#[cfg(test)]
mod examples;
