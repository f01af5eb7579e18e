//! `lukewarm claims --register`: a claim's text and bounds are fixed, before anything is measured.
//! Owns the lines that say so at the end of a claim's file; what they are of is `plan`'s to say.

use anyhow::{Context, bail};
use lukewarm_model::text::{Safe, Terminal};
use lukewarm_model::{Claim, Registration};
use lukewarm_record::write_file;

use crate::args::Common;
use crate::exit::Exit;
use crate::{home, terminal};

/// What the lines of a registration begin with.
const HEAD: &str = "[registered]";

/// Registers claims as they stand now, and says what was written where.
pub fn register(common: &Common, claims: &[&Claim]) -> anyhow::Result<Exit> {
    let folder = home::root(common)?.join("scenarios/claims");
    let at = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut said = String::new();
    for claim in claims {
        let same = |it: &&Registration| it.hash == claim.hash;
        if let Some(before) = claim.registered.as_ref().filter(same) {
            said += &format!("{}: registered at {}, and unchanged since\n", claim.id, before.at);
            continue;
        }
        let name = format!("{}.toml", claim.id);
        let path = folder.join(&name);
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let Some(text) = registered(&text, &at, &claim.hash) else {
            bail!("{}: keys follow `{HEAD}`; it must be the file's last table", path.display());
        };
        write_file(&folder, &name, text.as_bytes())?;
        said += &format!("{}: registered at {at}\n", claim.id);
    }
    terminal::result(Safe::<Terminal>::lines(&said));
    Ok(Exit::Fine)
}

/// A claim's file with its registration at its end, in place of an earlier one; none where that is
/// not the last table.
fn registered(text: &str, at: &str, hash: &str) -> Option<String> {
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
        let text = "title = 't'\n\n[[predicate]]\nsays = 's'\n";
        let once = registered(text, "2026-11-27T05:00:00Z", "ab").unwrap();
        let wanted = "\n\n[registered]\nat = \"2026-11-27T05:00:00Z\"\nhash = \"ab\"\n";
        assert_eq!(once, format!("{}{wanted}", text.trim_end()));
        let twice = registered(&once, "2026-11-28T05:00:00Z", "cd").unwrap();
        assert_eq!(twice, once.replace("11-27", "11-28").replace("ab", "cd"));
        assert_eq!(registered("\n[registered]\nat = 1\n[[experiment]]\n", "", ""), None);
    }
}
