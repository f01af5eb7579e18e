//! The same program as `cargo lukewarm`: Cargo puts its own word `lukewarm` before the rest.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut words: Vec<_> = std::env::args_os().collect();
    if words.get(1).is_some_and(|word| word == "lukewarm") {
        words.remove(1);
    }
    lukewarm_cli::main(words)
}
