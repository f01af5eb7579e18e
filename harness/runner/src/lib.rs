//! Prepares scratch folders, runs jobs and tells what happened.
mod process;
