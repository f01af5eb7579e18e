//! What can be selected: scenarios, workspaces, networks, stories and claims.
//! Owns the fields of each; the files themselves are `plan`'s.

use std::path::Path;

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{Claim, ClaimVerdict, Experiment, ScenarioName, WorkspaceName};
use lukewarm_plan::Files;
use serde::{Deserialize, Serialize};

use crate::error::SessionError;

/// Everything that can be selected.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Listing {
    /// The scenarios.
    pub scenarios: Vec<Item>,
    /// The sample workspaces.
    pub workspaces: Vec<Item>,
    /// The networks.
    pub networks: Vec<Item>,
    /// The stories.
    pub stories: Vec<Item>,
    /// The claims.
    pub claims: Vec<ClaimItem>,
}

/// One thing that can be selected.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Item {
    /// Its name, as it is selected.
    pub name: String,
    /// What it is, in one line.
    pub title: String,
}

/// One claim, and what was last published of it.
#[derive(Debug, JsonSchema, Serialize)]
pub struct ClaimItem {
    /// Its id, as it is selected.
    pub id: String,
    /// The claim, in one line.
    pub claim: String,
    /// What it is tested with.
    pub experiments: Vec<ExperimentItem>,
    /// The verdict in `results/published/claims`; none where there is none.
    pub published: Option<ClaimVerdict>,
}

/// What a claim is tested with.
#[derive(Debug, JsonSchema, Serialize)]
pub struct ExperimentItem {
    /// The workspace's name.
    pub workspace: WorkspaceName,
    /// The story's name.
    pub story: String,
    /// The scenarios' names.
    pub scenarios: Vec<ScenarioName>,
}

/// The part of published verdicts that is read.
#[derive(Deserialize)]
struct PublishedVerdict {
    claim: PublishedClaim,
    verdict: ClaimVerdict,
}

#[derive(Deserialize)]
struct PublishedClaim {
    id: String,
}

impl Listing {
    /// Everything in the definition files, with the published verdicts of a folder of results.
    ///
    /// # Errors
    /// When the published verdicts cannot be read.
    pub fn of(files: &Files, results: &Path) -> Result<Listing, SessionError> {
        let item =
            |name: &str, title: &str| Item { name: name.to_owned(), title: title.to_owned() };
        Ok(Listing {
            scenarios: files.scenarios.iter().map(|it| item(&it.name, &it.title)).collect(),
            workspaces: files.workspaces.iter().map(|it| item(&it.name, &it.title)).collect(),
            networks: files.networks.iter().map(|it| item(&it.name, &it.title)).collect(),
            stories: files.stories.iter().map(|it| item(&it.name, &it.title)).collect(),
            claims: claims(files, &published(results)?),
        })
    }

    /// The JSON Schema of a listing.
    #[cfg(feature = "schema")]
    pub fn schema() -> schemars::Schema {
        lukewarm_model::schema_of::<Listing>()
    }
}

/// The published verdicts; empty where there is no file yet.
fn published(results: &Path) -> Result<Vec<PublishedVerdict>, SessionError> {
    let path = results.join("published/claims/claims.json");
    match std::fs::read(&path) {
        Ok(text) => {
            serde_json::from_slice(&text).map_err(|source| SessionError::Published { path, source })
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(SessionError::file("read", &path)(error)),
    }
}

fn claims(files: &Files, published: &[PublishedVerdict]) -> Vec<ClaimItem> {
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
