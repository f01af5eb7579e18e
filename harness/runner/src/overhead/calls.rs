//! The calls whose overhead is measured: the compiler's arguments, and the scenario of a tool.
//! Owns what makes a hit and a miss. It must not start a process.

use std::ffi::OsString;
use std::path::Path;

use lukewarm_cache_tools::CacheTool;
use lukewarm_model::{Scenario, WrappedCall};

/// The compiler's arguments of a call. Each miss is another compilation.
pub fn rustc_words(call: WrappedCall, number: u32, out: &Path) -> Vec<OsString> {
    if call == WrappedCall::Version {
        return vec!["-vV".into()];
    }
    let number = if call == WrappedCall::Miss { number } else { 0 };
    let metadata = format!("metadata={number}{}", if number == 0 { "" } else { "m" });
    let words = [
        "--crate-name=nothing",
        "--edition=2021",
        "src/lib.rs",
        "--crate-type=lib",
        "--emit=dep-info,metadata,link",
        "-C",
        &metadata,
        "-C",
        &format!("extra-filename=-{number}"),
        "--out-dir",
    ];
    words.into_iter().map(OsString::from).chain([out.into()]).collect()
}

/// A scenario of the tool by itself.
pub fn scenario(tool: &'static dyn CacheTool) -> Scenario {
    let name = tool.description().name;
    Scenario::of_tool(name, name)
}
