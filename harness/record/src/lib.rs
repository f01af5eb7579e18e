//! Reads and writes the folder that a run leaves.
