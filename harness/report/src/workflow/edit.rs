//! A workflow file with other cache steps, as a difference: jobs that run cargo get the steps and
//! variables of a way of caching in place of those that they have. Owns what is put where; all
//! other lines stay as they are.

use lukewarm_model::WorkflowSteps;

use super::lines::{StepLines, WorkflowError, WorkflowKey, WorkflowLines};
use super::render;

/// The action that caches whatever it is given.
const GENERAL_CACHE: &str = "actions/cache";

/// Variables that belong to a way of caching, and go with it.
const VARIABLES: [&str; 2] = ["RUSTC_WRAPPER", "CARGO_INCREMENTAL"];
const PREFIXES: [&str; 2] = ["SCCACHE_", "KACHE_"];

/// A changed workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkflowEdit {
    /// The file's new text.
    pub text: String,
    /// The names of the jobs that were changed.
    pub jobs: Vec<String>,
}

impl WorkflowEdit {
    /// The difference to the text before, as `patch` and `git apply` read it.
    pub fn diff(&self, before: &str, path: &str) -> String {
        let mut options = diffy::DiffOptions::new();
        options.set_original_filename(format!("a/{path}"));
        options.set_modified_filename(format!("b/{path}"));
        options.create_patch(before, &self.text).to_string()
    }
}

/// A change of lines: those between two are replaced.
struct Change {
    begin: usize,
    end: usize,
    lines: Vec<String>,
}

/// Puts the steps of a way of caching into each job of a workflow that runs cargo, in place of
/// those that use one of these actions, each as `OWNER/NAME`.
///
/// # Errors
/// When a part of the file is in a form that is not read here, or no job runs cargo.
pub fn edit_workflow(
    text: &str,
    wanted: &WorkflowSteps,
    cache_actions: &[&str],
) -> Result<WorkflowEdit, WorkflowError> {
    let file = WorkflowLines::of(text)?;
    let whole = file.entries((0, file.lines.len()))?;
    let Some(jobs) = whole.iter().find(|it| it.key == "jobs") else {
        return Err(WorkflowError::at(0, "no key `jobs`"));
    };
    let inherited = variables(&file, whole.iter().find(|it| it.key == "env"))?;
    let mut changes = Vec::new();
    let mut changed = Vec::new();
    for job in file.entries((jobs.begin + 1, jobs.end))? {
        if let Some(found) = of_job((&file, cache_actions), &job, &inherited, wanted)? {
            changes.extend(found);
            changed.push(job.key.to_owned());
        }
    }
    if changed.is_empty() {
        return Err(WorkflowError::NoCargo);
    }
    Ok(WorkflowEdit { text: applied(&file, changes), jobs: changed })
}

/// The changes of one job; none for a job that does not run cargo.
fn of_job(
    (file, cache_actions): (&WorkflowLines<'_>, &[&str]),
    job: &WorkflowKey<'_>,
    inherited: &[(String, String, usize)],
    wanted: &WorkflowSteps,
) -> Result<Option<Vec<Change>>, WorkflowError> {
    if !job.value.is_empty() {
        return Err(WorkflowError::at(job.begin, "a job in a form that is not read here"));
    }
    let keys = file.entries((job.begin + 1, job.end))?;
    let Some(steps) = keys.iter().find(|it| it.key == "steps") else { return Ok(None) };
    let list = file.steps(steps)?;
    let mut cargo = None;
    let mut cached = Vec::new();
    for step in &list {
        let entries = file.step_entries(step)?;
        if is_cache(file, &entries, cache_actions) {
            cached.push(step);
        } else if runs_cargo(file, &entries) {
            cargo = cargo.or(Some(step));
            refuse_own_variables(file, &entries)?;
        }
    }
    let Some(first) = cargo else { return Ok(None) };
    let mut changes: Vec<Change> = cached.iter().map(|step| without(file, step)).collect();
    let place = cached.iter().map(|step| step.begin).chain([first.begin]).min();
    let place = place.unwrap_or(first.begin);
    let lines = wanted.before.iter().flat_map(|it| render::step(it, first.column)).collect();
    changes.push(Change { begin: place, end: place, lines });
    changes.extend(environment(file, (&keys, steps), inherited, wanted)?);
    Ok(Some(changes))
}

/// A step taken out, with one of the empty lines round it where both are empty.
fn without(file: &WorkflowLines<'_>, step: &StepLines) -> Change {
    let is_empty = |line: usize| file.lines.get(line).is_none_or(|it| it.trim().is_empty());
    let both = step.begin > 0 && is_empty(step.begin - 1) && is_empty(step.end);
    let end = if both && step.end + 1 < file.lines.len() { step.end + 1 } else { step.end };
    Change { begin: step.begin, end, lines: Vec::new() }
}

/// Whether a step uses a cache action for what cargo builds.
fn is_cache(file: &WorkflowLines<'_>, entries: &[WorkflowKey<'_>], cache_actions: &[&str]) -> bool {
    let Some(uses) = entries.iter().find(|it| it.key == "uses") else { return false };
    let action = uses.value.split('@').next().unwrap_or_default();
    let is_it = |known: &&&str| {
        action.strip_prefix(**known).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let Some(found) = cache_actions.iter().find(is_it) else { return false };
    if *found != GENERAL_CACHE {
        return true;
    }
    // The same action caches what other programs make.
    let with = entries.iter().find(|it| it.key == "with").map(|it| file.text(it));
    with.is_some_and(|it| it.contains("target") || it.contains(".cargo"))
}

/// Whether a step runs cargo in a shell.
fn runs_cargo(file: &WorkflowLines<'_>, entries: &[WorkflowKey<'_>]) -> bool {
    let Some(run) = entries.iter().find(|it| it.key == "run") else { return false };
    let text = file.text(run);
    let ends = |c: char| c.is_whitespace() || ";&|()'\"".contains(c);
    text.lines().filter(|line| !line.trim_start().starts_with('#')).any(|line| {
        let words: Vec<&str> = line.split(ends).filter(|word| !word.is_empty()).collect();
        words.contains(&"cargo")
    })
}

fn is_ours(name: &str) -> bool {
    VARIABLES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Refuses a step that sets a variable of a way of caching for itself.
fn refuse_own_variables(
    file: &WorkflowLines<'_>,
    entries: &[WorkflowKey<'_>],
) -> Result<(), WorkflowError> {
    let own = variables(file, entries.iter().find(|it| it.key == "env"))?;
    match own.iter().find(|(name, _, _)| is_ours(name)) {
        Some((name, _, line)) => {
            Err(WorkflowError::at(*line, format!("the step itself sets {name}")))
        }
        None => Ok(()),
    }
}

/// The variables below a key `env`: name, value, line.
fn variables(
    file: &WorkflowLines<'_>,
    entry: Option<&WorkflowKey<'_>>,
) -> Result<Vec<(String, String, usize)>, WorkflowError> {
    let Some(entry) = entry else { return Ok(Vec::new()) };
    if !entry.value.is_empty() {
        return Err(WorkflowError::at(entry.begin, "`env` is no table of one line each"));
    }
    let entries = file.entries((entry.begin + 1, entry.end))?;
    Ok(entries.iter().map(|it| (it.key.to_owned(), it.value.to_owned(), it.begin)).collect())
}

/// The changes of a job's variables: those of another way go, those of the new one come, and what
/// the whole workflow sets otherwise is set back.
fn environment(
    file: &WorkflowLines<'_>,
    (keys, steps): (&[WorkflowKey<'_>], &WorkflowKey<'_>),
    inherited: &[(String, String, usize)],
    wanted: &WorkflowSteps,
) -> Result<Vec<Change>, WorkflowError> {
    let entry = keys.iter().find(|it| it.key == "env");
    let own = variables(file, entry)?;
    let has = |name: &str| wanted.environment.iter().any(|(it, _)| it == name);
    let mut missing: Vec<(String, String)> = Vec::new();
    let mut changes = Vec::new();
    for (name, value) in &wanted.environment {
        let here = own.iter().find(|it| it.0 == *name);
        let above = inherited.iter().find(|it| it.0 == *name);
        match (here, above) {
            (Some((_, is, _)), _) if is == value => {}
            (None, Some((_, is, _))) if is == value => {}
            (Some((_, _, line)), _) => {
                let column = file.lines[*line].len() - file.lines[*line].trim_start().len();
                let pair = [(name.clone(), value.clone())];
                let lines = render::variables(&pair, column);
                changes.push(Change { begin: *line, end: line + 1, lines });
            }
            (None, _) => missing.push((name.clone(), value.clone())),
        }
    }
    for (name, _, line) in own.iter().filter(|it| is_ours(&it.0) && !has(&it.0)) {
        let _ = name;
        changes.push(Change { begin: *line, end: line + 1, lines: Vec::new() });
    }
    let set_back = |it: &&(String, String, usize)| it.0 == "RUSTC_WRAPPER" && !it.1.is_empty();
    let above = inherited.iter().filter(set_back).filter(|it| !has(&it.0));
    missing.extend(above.map(|it| (it.0.clone(), String::new())));
    let all_go = !own.is_empty() && own.iter().all(|it| is_ours(&it.0) && !has(&it.0));
    match entry {
        Some(entry) if all_go && missing.is_empty() => {
            let lines = Vec::new();
            changes.push(Change { begin: entry.begin, end: entry.begin + 1, lines });
        }
        Some(entry) if !missing.is_empty() => {
            let column = own.first().map_or(entry.column + 2, |(_, _, line)| {
                file.lines[*line].len() - file.lines[*line].trim_start().len()
            });
            let lines = render::variables(&missing, column);
            changes.push(Change { begin: entry.end, end: entry.end, lines });
        }
        None if !missing.is_empty() => {
            let mut lines = vec![format!("{}env:", " ".repeat(steps.column))];
            lines.extend(render::variables(&missing, steps.column + 2));
            changes.push(Change { begin: steps.begin, end: steps.begin, lines });
        }
        _ => {}
    }
    Ok(changes)
}

/// The text with its changes, the last first, so that lines keep their numbers until then.
fn applied(file: &WorkflowLines<'_>, mut changes: Vec<Change>) -> String {
    let mut lines: Vec<String> = file.lines.iter().map(|it| (*it).to_owned()).collect();
    changes.sort_by_key(|it| (it.begin, it.end));
    for Change { begin, end, lines: new } in changes.into_iter().rev() {
        lines.splice(begin..end, new);
    }
    lines.join(file.end)
}

#[cfg(test)]
mod tests;
