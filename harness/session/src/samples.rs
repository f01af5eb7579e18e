//! Sample workspaces that the program brings: ready to be read and built.
//! Owns the moment at which they are unpacked; what they are is `definitions`'.

use lukewarm_model::{Origin, SampleWorkspace};
use lukewarm_runner::Settings;

use crate::error::SessionError;

/// Unpacks those of some workspaces that the program brings.
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
