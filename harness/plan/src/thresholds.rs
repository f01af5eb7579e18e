//! A file of thresholds for the regression gate; `harness/docs/gate.md` specifies it.

use std::path::Path;

use lukewarm_model::Thresholds;

use crate::problem::{Problem, Problems};
use crate::wire::ThresholdsFile;
use crate::{check, document, schema};

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
    let rules = document::read(&name, &text, &mut problems, |table| {
        let file = check::take::<ThresholdsFile>(table, schema::of::<ThresholdsFile>())?;
        Some(file.rules(table))
    });
    match rules {
        Some(rules) if problems.is_empty() => {
            let mut thresholds = Thresholds::default();
            thresholds.rules.extend(rules);
            Ok(thresholds)
        }
        _ => Err(Problems(problems)),
    }
}

#[cfg(test)]
mod tests {
    use lukewarm_model::Metric;

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
            "thresholds.toml:2:1: `wall = \"5\"` is not a percentage such as `2 %`, and not `off`",
            "thresholds.toml:3:1: unknown metric `request`; did you mean `requests`?",
            "thresholds.toml:4:1: `case` or `job` is missing: what holds for all is `[tolerance]`'s",
            "thresholds.toml:5:1: `wall = \"-1 %\"` is not a percentage such as `2 %`, and not `off`",
            "thresholds.toml:7:1: `case`: a `*` is allowed at the end only, such as `cli/sccache-*`",
        ];
        assert_eq!(read(text).unwrap_err().lines().collect::<Vec<_>>(), wanted);
        let missing = thresholds(Path::new("/no/such/file")).unwrap_err().to_string();
        assert!(missing.starts_with("/no/such/file: cannot be read"), "{missing}");
    }
}
