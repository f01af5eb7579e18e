//! Findings become tables, charts and pages.
//! Owns every word and picture of a report. It must not compute a statistic, and touches no
//! disk, network, process or clock: the same findings give the same bytes.

mod charts;
mod claims;
mod columns;
mod copies;
mod engines;
mod export;
mod fastest;
mod format;
mod gate;
mod headline;
mod html;
mod issues;
mod levels;
mod machine_notice;
mod machines;
mod markdown;
mod outputs;
mod overhead;
mod page;
mod recommendation;
mod sections;
mod soundness;
mod summary;
mod terminal;
mod trust;
mod workflow;

use lukewarm_analysis::Findings;
use lukewarm_model::{Classify, ErrorKind};

pub use charts::{
    Chart, ChartError, ChartId, ChartKind, ChartStyle, ParseSizeError, Picture, Size, Theme,
    chart_table, charts, sweep_chart, sweep_picture,
};
pub use claims::{between_markers, claim_files, claim_table, claims_json, claims_terminal};
pub use engines::{Engine, EngineError, GithubJobs, ShardPod, ShardedMeasurement, engine_files};
pub use export::{RunFormat, format};
pub use gate::{GateFormat, gate};
pub use headline::headline;
pub use overhead::{overhead_json, overhead_table};
pub use recommendation::{BilledBy, RecommendationFormat, RecommendationReport, recommendation};
pub use soundness::{SoundnessFormat, soundness, soundness_files};
pub use terminal::{ColourChoice, TerminalStyle, terminal};
pub use trust::{Trust, trust};
pub use workflow::{WorkflowEdit, WorkflowError, WorkflowJob, edit_workflow, workflow};
#[cfg(feature = "schema")]
pub use {
    claims::claims_schema, gate::gate_schema, overhead::overhead_schema,
    recommendation::recommendation_schema, soundness::soundness_schema, summary::summary_schema,
};

/// One file of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportFile {
    /// Its name within the results folder, with `/` between folders.
    pub name: String,
    /// What it holds.
    pub content: Vec<u8>,
}

/// Why a report could not be made. Each is a bug: findings say everything that is needed.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The summary cannot be written as JSON.
    #[error("cannot write summary.json")]
    Summary(#[source] serde_json::Error),
    /// A line cannot be written as CSV.
    #[error("cannot write CSV")]
    Csv(#[source] csv::Error),
    /// A text cannot be written as XML.
    #[error("cannot write XML")]
    Xml(#[source] std::io::Error),
    /// A chart cannot be drawn.
    #[error("cannot draw the charts")]
    Charts(#[source] ChartError),
    /// The page cannot be rendered.
    #[error("cannot render report.html")]
    Page(#[source] askama::Error),
}

impl Classify for ReportError {
    fn kind(&self) -> ErrorKind {
        match self {
            ReportError::Charts(error) => error.kind(),
            ReportError::Summary(_)
            | ReportError::Csv(_)
            | ReportError::Xml(_)
            | ReportError::Page(_) => ErrorKind::Bug,
        }
    }
}

/// Every file of a report: `summary.json`, `summary.md`, `report.html` and `charts/*.svg`;
/// byte-identical for the same findings.
///
/// # Errors
/// When a chart or a page cannot be drawn, which is a bug.
pub fn files(findings: &Findings) -> Result<Vec<ReportFile>, ReportError> {
    let json = summary::summary(findings).map_err(ReportError::Summary)?;
    let charts = charts::charts(findings).map_err(ReportError::Charts)?;
    let file = |name: String, content: Vec<u8>| ReportFile { name, content };
    let mut files = vec![
        file("summary.json".to_owned(), json.into_string().into_bytes()),
        file("summary.md".to_owned(), markdown::markdown(findings).into_string().into_bytes()),
    ];
    let page = page::page(findings, &charts).map_err(ReportError::Page)?;
    files.push(file("report.html".to_owned(), page.into_bytes()));
    for chart in charts {
        files.push(file(format!("charts/{}.svg", chart.name), chart.svg.into_bytes()));
    }
    Ok(files)
}

/// The charts as bitmaps, `charts/*.png`: light, and with twice the pixels; byte-identical for the
/// same findings.
///
/// # Errors
/// When a chart cannot be drawn, or has too many pixels.
pub fn bitmaps(findings: &Findings) -> Result<Vec<ReportFile>, ReportError> {
    let charts = charts::charts(findings).map_err(ReportError::Charts)?;
    let file = |chart: &Chart| -> Result<ReportFile, ReportError> {
        let content = chart.picture.png(&ChartStyle::default()).map_err(ReportError::Charts)?;
        Ok(ReportFile { name: format!("charts/{}.png", chart.name), content })
    };
    charts.iter().map(file).collect()
}
