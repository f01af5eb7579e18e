//! Charts: one picture a question and workspace, as SVG.
//! Owns which charts there are and what their files are called. They share one visual language:
//! blue is compiled, green is reused, light blue comes down, orange goes up.

mod bytes;
mod canvas;
mod frame;
mod reuse;
mod wall;

use std::collections::BTreeSet;

use lukewarm_analysis::Findings;

use crate::sections::sections;

pub use canvas::ChartError;

/// One chart.
pub(crate) struct Chart {
    /// The file's name without folder and ending: `wall-cli`.
    pub(crate) name: String,
    /// The workspace it is about.
    pub(crate) workspace: String,
    /// The picture.
    pub(crate) svg: String,
}

/// Every chart, in the order of the page: for each workspace wall-clock, reuse, bytes. Without
/// a service there are no bytes to show.
pub(crate) fn charts(findings: &Findings) -> Result<Vec<Chart>, ChartError> {
    let mut charts = Vec::new();
    let mut taken = BTreeSet::new();
    for section in sections(findings) {
        let file = file_name(section.workspace, &mut taken);
        let mut add = |question: &str, svg: String| {
            let workspace = section.workspace.to_owned();
            charts.push(Chart { name: format!("{question}-{file}"), workspace, svg });
        };
        add("wall", wall::chart(findings, &section)?);
        add("reuse", reuse::chart(findings, &section)?);
        if let Some(svg) = bytes::chart(findings, &section)? {
            add("bytes", svg);
        }
    }
    Ok(charts)
}

/// A workspace's name as part of a file name, different from those already taken.
fn file_name(workspace: &str, taken: &mut BTreeSet<String>) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
    let stem: String = workspace.chars().map(plain).collect();
    let mut name = stem.clone();
    let mut number = 2;
    while !taken.insert(name.to_lowercase()) {
        name = format!("{stem}-{number}");
        number += 1;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_plain_and_differ() {
        let mut taken = BTreeSet::new();
        let names = ["a b", "a/b", "A-b", "../up"].map(|name| file_name(name, &mut taken));
        assert_eq!(names, ["a-b", "a-b-2", "A-b-3", "..-up"]);
    }
}
