//! How sure verdicts are, in words: of one job's comparisons together, and of the whole run.
//! Owns these sentences; the levels are `analysis`'s.

use lukewarm_analysis::{ErrorLevels, Findings, error_levels};

use crate::words::trimmed;

/// The levels in a sentence; none where nothing is compared.
pub(crate) fn sentence(findings: &Findings) -> Option<String> {
    let ErrorLevels { family, families, run, .. } = error_levels(&findings.run.plan)?;
    let (family, run) = (family * 100.0, run * 100.0);
    let of_one = format!(
        "a false faster or slower has a chance of at most {family:.0} % among all comparisons of \
         one job on one workspace"
    );
    Some(match families {
        1 => of_one,
        many => format!("{of_one}, and of about {run:.0} % among all {many} such groups"),
    })
}

/// What p-values verdicts ask for; none where nothing is compared.
pub(crate) fn p_values(findings: &Findings) -> Option<String> {
    let levels = error_levels(&findings.run.plan)?;
    let (alone, strictest) = (trimmed(levels.alone), trimmed(levels.strictest));
    Some(match levels.comparisons {
        1 => format!("the only comparison of a job needs p ≤ {alone}"),
        many => format!(
            "with {many} comparisons planned in a job the clearest needs p ≤ {strictest}, and the \
             last p ≤ {alone}; those with too few pairs count among them"
        ),
    })
}
