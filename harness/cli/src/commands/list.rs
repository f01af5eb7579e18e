//! `lukewarm list`: scenarios, workspaces, networks, stories and claims, one line each.

use anyhow::Context;
use lukewarm_model::text::{Json, Output, Safe, Terminal};
use lukewarm_model::{Claim, ClaimVerdict, Experiment};
use lukewarm_plan::Files;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::args::{Common, ListArgs, ListKind};
use crate::exit::Exit;
use crate::{home, terminal};

/// One thing that can be selected.
#[derive(JsonSchema, Serialize)]
struct Item {
    name: String,
    title: String,
}

/// One claim, and what was last published of it.
#[derive(JsonSchema, Serialize)]
struct ClaimItem {
    id: String,
    claim: String,
    experiments: Vec<ExperimentItem>,
    /// The verdict in `results/published/claims`; none where there is none.
    published: Option<ClaimVerdict>,
}

/// What a claim is tested with.
#[derive(JsonSchema, Serialize)]
struct ExperimentItem {
    workspace: String,
    story: String,
    scenarios: Vec<String>,
}

/// What is read of a published answer.
#[derive(Deserialize)]
struct Published {
    claim: PublishedClaim,
    verdict: ClaimVerdict,
}

#[derive(Deserialize)]
struct PublishedClaim {
    id: String,
}

/// Everything that can be selected.
#[derive(JsonSchema, Serialize)]
struct Listing {
    scenarios: Vec<Item>,
    workspaces: Vec<Item>,
    networks: Vec<Item>,
    stories: Vec<Item>,
    claims: Vec<ClaimItem>,
}

/// The JSON Schema of what `--json` prints.
pub fn schema() -> schemars::Schema {
    lukewarm_model::schema_of::<Listing>()
}

/// Prints what can be selected.
pub fn run(common: &Common, args: &ListArgs) -> anyhow::Result<Exit> {
    let files = super::files(common)?;
    if args.kind == Some(ListKind::Claims) {
        let claims = claims(&files, &published(common)?);
        let text = match args.json {
            true => json(&claims)?,
            false => claim_lines(&claims).into(),
        };
        terminal::result(text);
        return Ok(Exit::Fine);
    }
    let item = |name: &str, title: &str| Item { name: name.to_owned(), title: title.to_owned() };
    let listing = Listing {
        scenarios: files.scenarios.iter().map(|it| item(&it.name, &it.title)).collect(),
        workspaces: files.workspaces.iter().map(|it| item(&it.name, &it.title)).collect(),
        networks: files.networks.iter().map(|it| item(&it.name, &it.title)).collect(),
        stories: files.stories.iter().map(|it| item(&it.name, &it.title)).collect(),
        claims: claims(&files, &published(common)?),
    };
    let text = match args.json {
        true => json(&listing)?,
        false => listing.lines().into(),
    };
    terminal::result(text);
    Ok(Exit::Fine)
}

fn json(value: &impl Serialize) -> anyhow::Result<Output> {
    let text = serde_json::to_string_pretty(value)? + "\n";
    Ok(Safe::<Json>::file(&text).into())
}

/// The answer that the project publishes; nothing where there is none yet.
fn published(common: &Common) -> anyhow::Result<Vec<Published>> {
    let path = home::root(common)?.join("results/published/claims/claims.json");
    match std::fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text).with_context(|| path.display().to_string()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

fn claims(files: &Files, published: &[Published]) -> Vec<ClaimItem> {
    let experiment = |it: &Experiment| ExperimentItem {
        workspace: it.workspace.name.clone(),
        story: it.story.name.clone(),
        scenarios: it.scenarios.iter().map(|scenario| scenario.name.clone()).collect(),
    };
    let item = |claim: &Claim| ClaimItem {
        id: claim.id.clone(),
        claim: claim.title.clone(),
        experiments: claim.experiments.iter().map(experiment).collect(),
        published: published.iter().find(|it| it.claim.id == claim.id).map(|it| it.verdict),
    };
    files.claims.iter().map(item).collect()
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

impl Listing {
    /// Each kind under its word, names in one column.
    fn lines(&self) -> Safe<Terminal> {
        let kinds = [
            ("scenarios", &self.scenarios),
            ("workspaces", &self.workspaces),
            ("networks", &self.networks),
            ("stories", &self.stories),
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
        if !self.claims.is_empty() {
            text.line("claims");
            text.append(&claim_lines(&self.claims));
        }
        text
    }
}
