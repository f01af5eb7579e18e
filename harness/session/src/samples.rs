//! Unpacking of built-in sample workspaces.
//! Owns when they are unpacked; their content is `definitions`'.

use lukewarm_model::{Origin, SampleWorkspace};
use lukewarm_runner::Settings;

use crate::error::SessionError;

/// Unpacks the built-in samples among some workspaces.
pub(crate) fn unpack(
    workspaces: &[SampleWorkspace],
    settings: &Settings,
) -> Result<(), SessionError> {
    for workspace in workspaces.iter().filter(|it| it.origin == Origin::Sample) {
        let folder = &workspace.folder;
        let Some(name) = lukewarm_definitions::sample_of(folder) else { continue };
        lukewarm_runner::take_scratch(&settings.scratch)?;
        lukewarm_definitions::unpack(name, folder)
            .map_err(SessionError::file("unpack the sample into", folder))?;
    }
    Ok(())
}
