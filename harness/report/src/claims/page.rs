//! The page of claims: one self-contained file, with each claim's pictures and essay.

use askama::Template;
use lukewarm_analysis::{ClaimFinding, Curve, Decision, Evidence};
use lukewarm_model::ClaimVerdict;

use super::sentences;
use crate::ReportError;
use crate::charts::ChartStyle;
use crate::page::essay::html;

/// A picture of a claim.
pub(super) struct ClaimChart {
    pub(super) claim: String,
    /// The file's name without folder and ending.
    pub(super) name: String,
    /// What it shows, in a sentence.
    pub(super) says: String,
    pub(super) svg: String,
}

#[derive(Template)]
#[template(path = "claims.html")]
struct ClaimPage<'a> {
    tally: String,
    standings: String,
    claims: Vec<Entry<'a>>,
}

struct Entry<'a> {
    id: String,
    anchor: &'a str,
    title: String,
    verdict: &'static str,
    tone: &'static str,
    condition: String,
    standing: String,
    standing_word: &'static str,
    claim: String,
    source: &'a str,
    date: &'a str,
    tested: &'static str,
    conditions: String,
    untested: String,
    essay: String,
    evidence: Vec<EvidenceLine<'a>>,
    charts: Vec<&'a ClaimChart>,
    profile: &'a str,
    runs: Vec<(&'a str, String)>,
}

struct EvidenceLine<'a> {
    says: &'a str,
    when: &'a str,
    measured: String,
    basis: String,
    wanted: String,
    claimed: &'a str,
    decision: String,
    tone: &'static str,
}

/// The pictures of all claims: their curves.
pub(super) fn charts(findings: &[ClaimFinding]) -> Result<Vec<ClaimChart>, ReportError> {
    let mut charts = Vec::new();
    for finding in findings {
        for (number, curve) in finding.curves().into_iter().enumerate() {
            let more = if number == 0 { String::new() } else { format!("-{}", number + 1) };
            charts.push(ClaimChart {
                claim: finding.claim.id.clone(),
                name: format!("claim-{}{more}", finding.claim.id),
                says: says(curve),
                svg: drawn(curve)?,
            });
        }
    }
    Ok(charts)
}

fn drawn(curve: &Curve) -> Result<String, ReportError> {
    let curves = std::slice::from_ref(curve);
    crate::charts::sweep_chart(curves, &ChartStyle::default()).map_err(ReportError::Charts)
}

fn says(curve: &Curve) -> String {
    format!("{} by {}", curve.what, curve.setting.words())
}

/// The whole page.
pub(super) fn page(
    findings: &[ClaimFinding],
    charts: &[ClaimChart],
) -> Result<String, ReportError> {
    let entry = |finding| entry(finding, charts);
    let (tally, claims) = (sentences::tally(findings), findings.iter().map(entry).collect());
    let page = ClaimPage { tally, standings: inline(sentences::STANDINGS), claims };
    page.render().map_err(ReportError::Page)
}

fn entry<'a>(finding: &'a ClaimFinding, charts: &'a [ClaimChart]) -> Entry<'a> {
    let claim = &finding.claim;
    Entry {
        id: claim.id.to_uppercase(),
        anchor: &claim.id,
        title: inline(&claim.title),
        verdict: finding.verdict.words(),
        tone: tone(finding.verdict),
        condition: sentences::condition(finding).unwrap_or_default(),
        standing: sentences::standing(finding),
        standing_word: sentences::standing_word(finding),
        claim: html(&claim.claim),
        source: &claim.source,
        date: &claim.date,
        tested: claim.tested.words(),
        conditions: inline(&claim.conditions),
        untested: claim.untested.as_deref().map(inline).unwrap_or_default(),
        essay: html(&claim.essay),
        evidence: finding.evidence.iter().map(line).collect(),
        charts: charts.iter().filter(|chart| chart.claim == claim.id).collect(),
        profile: &claim.profile,
        runs: finding.runs.iter().map(|run| (run.id.as_str(), sentences::run(run))).collect(),
    }
}

fn line(evidence: &Evidence) -> EvidenceLine<'_> {
    let predicate = &evidence.predicate;
    EvidenceLine {
        says: &predicate.says,
        when: predicate.when.as_deref().unwrap_or_default(),
        measured: sentences::measured(evidence),
        basis: sentences::basis(evidence),
        wanted: predicate.bound.to_string(),
        claimed: predicate.claimed.as_deref().unwrap_or("–"),
        decision: sentences::decision(&evidence.decision),
        tone: match evidence.decision {
            Decision::Holds => "good",
            Decision::Fails => "bad",
            _ => "quiet",
        },
    }
}

fn tone(verdict: ClaimVerdict) -> &'static str {
    match verdict {
        ClaimVerdict::Reproduced => "good",
        ClaimVerdict::Contradicted => "bad",
        _ => "quiet",
    }
}

/// A line of Markdown without the paragraph around it.
fn inline(text: &str) -> String {
    let html = html(text);
    html.trim().trim_start_matches("<p>").trim_end_matches("</p>").to_owned()
}
