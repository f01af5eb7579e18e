//! The overhead of wrappers: which of them are measured, one after the other, and their estimates.
//! Owns the choice. It must not print.

use std::path::Path;

use lukewarm_analysis::CallOverhead;
use lukewarm_cache_tools::CacheTool;
use lukewarm_runner::{RunnerError, Settings, measure_overhead};

use crate::error::SessionError;

/// What is to be measured.
#[derive(Clone, Debug)]
pub struct OverheadRequest {
    /// Names of wrappers; empty for those whose programs are found.
    pub tools: Vec<String>,
    /// The number of pairs of each call.
    pub pairs: u32,
    /// The seed of the order within pairs.
    pub seed: u64,
}

/// Measures the overhead of wrappers with the toolchain of `folder`. `log` receives a line for each
/// slow step, and for each wrapper that is left out.
///
/// # Errors
/// When a name is not that of a wrapper, or a wrapper cannot be measured.
pub fn overhead(
    settings: &Settings,
    request: &OverheadRequest,
    folder: &Path,
    log: &mut dyn FnMut(String),
) -> Result<Vec<CallOverhead>, SessionError> {
    let mut calls = Vec::new();
    for tool in chosen(settings, request, log)? {
        let with = (request.pairs, request.seed);
        let measured = measure_overhead(tool, with, settings, folder, log)?;
        calls.extend(measured.iter().filter_map(lukewarm_analysis::overhead));
    }
    Ok(calls)
}

/// The wrappers that are measured.
fn chosen(
    settings: &Settings,
    request: &OverheadRequest,
    log: &mut dyn FnMut(String),
) -> Result<Vec<&'static dyn CacheTool>, SessionError> {
    let wrappers = || settings.tools.iter().filter(|tool| tool.description().is_wrapper());
    if request.tools.is_empty() {
        let found = lukewarm_runner::survey(settings)?;
        let program = |tool: &dyn CacheTool| tool.program().map(|program| program.name);
        return Ok(wrappers()
            .filter(|tool| {
                let mut of_tool = found.iter().filter(|it| Some(it.name) == program(*tool));
                let is_there = of_tool.any(|it| it.result.is_ok());
                if !is_there {
                    let name = tool.description().name;
                    log(format!("{name} is left out: not found; name it to have it installed"));
                }
                is_there
            })
            .collect());
    }
    let known = || wrappers().map(|tool| tool.description().name);
    let each = request.tools.iter().map(|name| {
        let tool = wrappers().find(|tool| tool.description().name == name);
        tool.ok_or_else(|| {
            RunnerError::Input(lukewarm_plan::unknown("compiler wrapper", name, known())).into()
        })
    });
    each.collect()
}
