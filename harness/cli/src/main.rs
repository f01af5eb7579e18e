//! The binary `lukewarm`.

use std::process::ExitCode;

fn main() -> ExitCode {
    lukewarm_cli::main(std::env::args_os().collect())
}
