//! The limits of a runner, as they are selected.
//! Owns what is wrong with them whatever the machine is; what a machine lacks the runner says.

use lukewarm_model::{Bytes, Runner};

use crate::problem::Problem;

/// A runner with less memory than this cannot even start a compiler.
const LEAST_MEMORY: Bytes = Bytes(100_000_000);

/// What is wrong with a runner.
pub fn problems(runner: Option<Runner>) -> Vec<Problem> {
    let Some(Runner { cpus, memory }) = runner else { return Vec::new() };
    let mut found = Vec::new();
    let mut problem = |place: &str, what: String| {
        found.push(Problem { place: place.to_owned(), what });
    };
    if cpus == Some(0) {
        problem("--cpus", "nothing is built on 0 CPUs: 1 or more".to_owned());
    }
    if let Some(memory) = memory.filter(|memory| *memory < LEAST_MEMORY) {
        let what = format!("{memory} are too little for a compiler: {LEAST_MEMORY} or more");
        problem("--memory", what);
    }
    found
}
