//! The front door: the binary lukewarm.

fn main() {}
