//! Sockets that tools make by themselves, where no job tells them a path.
//! Owns that one whose path does not fit is refused before anything is measured.

use lukewarm_cache_tools::{CacheTool, Folders};

use crate::error::RunnerError;
use crate::files::names::LONGEST_SOCKET;

/// Holds the path of the socket that a tool makes below its jobs' folders to what a socket's path
/// may have.
///
/// # Errors
/// When it is too long.
pub fn check(tool: &dyn CacheTool, folders: &Folders) -> Result<(), RunnerError> {
    let Some(socket) = tool.own_socket(folders) else { return Ok(()) };
    let length = socket.as_os_str().len();
    if length <= LONGEST_SOCKET {
        return Ok(());
    }
    Err(RunnerError::Input(format!(
        "{} makes a socket in its jobs' folder for temporary files, whose path would have {length} \
         bytes here, and a socket's may have {LONGEST_SOCKET}: {}; choose a folder whose path is \
         at least {} bytes shorter, with `--scratch DIR`",
        tool.description().name,
        socket.display(),
        length - LONGEST_SOCKET
    )))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use lukewarm_cache_tools::Tools;

    use super::*;
    use crate::files::scratch::folders_of_run;

    const RUN: &str = "2026-11-27T010203-a-name-that-a-claims-run-could-have-00000001";

    fn checked(tool: &str, scratch: &str) -> Result<(), RunnerError> {
        let folders = folders_of_run(Path::new(scratch), RUN).unwrap();
        check(Tools::shipped().find(tool).unwrap(), &folders)
    }

    #[test]
    fn a_socket_fits_or_is_refused_with_what_to_do() {
        // `/00000001/job/temporary/mbx-session-123456/cache-agent.sock` has 59 bytes.
        let longest = format!("/{}", "s".repeat(LONGEST_SOCKET - 59 - 1));
        checked("mbx", "/var/tmp/lukewarm-0").unwrap();
        checked("mbx", &longest).unwrap();
        let error = checked("mbx", &format!("{longest}123")).unwrap_err().to_string();
        assert!(error.contains("mbx") && error.contains("at least 3 bytes shorter"), "{error}");
        assert!(error.contains("would have 110 bytes") && error.contains("--scratch"), "{error}");
        for tool in ["sccache", "kache", "zccache", "none"] {
            checked(tool, &format!("{longest}123")).unwrap();
        }
    }
}
