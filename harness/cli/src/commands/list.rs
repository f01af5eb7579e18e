//! `lukewarm list`: scenarios, workspaces, networks, stories and claims, one line each.
//! Owns the layout; the list itself is the session's.

use lukewarm_model::ClaimVerdict;
use lukewarm_model::text::{Json, Output, Safe, Terminal};
use lukewarm_session::{ClaimItem, Item, Listing};
use serde::Serialize;

use crate::args::{Common, ListArgs, ListKind, PlaceArgs};
use crate::exit::Exit;
use crate::failure::Result;
use crate::{paths, terminal};

/// Prints what can be selected.
pub fn run(common: &Common, args: &ListArgs) -> Result<Exit> {
    let files = super::files(common, &PlaceArgs::default())?;
    super::settings(common, &files, &super::workspaces(common, &[])?)?;
    let listing = Listing::of(&files, paths::definitions(common)?.results())?;
    let text = match (args.kind, args.json) {
        (Some(ListKind::Claims), true) => json(&listing.claims)?,
        (Some(ListKind::Claims), false) => claim_lines(&listing.claims).into(),
        (None, true) => json(&listing)?,
        (None, false) => lines(&listing).into(),
    };
    terminal::result(text);
    Ok(Exit::Fine)
}

fn json(value: &impl Serialize) -> Result<Output> {
    Ok(Safe::<Json>::file(&super::json(value)?).into())
}

/// A claim a line: id, published verdict, title, and what it is tested with.
fn claim_lines(claims: &[ClaimItem]) -> Safe<Terminal> {
    let mut text: Safe<Terminal> = Safe::empty();
    for ClaimItem { id, claim, experiments, published } in claims {
        let verdict = published.map_or("not published", ClaimVerdict::words);
        let tested: Vec<String> = experiments
            .iter()
            .map(|it| format!("{} × {} × {} scenarios", it.workspace, it.story, it.scenarios.len()))
            .collect();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {id:4} {verdict:13}  {claim}  [{}]", tested.join("; "));
    }
    text
}

/// Each kind under its heading, names in one column.
fn lines(listing: &Listing) -> Safe<Terminal> {
    let kinds = [
        ("scenarios", &listing.scenarios),
        ("workspaces", &listing.workspaces),
        ("networks", &listing.networks),
        ("stories", &listing.stories),
    ];
    let width = kinds.iter().flat_map(|(_, items)| *items).map(|it| it.name.len()).max();
    let mut text: Safe<Terminal> = Safe::empty();
    for (word, items) in kinds {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{word}");
        for Item { name, title } in items {
            let _ = writeln!(text, "  {name:width$}  {title}", width = width.unwrap_or(0));
        }
    }
    if !listing.claims.is_empty() {
        text.line("claims");
        text.append(&claim_lines(&listing.claims));
    }
    text
}
