//! Raw facts become samples, estimates and comparisons.
