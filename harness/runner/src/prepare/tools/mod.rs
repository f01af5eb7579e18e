//! Where each cache tool's program is: named by the user, on `PATH`, or in the tool folder, into
//! which it may be installed. It must not measure a program whose version it cannot read.

mod install;
mod install_record;
mod search;
mod version_query;

pub use install::install;
pub use search::{
    InstalledTool, Missing, NamedTool, Search, SearchPaths, Surveyed, VersionRequirement,
    check_named, search,
};
pub use version_query::print_version;
