//! The error levels of verdicts in words: of one job's comparisons together, and of the whole run.
//! Owns these sentences; `analysis` owns the levels.

use lukewarm_analysis::{ErrorLevels, Findings, error_levels};

use crate::format::trimmed;

/// The error levels in a sentence; absent where nothing is compared.
pub(crate) fn sentence(findings: &Findings) -> Option<String> {
    let ErrorLevels { family, families, run, clearly, .. } = error_levels(&findings.run)?;
    let (family, run) = (family * 100.0, run * 100.0);
    let of_one = format!(
        "the chance of any false “faster” or “slower” is at most {family:.0} % among the \
         comparisons of one job on one workspace"
    );
    let clearly = trimmed(clearly * 100.0);
    let of_all = match families {
        1 => of_one,
        many => format!("{of_one} (a family), and about {run:.0} % over all {many} families"),
    };
    Some(format!("{of_all}; of a false “clearly” at most {clearly} % in each comparison"))
}

/// The p-values that verdicts require; absent where nothing is compared.
pub(crate) fn p_values(findings: &Findings) -> Option<String> {
    let levels = error_levels(&findings.run)?;
    let (alone, strictest) = (trimmed(levels.alone), trimmed(levels.strictest));
    Some(match levels.comparisons {
        1 => format!("the only comparison of a job needs p ≤ {alone}"),
        many => format!(
            "with {many} comparisons planned per job, Holm’s correction requires p ≤ {strictest} \
             of the smallest p-value and p ≤ {alone} of the largest; comparisons with too few \
             pairs count too"
        ),
    })
}
