//! The files with the verdicts of claims.
//! Owns where they are written; their content is `report`'s.

use std::path::Path;

use lukewarm_analysis::ClaimFinding;
use lukewarm_record::write_file;

use crate::error::SessionError;

/// Writes every file of the verdicts into a folder.
///
/// # Errors
/// When a file cannot be made or written.
pub fn write_answer(findings: &[ClaimFinding], folder: &Path) -> Result<(), SessionError> {
    for file in lukewarm_report::claim_files(findings)? {
        write_file(folder, &file.name, &file.content)?;
    }
    Ok(())
}

/// Writes the table of verdicts into a Markdown page, between its markers.
///
/// # Errors
/// When the page has no markers, or cannot be read or written.
pub fn replace_table(findings: &[ClaimFinding], page: &Path) -> Result<(), SessionError> {
    let text = std::fs::read_to_string(page).map_err(SessionError::file("read", page))?;
    let table = lukewarm_report::claim_table(findings);
    let changed = lukewarm_report::between_markers(&text, &table)
        .ok_or_else(|| SessionError::NoMarkers(page.to_owned()))?;
    let parent = page.parent().filter(|it| !it.as_os_str().is_empty());
    let name = page.file_name().unwrap_or_default().to_string_lossy();
    write_file(parent.unwrap_or(Path::new(".")), &name, changed.as_bytes())?;
    Ok(())
}
