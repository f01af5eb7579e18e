//! Registration: a claim's text and bounds are fixed before anything is measured.
//! Owns the table `[registered]` at the end of a claim's file; the hash in it is `plan`'s.

use std::path::Path;

use lukewarm_model::{Claim, Registration, Timestamp};
use lukewarm_record::write_file;

use crate::error::SessionError;

/// The head of the table.
const HEAD: &str = "[registered]";

/// The result of a registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Registered {
    /// The claim is registered now.
    Now {
        /// The time, to the second.
        at: Timestamp,
    },
    /// The claim was registered before and is unchanged since.
    Before {
        /// The time, to the second.
        at: Timestamp,
    },
}

/// Registers a claim in its file.
///
/// # Errors
/// When its file cannot be read or written, or `[registered]` is not its last table.
pub fn register(path: &Path, claim: &Claim) -> Result<Registered, SessionError> {
    let same = |it: &&Registration| it.hash == claim.hash;
    if let Some(before) = claim.registered.as_ref().filter(same) {
        return Ok(Registered::Before { at: before.at });
    }
    let at = Timestamp::from(std::time::SystemTime::now()).to_second();
    let text = std::fs::read_to_string(path).map_err(SessionError::file("read", path))?;
    let Some(text) = registered(&text, at, &claim.hash) else {
        return Err(SessionError::Registration(path.to_owned()));
    };
    let name = format!("{}.toml", claim.id);
    write_file(path.parent().unwrap_or(Path::new(".")), &name, text.as_bytes())?;
    Ok(Registered::Now { at })
}

/// A claim's file with its registration at its end, in place of an earlier one; none where that is
/// not the last table.
fn registered(text: &str, at: Timestamp, hash: &str) -> Option<String> {
    let kept = match text.find(&format!("\n{HEAD}")) {
        None => text,
        Some(place) if text[place + 1 + HEAD.len()..].contains("\n[") => return None,
        Some(place) => &text[..place],
    };
    Some(format!("{}\n\n{HEAD}\nat = \"{at}\"\nhash = \"{hash}\"\n", kept.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registration_stands_at_the_end_and_once() {
        let at = |text: &str| text.parse().unwrap();
        let text = "title = 't'\n\n[[predicate]]\nsays = 's'\n";
        let once = registered(text, at("2026-11-27T05:00:00Z"), "ab").unwrap();
        let wanted = "\n\n[registered]\nat = \"2026-11-27T05:00:00Z\"\nhash = \"ab\"\n";
        assert_eq!(once, format!("{}{wanted}", text.trim_end()));
        let twice = registered(&once, at("2026-11-28T05:00:00Z"), "cd").unwrap();
        assert_eq!(twice, once.replace("11-27", "11-28").replace("ab", "cd"));
        assert_eq!(
            registered("\n[registered]\nat = 1\n[[experiment]]\n", Timestamp::default(), ""),
            None
        );
    }
}
