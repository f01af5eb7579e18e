//! A file of thresholds for the regression gate: which metric may change by how much.
//! Owns its keys; `harness/docs/gate.md` specifies them.

use std::path::Path;

use lukewarm_model::{Metric, Rule, Thresholds};

use crate::problem::{Problem, Problems};
use crate::reader::{self, Reader};

/// The word in place of a share for a metric that is not gated.
const OFF: &str = "off";

/// A share or that word, for editors.
const SHARE: &str = r"^(off|[0-9]+(\.[0-9]+)?\s*%)$";

/// Reads a file of thresholds; what it does not name is as `Thresholds::default` has it.
///
/// # Errors
/// Names every problem of the file.
pub fn thresholds(path: &Path) -> Result<Thresholds, Problems> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| {
        Problems(vec![Problem { place: name.clone(), what: format!("cannot be read: {error}") }])
    })?;
    let mut problems = Vec::new();
    let rules = reader::read(&name, &text, &mut problems, |reader| Some(rules(reader)));
    match rules {
        Some(rules) if problems.is_empty() => {
            let mut thresholds = Thresholds::default();
            thresholds.rules.extend(rules);
            Ok(thresholds)
        }
        _ => Err(Problems(problems)),
    }
}

/// The rules of such a file.
pub(crate) fn rules(mut reader: Reader<'_>) -> Vec<Rule> {
    let mut rules = Vec::new();
    if let Some(table) = reader.table("tolerance") {
        rules.extend(tolerances(table, None, None));
    }
    for mut table in reader.tables("override") {
        let (case, job) = (table.optional_text("case"), table.optional_text("job"));
        table.any_of("case", "job", "what holds for all is `[tolerance]`'s");
        if case.as_ref().is_some_and(|case| case.trim_end_matches('*').contains('*')) {
            table.problem("case", "`case`: a `*` stands at the end, such as `cli/sccache-*`");
        }
        rules.extend(tolerances(table, case, job));
    }
    reader.finish("key");
    rules
}

/// A share, or `off`, for each metric that is named.
fn tolerances(mut reader: Reader<'_>, case: Option<String>, job: Option<String>) -> Vec<Rule> {
    let mut rules = Vec::new();
    for metric in Metric::ALL {
        let key = metric.name();
        let Some(text) = reader.optional_text_like(key, SHARE) else { continue };
        match share(&text) {
            Some(tolerance) => {
                rules.push(Rule { case: case.clone(), job: job.clone(), metric, tolerance });
            }
            None => reader.problem(
                key,
                format!("`{key} = \"{text}\"` is no share such as `2 %`, nor `{OFF}`"),
            ),
        }
    }
    reader.finish("metric");
    rules
}

/// `2 %` is 0.02, and `off` none.
fn share(text: &str) -> Option<Option<f64>> {
    if text == OFF {
        return Some(None);
    }
    let percent: f64 = text.strip_suffix('%')?.trim_end().parse().ok()?;
    (percent >= 0.0 && percent.is_finite()).then_some(Some(percent / 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Thresholds, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let said = |problems: Problems| {
            problems.to_string().replace(&file.path().display().to_string(), "thresholds.toml")
        };
        thresholds(file.path()).map_err(said)
    }

    #[test]
    fn a_file_changes_what_it_names() {
        let text = "[tolerance]\nwall = '5 %'\ncpu = '10%'\nbytes_up = 'off'\n\
                    [[override]]\ncase = 'cli/sccache-*'\njob = 'cold'\nwall = '7.5 %'\n";
        let thresholds = read(text).unwrap();
        let of = |case, metric| thresholds.tolerance(case, "cold", metric);
        assert_eq!(of("cli/none", Metric::Wall), Some(0.05));
        assert_eq!(of("cli/sccache-webdav", Metric::Wall), Some(0.075));
        assert_eq!(of("cli/none", Metric::Cpu), Some(0.1));
        assert_eq!(of("cli/none", Metric::BytesUp), None);
        assert_eq!(of("cli/none", Metric::Requests), Some(0.0));
        assert_eq!(read(""), Ok(Thresholds::default()));
    }

    #[test]
    fn every_problem_is_named_with_its_line() {
        let text = "[tolerance]\nwall = '5'\nrequest = '1 %'\n[[override]]\nwall = '-1 %'\n\
                    [[override]]\ncase = 'a*b'\n";
        let wanted = [
            "thresholds.toml:2: `wall = \"5\"` is no share such as `2 %`, nor `off`",
            "thresholds.toml:3: unknown metric `request`; did you mean `requests`?",
            "thresholds.toml:4: `case` or `job` is missing: what holds for all is `[tolerance]`'s",
            "thresholds.toml:5: `wall = \"-1 %\"` is no share such as `2 %`, nor `off`",
            "thresholds.toml:7: `case`: a `*` stands at the end, such as `cli/sccache-*`",
        ];
        assert_eq!(read(text).unwrap_err().lines().collect::<Vec<_>>(), wanted);
        let missing = thresholds(Path::new("/no/such/file")).unwrap_err().to_string();
        assert!(missing.starts_with("/no/such/file: cannot be read"), "{missing}");
    }
}
