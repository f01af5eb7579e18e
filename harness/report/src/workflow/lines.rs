//! The lines of a workflow file by their indentation: jobs, their keys, their steps.
//! Owns what is found in them, and where; a file in another style than blocks is refused. It must
//! not change a line.

/// Why a workflow cannot be changed for certain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorkflowError {
    /// A line is not what is read here.
    #[error("line {line}: {what}; change the file by hand with the steps of `--workflow`")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        what: String,
    },
    /// There is nothing to change.
    #[error("no job of the file has a step that runs cargo")]
    NoCargo,
}

impl WorkflowError {
    /// A line, counted from 0, that is not what is read here.
    pub(super) fn at(line: usize, what: impl Into<String>) -> WorkflowError {
        WorkflowError::Line { line: line + 1, what: what.into() }
    }
}

impl lukewarm_model::Classify for WorkflowError {
    fn kind(&self) -> lukewarm_model::ErrorKind {
        lukewarm_model::ErrorKind::Input
    }
}

/// A file as lines without their ends, and the end that they have.
pub(super) struct WorkflowLines<'a> {
    pub(super) lines: Vec<&'a str>,
    pub(super) end: &'static str,
}

/// A key with its line, and the lines that belong to it: from its own to before `end`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WorkflowKey<'a> {
    pub(super) key: &'a str,
    /// What stands behind the key on its line.
    pub(super) value: &'a str,
    pub(super) begin: usize,
    pub(super) end: usize,
    /// The column of the key.
    pub(super) column: usize,
}

/// A step: the lines of an item of `steps`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StepLines {
    pub(super) begin: usize,
    pub(super) end: usize,
    /// The column of its dash.
    pub(super) column: usize,
}

impl<'a> WorkflowLines<'a> {
    pub(super) fn of(text: &'a str) -> Result<WorkflowLines<'a>, WorkflowError> {
        let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let lines: Vec<&str> = text.split('\n').map(|it| it.trim_end_matches('\r')).collect();
        let tab = lines.iter().position(|it| it.trim_start_matches(' ').starts_with('\t'));
        match tab {
            Some(line) => Err(WorkflowError::at(line, "a tab in front, which YAML does not take")),
            None => Ok(WorkflowLines { lines, end }),
        }
    }

    /// The column of what a line holds; none for an empty line and for a comment.
    fn column(&self, line: usize) -> Option<usize> {
        let text = self.lines.get(line)?;
        let bare = text.trim_start_matches(' ');
        let is_nothing = bare.is_empty() || bare.starts_with('#');
        (!is_nothing).then(|| text.len() - bare.len())
    }

    /// The keys between two lines that stand in the column of the first of them.
    pub(super) fn entries(
        &self,
        (begin, end): (usize, usize),
    ) -> Result<Vec<WorkflowKey<'a>>, WorkflowError> {
        let Some((first, column)) = self.first(begin, end) else { return Ok(Vec::new()) };
        let mut entries: Vec<WorkflowKey<'a>> = Vec::new();
        for line in first..end {
            let Some(here) = self.column(line) else { continue };
            if here > column {
                continue;
            }
            // A list may begin in the column of its key.
            let is_item = self.lines[line][here..].starts_with("- ");
            if here < column || (is_item && entries.is_empty()) {
                return Err(WorkflowError::at(line, "its indentation fits nothing above it"));
            }
            if is_item {
                continue;
            }
            let (key, value) = key(&self.lines[line][here..])
                .ok_or_else(|| WorkflowError::at(line, "no key in a form that is read here"))?;
            if let Some(before) = entries.last_mut() {
                before.end = line;
            }
            entries.push(WorkflowKey { key, value, begin: line, end, column });
        }
        for entry in &mut entries {
            entry.end = self.without_tail(entry.begin, entry.end);
        }
        Ok(entries)
    }

    /// The steps below the key `steps`.
    pub(super) fn steps(&self, entry: &WorkflowKey<'_>) -> Result<Vec<StepLines>, WorkflowError> {
        if !entry.value.is_empty() {
            return Err(WorkflowError::at(entry.begin, "`steps` is no list of one line each"));
        }
        let Some((first, column)) = self.first(entry.begin + 1, entry.end) else {
            return Ok(Vec::new());
        };
        let mut steps: Vec<StepLines> = Vec::new();
        for line in first..entry.end {
            let Some(here) = self.column(line).filter(|here| *here <= column) else { continue };
            let item = &self.lines[line][here..];
            if here < column || !(item.starts_with("- ") || item == "-") {
                return Err(WorkflowError::at(line, "no step where one should begin"));
            }
            if ["- {", "- *", "- &", "- <<"].iter().any(|it| item.starts_with(it)) || item == "-" {
                return Err(WorkflowError::at(line, "a step in a form that is not read here"));
            }
            if let Some(before) = steps.last_mut() {
                before.end = line;
            }
            steps.push(StepLines { begin: line, end: entry.end, column });
        }
        for step in &mut steps {
            step.end = self.without_tail(step.begin, step.end);
        }
        Ok(steps)
    }

    /// The keys of a step: the first stands behind its dash.
    pub(super) fn step_entries(
        &self,
        step: &StepLines,
    ) -> Result<Vec<WorkflowKey<'a>>, WorkflowError> {
        let behind = &self.lines[step.begin][step.column + 1..];
        let column = step.column + 1 + (behind.len() - behind.trim_start().len());
        let wrong = |line| WorkflowError::at(line, "a step in a form that is not read here");
        let (first, value) = key(behind.trim_start()).ok_or_else(|| wrong(step.begin))?;
        let mut entries =
            vec![WorkflowKey { key: first, value, begin: step.begin, end: step.end, column }];
        for line in step.begin + 1..step.end {
            let Some(here) = self.column(line).filter(|here| *here <= column) else { continue };
            let found = (here == column).then(|| key(&self.lines[line][here..])).flatten();
            let (key, value) = found.ok_or_else(|| wrong(line))?;
            if let Some(before) = entries.last_mut() {
                before.end = line;
            }
            entries.push(WorkflowKey { key, value, begin: line, end: step.end, column });
        }
        Ok(entries)
    }

    /// The lines of an entry as text, its value first.
    pub(super) fn text(&self, entry: &WorkflowKey<'_>) -> String {
        let below = self.lines[entry.begin + 1..entry.end].iter().copied();
        std::iter::once(entry.value).chain(below).collect::<Vec<_>>().join("\n")
    }

    fn first(&self, begin: usize, end: usize) -> Option<(usize, usize)> {
        (begin..end).find_map(|line| Some((line, self.column(line)?)))
    }

    /// The end of a part without the empty lines and comments behind it, which belong to what
    /// follows.
    fn without_tail(&self, begin: usize, end: usize) -> usize {
        (begin + 1..=end).rev().find(|it| self.column(it - 1).is_some()).unwrap_or(begin + 1)
    }
}

/// A key in front of a line, and its value without a comment.
fn key(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let is_key = |c: char| c.is_ascii_alphanumeric() || "_-\"'".contains(c);
    if key.is_empty() || !key.chars().all(is_key) || !(value.is_empty() || value.starts_with(' ')) {
        return None;
    }
    Some((key.trim_matches(['"', '\'']), uncommented(value)))
}

/// A value without the comment behind it, and without quotes.
fn uncommented(value: &str) -> &str {
    let value = value.trim();
    if let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        return value[1..].split(quote).next().unwrap_or_default();
    }
    if value.starts_with('#') {
        return "";
    }
    value.split(" #").next().unwrap_or_default().trim_end()
}
