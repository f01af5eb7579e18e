//! A diagnosis as `lukewarm doctor --json` answers it.
//! Owns the form of the answer; machine, toolchain and tools have the form that a record gives
//! them. What is looked at is `doctor`'s.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lukewarm_model::described::JsonSchema;
use lukewarm_wire::v1;
use serde::Serialize;

use crate::doctor::{Diagnosis, FoundTool};

/// The state of this machine, as far as it matters for measuring.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Diagnosis")]
pub struct DiagnosisAnswer<'a> {
    /// The machine.
    host: v1::Host,
    /// The folder that builds happen in.
    scratch: &'a Path,
    /// The toolchain of the current folder; none where there is none.
    toolchain: Option<v1::Toolchain>,
    /// Paths of the programs that builds and scenarios need besides Rust; null for a missing one.
    programs: &'a BTreeMap<&'static str, Option<PathBuf>>,
    /// The cache tools.
    tools: Vec<ToolAnswer<'a>>,
    /// What the calibration load took, once a turn.
    calibration: Vec<v1::Probe>,
    /// What the calibration load takes when this machine is quiet, where that is known.
    quiet: Option<v1::QuietMachine>,
    /// What would distort measurements, each with advice.
    warnings: Vec<v1::Warning>,
}

/// A cache tool, or why it was not found.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Tool")]
struct ToolAnswer<'a> {
    /// Its name.
    name: &'static str,
    /// Its executable.
    path: Option<&'a Path>,
    /// Its version, and which program it is.
    identity: Option<v1::ToolIdentity>,
    /// Where it was looked for and what was wrong there.
    missing: &'a [String],
}

impl Diagnosis {
    /// The diagnosis for machines.
    pub fn answer(&self) -> DiagnosisAnswer<'_> {
        let Diagnosis { host, scratch, toolchain, programs, tools, calibration, quiet, warnings } =
            self;
        DiagnosisAnswer {
            host: host.clone().into(),
            scratch,
            toolchain: toolchain.clone().map(Into::into),
            programs,
            tools: tools.iter().map(ToolAnswer::from).collect(),
            calibration: calibration.iter().map(|probe| (*probe).into()).collect(),
            quiet: quiet.clone().map(Into::into),
            warnings: warnings.iter().cloned().map(Into::into).collect(),
        }
    }

    /// The JSON Schema of that answer.
    #[cfg(feature = "schema")]
    pub fn schema() -> schemars::Schema {
        lukewarm_model::schema_of::<DiagnosisAnswer<'_>>()
    }
}

impl<'a> From<&'a FoundTool> for ToolAnswer<'a> {
    fn from(tool: &'a FoundTool) -> ToolAnswer<'a> {
        let FoundTool { name, path, identity, missing } = tool;
        ToolAnswer {
            name,
            path: path.as_deref(),
            identity: identity.clone().map(Into::into),
            missing,
        }
    }
}
