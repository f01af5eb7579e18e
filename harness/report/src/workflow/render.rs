//! Steps and variables as lines of YAML.
//! Owns quoting: what YAML could take for something else than a text is quoted.

use lukewarm_model::text::one_line;
use lukewarm_model::{WorkflowStep, WorkflowSteps};

/// GitHub's checkout, which every job needs.
pub(crate) const CHECKOUT: &str =
    "uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1";

/// A job of a workflow that caches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkflowJob<'a> {
    /// What the way of caching adds.
    pub steps: &'a WorkflowSteps,
    /// The label of its runner.
    pub runs_on: &'a str,
    /// The commands that build, in order.
    pub commands: &'a [String],
    /// What the file says of itself, one line each.
    pub remarks: &'a [String],
}

/// A whole workflow with one job.
pub fn workflow(job: &WorkflowJob<'_>) -> String {
    let mut text = String::new();
    let mut line = |line: &str| {
        text.push_str(line);
        text.push('\n');
    };
    job.remarks.iter().for_each(|remark| line(&format!("# {}", one_line(remark))));
    for head in ["name: CI", "on:", "  push:", "    branches: [main]", "  pull_request:"] {
        line(head);
    }
    for head in ["permissions:", "  contents: read", "jobs:", "  build:"] {
        line(head);
    }
    line(&format!("    runs-on: {}", scalar(job.runs_on)));
    if !job.steps.environment.is_empty() {
        line("    env:");
        variables(&job.steps.environment, 6).iter().for_each(|it| line(it));
    }
    line("    steps:");
    line(&format!("      - {CHECKOUT}"));
    line("        with:");
    line("          persist-credentials: false");
    job.steps.before.iter().flat_map(|it| step(it, 6)).for_each(|it| line(&it));
    job.commands.iter().for_each(|it| line(&format!("      - run: {}", scalar(it))));
    text
}

/// A step as an item of a list, which begins in this column.
pub(super) fn step(step: &WorkflowStep, column: usize) -> Vec<String> {
    let space = " ".repeat(column);
    let action = &step.action;
    let mut lines = vec![
        format!("{space}- name: {}", scalar(&step.name)),
        format!("{space}  uses: {}@{} # {}", action.repository, action.commit, action.version),
    ];
    if !step.with.is_empty() {
        lines.push(format!("{space}  with:"));
    }
    for (name, value) in &step.with {
        match value.contains('\n') {
            false => lines.push(format!("{space}    {name}: {}", scalar(value))),
            true => {
                lines.push(format!("{space}    {name}: |"));
                lines.extend(value.lines().map(|part| format!("{space}      {part}")));
            }
        }
    }
    lines
}

/// Variables as lines of a table, which begin in this column.
pub(super) fn variables(variables: &[(String, String)], column: usize) -> Vec<String> {
    let space = " ".repeat(column);
    variables.iter().map(|(name, value)| format!("{space}{name}: {}", scalar(value))).collect()
}

/// A text as YAML takes it for one.
pub(crate) fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || " ./_-+@~$(){}'*=,".contains(c);
    let begins =
        text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '$' || c == '~' || c == '.');
    let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let is_word = words.contains(&text.to_ascii_lowercase().as_str());
    let is_plain = begins && text.chars().all(plain) && !is_word && text.trim() == text;
    match is_plain {
        true => text.to_owned(),
        false => {
            let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
            format!("\"{}\"", escaped.replace('\n', "\\n").replace('\t', "\\t"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_yaml_takes_for_a_text_stands_without_quotes() {
        for text in ["target/", "v0.16.0", "${{ runner.os }}-cargo-", "cargo build --workspace"] {
            assert_eq!(scalar(text), text);
        }
        for (text, wanted) in [
            ("0", "\"0\""),
            ("true", "\"true\""),
            ("a: b", "\"a: b\""),
            ("a #b", "\"a #b\""),
            ("", "\"\""),
            ("\"x\"", "\"\\\"x\\\"\""),
            ("-p x", "\"-p x\""),
        ] {
            assert_eq!(scalar(text), wanted);
        }
    }
}
