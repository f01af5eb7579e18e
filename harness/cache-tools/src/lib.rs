//! One file a cache tool: its environment, its steps and its statistics.
