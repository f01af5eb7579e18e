//! Claims as people read them: a terminal, Markdown, JSON, a page.
//! Owns the words of a verdict and of its evidence. It must not decide anything.

mod answer;
mod markdown;
mod page;
mod sentences;

use lukewarm_analysis::ClaimFinding;
use lukewarm_model::text::{Json, Safe, Terminal};

use self::answer::FindingAnswer;
use crate::{ReportError, ReportFile};

pub use markdown::{between_markers, claim_table};

/// The name of a claims file, without its extension.
const NAME: &str = "claims";

/// Every file of an answer: `claims.json`, `claims.md`, `claims.html` and `charts/claim-*.svg`;
/// byte-identical for the same findings.
///
/// # Errors
/// When a chart or a page cannot be drawn, which is a bug.
pub fn claim_files(findings: &[ClaimFinding]) -> Result<Vec<ReportFile>, ReportError> {
    let charts = page::charts(findings)?;
    let file = |name: String, content: Vec<u8>| ReportFile { name, content };
    let markdown = markdown::page(findings, &charts);
    let html = page::page(findings, &charts)?;
    let mut files = vec![
        file(format!("{NAME}.json"), claims_json(findings)?.into_string().into_bytes()),
        file(format!("{NAME}.md"), markdown.into_bytes()),
        file(format!("{NAME}.html"), html.into_bytes()),
    ];
    for chart in charts {
        files.push(file(format!("charts/{}.svg", chart.name), chart.svg.into_bytes()));
    }
    Ok(files)
}

/// Everything, for machines.
///
/// # Errors
/// When it cannot be written as JSON, which is a bug.
pub fn claims_json(findings: &[ClaimFinding]) -> Result<Safe<Json>, ReportError> {
    let answers: Vec<FindingAnswer<'_>> = findings.iter().map(FindingAnswer::from).collect();
    let text = serde_json::to_string_pretty(&answers).map_err(ReportError::Summary)?;
    Ok(Safe::<Json>::file(&(text + "\n")))
}

/// The JSON Schema of `claims.json`.
#[cfg(feature = "schema")]
pub fn claims_schema() -> schemars::Schema {
    lukewarm_model::schema_of::<Vec<FindingAnswer<'_>>>()
}

/// The verdicts for a terminal: each claim with its verdict and its evidence.
pub fn claims_terminal(findings: &[ClaimFinding]) -> Safe<Terminal> {
    let mut text = String::new();
    for finding in findings {
        let (id, title) = (finding.claim.id.to_uppercase(), &finding.claim.title);
        text.push_str(&format!("{id:<4} {}: {title}\n", sentences::verdict(finding)));
        text.push_str(&format!("       {}\n", sentences::standing(finding)));
        for one in &finding.evidence {
            text.push_str(&format!("       {}\n", sentences::line(one)));
        }
        if let Some(untested) = &finding.claim.untested {
            text.push_str(&format!("       not tested: {untested}\n"));
        }
    }
    text.push_str(&sentences::tally(findings));
    text.push('\n');
    Safe::<Terminal>::lines(&text)
}
