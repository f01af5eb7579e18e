//! The page of claims: one self-contained file, with each claim's pictures and essay.

use askama::Template;
use lukewarm_analysis::{ClaimFinding, Curve, Decision, Evidence};
use lukewarm_model::{ClaimVerdict, Unit};

use super::sentences;
use crate::ReportError;
use crate::charts::{ChartStyle, LedgerLine, LineState, ledger_picture};
use crate::page::essay::html;

/// A picture of a claim.
pub(super) struct ClaimChart {
    /// The claim's id; empty for one of the whole ledger.
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
    answer: String,
    tally: String,
    standings: String,
    /// The pictures of the whole ledger.
    ledger: Vec<&'a ClaimChart>,
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
    would_change: String,
    caveats: Vec<(&'a str, String)>,
    evidence: Vec<EvidenceLine<'a>>,
    charts: Vec<&'a ClaimChart>,
    built: String,
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

/// The pictures: that of the whole ledger, and the curves of all claims.
pub(super) fn charts(findings: &[ClaimFinding]) -> Result<Vec<ClaimChart>, ReportError> {
    let mut charts = Vec::new();
    if let Some(picture) = ledger_picture(&ledger_lines(findings)) {
        charts.push(ClaimChart {
            claim: String::new(),
            name: "claims".to_owned(),
            says: picture.message().to_owned(),
            svg: picture.svg(&ChartStyle::default()).map_err(ReportError::Charts)?,
        });
    }
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

/// Claimed figures that are ratios or shares, beside what was measured in their place.
fn ledger_lines(findings: &[ClaimFinding]) -> Vec<LedgerLine> {
    let mut lines = Vec::new();
    for finding in findings {
        for evidence in &finding.evidence {
            let predicate = &evidence.predicate;
            let is_ratio = predicate.over.is_some() || predicate.value.metric.unit() == Unit::Ratio;
            let (Some(size), Some(measured), true) = (predicate.size, &evidence.estimate, is_ratio)
            else {
                continue;
            };
            let decision = evidence.size.as_ref().unwrap_or(&evidence.decision);
            lines.push(LedgerLine {
                name: format!("{} {}", finding.claim.id.to_uppercase(), predicate.says),
                claimed: size.figure,
                measured: measured.clone(),
                state: match decision {
                    Decision::Holds | Decision::Fails => LineState::Decided,
                    _ => LineState::Open,
                },
            });
        }
    }
    lines
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
    let page = ClaimPage {
        answer: sentences::answer(findings),
        tally: sentences::tally(findings),
        standings: inline(sentences::STANDINGS),
        ledger: charts.iter().filter(|it| it.claim.is_empty()).collect(),
        claims: findings.iter().map(entry).collect(),
    };
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
        condition: sentences::condition(finding)
            .into_iter()
            .chain(sentences::size(finding))
            .collect::<Vec<_>>()
            .join("; "),
        standing: sentences::standing(finding),
        standing_word: sentences::standing_word(finding),
        claim: html(&claim.claim),
        source: &claim.source,
        date: &claim.date,
        tested: claim.tested.words(),
        conditions: inline(&claim.conditions),
        untested: claim.untested.as_deref().map(inline).unwrap_or_default(),
        essay: html(&claim.essay),
        would_change: claim.would_change.as_deref().map(inline).unwrap_or_default(),
        caveats: claim.caveats.iter().map(|it| (it.of.as_str(), inline(&it.says))).collect(),
        evidence: finding.evidence.iter().map(line).collect(),
        charts: charts.iter().filter(|chart| chart.claim == claim.id).collect(),
        built: sentences::built(finding),
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
        decision: sentences::result(evidence),
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
