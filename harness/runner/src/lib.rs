//! Prepares scratch folders, runs jobs and emits events about them.
//! Owns every process and every effect of a measurement. It must not print, and must not know how
//! results are stored: observers receive its events.

#[cfg(not(target_os = "linux"))]
compile_error!(
    "lukewarm measures on Linux only: it reads /proc, adopts orphaned processes and waits by pidfd"
);

mod error;
mod files;
mod job;
pub mod machine;
mod overhead;
mod prepare;
mod process;
mod run;

pub use error::RunnerError;
pub use files::own::{self, user_id};
pub use files::scratch::{place as scratch_place, take as take_scratch};
#[doc(hidden)]
pub use files::tree::{CopyTimes, copy as copy_folder};
pub use job::event::{Event, Observer};
pub use job::scheduled_job::ScheduledJob;
pub use overhead::measure_overhead;
pub use prepare::copies::check as check_copies;
pub use prepare::environment::UserEnvironment;
pub use prepare::identity::{executable_hash, source_identity, survey, toolchain};
pub use prepare::inspection::{Inspection, inspect};
pub use prepare::limits::check as check_runner;
pub use prepare::origin::OriginServer;
pub use prepare::revision::{Revision, revision};
pub use prepare::settings::Settings;
pub use prepare::tools::{InstalledTool, Missing, NamedTool, Surveyed};
pub use prepare::{Prepared, prepare, probe, quiet, sweep};
pub use process::{Processes, end_leftovers, has_descriptors};
pub use run::schedule::OpenCells;
pub use run::{Decide, run};
