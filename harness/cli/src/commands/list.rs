//! `lukewarm list`: scenarios, workspaces, networks and stories, one line each.

use std::fmt::Write;

use schemars::JsonSchema;
use serde::Serialize;

use crate::args::{Common, ListArgs};
use crate::exit::Exit;
use crate::terminal;

/// One thing that can be selected.
#[derive(JsonSchema, Serialize)]
struct Item {
    name: String,
    title: String,
}

/// Everything that can be selected.
#[derive(JsonSchema, Serialize)]
struct Listing {
    scenarios: Vec<Item>,
    workspaces: Vec<Item>,
    networks: Vec<Item>,
    stories: Vec<Item>,
}

/// The JSON Schema of what `--json` prints.
pub fn schema() -> schemars::Schema {
    lukewarm_model::schema_of::<Listing>()
}

/// Prints what can be selected.
pub fn run(common: &Common, args: &ListArgs) -> anyhow::Result<Exit> {
    let files = super::files(common)?;
    let item = |name: &str, title: &str| Item { name: name.to_owned(), title: title.to_owned() };
    let listing = Listing {
        scenarios: files.scenarios.iter().map(|it| item(&it.name, &it.title)).collect(),
        workspaces: files.workspaces.iter().map(|it| item(&it.name, &it.title)).collect(),
        networks: files.networks.iter().map(|it| item(&it.name, &it.title)).collect(),
        stories: files.stories.iter().map(|it| item(&it.name, &it.title)).collect(),
    };
    let text = match args.json {
        true => serde_json::to_string_pretty(&listing)? + "\n",
        false => listing.lines(),
    };
    terminal::result(&text);
    Ok(Exit::Fine)
}

impl Listing {
    /// Each kind under its word, names in one column.
    fn lines(&self) -> String {
        let kinds = [
            ("scenarios", &self.scenarios),
            ("workspaces", &self.workspaces),
            ("networks", &self.networks),
            ("stories", &self.stories),
        ];
        let width = kinds.iter().flat_map(|(_, items)| *items).map(|it| it.name.len()).max();
        let mut text = String::new();
        for (word, items) in kinds {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{word}");
            for Item { name, title } in items {
                let _ = writeln!(text, "  {name:width$}  {title}", width = width.unwrap_or(0));
            }
        }
        text
    }
}
