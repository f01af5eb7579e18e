//! How values are written: one way for tables, charts and pages.

use lukewarm_analysis::{Comparison, Estimate, Findings, Row};
use lukewarm_model::{Bytes, ComparisonVerdict, Metric, Priming, Scenario, Seconds};

/// What stands where there is no value.
pub const NOTHING: &str = "–";

/// A wall-clock estimate with its spread: `7.86 s (7.70–8.02)`.
pub fn wall(estimate: &Estimate) -> String {
    if estimate.count < 2 {
        return Seconds(estimate.point).to_string();
    }
    let digits = if estimate.high >= 99.95 {
        0
    } else if estimate.high >= 9.995 {
        1
    } else {
        2
    };
    format!("{} ({:.digits$}–{:.digits$})", Seconds(estimate.point), estimate.low, estimate.high)
}

/// A ratio to the reference: `0.45 ×`.
pub fn ratio(comparison: &Comparison) -> String {
    factor(comparison.ratio.point)
}

/// A factor with as many digits as it deserves.
pub fn factor(value: f64) -> String {
    match value {
        v if v >= 9.95 => format!("{v:.0} ×"),
        v if v >= 0.995 => format!("{v:.2} ×"),
        v => format!("{v:.2} ×"),
    }
}

/// A share as a percentage: `100 %`, `63 %`. Only a whole is called 100 %.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let rounded = percent.round();
    match rounded as i64 {
        100 if share < 1.0 => format!("{:.1} %", percent.min(99.9)),
        _ => format!("{rounded:.0} %"),
    }
}

/// A number of bytes.
pub fn bytes(value: f64) -> String {
    Bytes(value.round() as u64).to_string()
}

/// One metric of a row, written by `write`; a dash where it does not exist.
pub fn metric(row: &Row, metric: Metric, write: impl Fn(f64) -> String) -> String {
    row.estimate(metric, None).map_or_else(|| NOTHING.to_owned(), |it| write(it.point))
}

/// The verdict of a row in one word: of its jobs, where that is in doubt, else of its comparison.
pub fn verdict(row: &Row) -> String {
    match (&row.failure, &row.verdict) {
        (Some(_), _) => "failed".to_owned(),
        (None, Some(verdict)) => verdict.word().to_owned(),
        (None, None) => "not run".to_owned(),
    }
}

/// What a comparison says, in words.
pub fn comparison(comparison: &Comparison) -> String {
    match comparison.verdict {
        ComparisonVerdict::Same => format!("same within ±{}", percent(comparison.margin)),
        verdict => verdict.words().to_owned(),
    }
}

/// The names of the workspaces, in the order of the plan.
pub fn workspaces(findings: &Findings) -> Vec<&str> {
    findings.run.plan.workspaces.iter().map(|workspace| workspace.name.as_str()).collect()
}

/// The names of the jobs, in the order of the story.
pub fn jobs(findings: &Findings) -> Vec<&str> {
    findings.run.plan.story.jobs.iter().map(|job| job.name.as_str()).collect()
}

/// The row of a workspace, scenario and job.
pub fn row<'f>(
    findings: &'f Findings,
    workspace: &str,
    scenario: &str,
    job: &str,
) -> Option<&'f Row> {
    let is = |row: &&Row| row.workspace == workspace && row.scenario == scenario && row.job == job;
    findings.rows.iter().find(is)
}

/// The service of a scenario with its link and limits, in one phrase.
pub fn service(scenario: &Scenario) -> String {
    match (scenario.service, &scenario.network) {
        (Some(service), Some(network)) => {
            format!("{service} over {} ({network}); {}", network.name, scenario.limits)
        }
        _ => "no service".to_owned(),
    }
}

/// The host in one line.
pub fn host(findings: &Findings) -> String {
    let host = &findings.run.host;
    let toolchains = findings.run.toolchains.values();
    let mut rustc: Vec<&str> = toolchains.map(|toolchain| toolchain.rustc.as_str()).collect();
    rustc.dedup();
    format!(
        "{}, {} cores, {}; {}, {} on {}; {}",
        known(&host.cpu),
        host.cores,
        host.memory,
        known(&host.system),
        known(&host.kernel),
        known(&host.filesystem),
        rustc.join(", ")
    )
}

fn known(text: &str) -> &str {
    if text.is_empty() { "unknown" } else { text }
}

/// How many iterations there are, in words.
pub fn iterations(findings: &Findings) -> String {
    let plan = &findings.run.plan;
    let count = match plan.iterations {
        1 => "1 measured iteration".to_owned(),
        n => format!("{n} measured iterations"),
    };
    match plan.priming {
        Priming::Separate => format!("{count} after a priming pass"),
        Priming::Measured => format!("{count}, the first pass"),
    }
}

/// The command line, as a shell takes it.
pub fn command(findings: &Findings) -> String {
    let plain = |word: &String| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=@:+,".contains(c);
        match !word.is_empty() && word.chars().all(is_plain) {
            true => word.clone(),
            false => format!("'{}'", word.replace('\'', "'\\''")),
        }
    };
    findings.run.command.iter().map(plain).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use lukewarm_analysis::Estimator;

    use super::*;

    #[test]
    fn values_are_written_with_their_digits() {
        let estimate = |point, low, high, count| Estimate {
            point,
            low,
            high,
            estimator: Estimator::MedianWithRange,
            count,
        };
        assert_eq!(wall(&estimate(7.861, 7.7, 8.02, 2)), "7.86 s (7.70–8.02)");
        assert_eq!(wall(&estimate(12.34, 9.0, 15.0, 3)), "12.3 s (9.0–15.0)");
        assert_eq!(wall(&estimate(0.5, 0.5, 0.5, 1)), "500 ms");
        assert_eq!([factor(0.1234), factor(1.0), factor(12.3)], ["0.12 ×", "1.00 ×", "12 ×"]);
        assert_eq!([percent(1.0), percent(0.9996), percent(0.634)], ["100 %", "99.9 %", "63 %"]);
    }
}
