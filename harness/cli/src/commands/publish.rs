//! `--publish`: a run that others may rest on goes into `results/published`.
//! Owns the gate: only what ended by its plan, and on a quiet machine, unless a reason is given,
//! which then stands beside every figure. The run's own folder stays as it is.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use lukewarm_model::{MachinePace, Plan, Publication, RawRecord, SLOW, Standard};
use lukewarm_record::{JOURNAL, Writer};
use lukewarm_runner::{Settings, machine, quiet};

use super::report;
use crate::args::{Common, PublishArgs};
use crate::{home, terminal};

/// Refuses, before anything is measured, what could not be published afterwards.
pub fn before(
    common: &Common,
    args: &PublishArgs,
    plan: &Plan,
    settings: &Settings,
) -> anyhow::Result<()> {
    let Some(name) = &args.publish else { return Ok(()) };
    place(common, name)?;
    let (Some(workspace), None) = (plan.workspaces.first(), reason(args)?) else { return Ok(()) };
    let found = lukewarm_runner::toolchain(&workspace.folder, &settings.user, &settings.processes)?;
    let root = Path::new("/");
    let host = machine::host(root, &settings.scratch);
    let here = quiet::Machine::of(root, &host, &found);
    match quiet::known(&settings.cache, &here) {
        Ok(_) => Ok(()),
        Err(why) => bail!("--publish {name}: {}", unknown(&why)),
    }
}

/// Publishes a run, where that was asked for and may be.
pub fn publish(
    common: &Common,
    args: &PublishArgs,
    record: &RawRecord,
    folder: &Path,
) -> anyhow::Result<()> {
    let Some(name) = &args.publish else { return Ok(()) };
    let target = place(common, name)?;
    let publication = Publication {
        name: name.clone(),
        at: jiff::Timestamp::now().to_string(),
        reason: gate(record, reason(args)?)
            .with_context(|| format!("--publish {name}: {} is not published", folder.display()))?,
    };
    copy(record, folder, &target, publication)
        .with_context(|| format!("--publish {name}: {}", target.display()))?;
    if !common.quiet {
        terminal::say(format!("published: {}", target.display()));
    }
    Ok(())
}

/// Whether a run may be published, and the reason that has to stand beside it.
fn gate(record: &RawRecord, reason: Option<String>) -> anyhow::Result<Option<String>> {
    let end = record.end.as_ref().context("the run was cut off before its plan was done")?;
    if let Some(stopped) = &end.stopped {
        bail!("the run did not end by its plan: {stopped}");
    }
    match (end.machine.as_ref().map_or(Standard::Unknown, MachinePace::standard), reason) {
        (Standard::Quiet(_), _) => Ok(None),
        (_, Some(reason)) => Ok(Some(reason)),
        (Standard::Slow(times), None) => bail!(
            "the machine was slow: the calibration load took {times:.2} times what it takes when \
             the machine is quiet, and {SLOW} is the limit; measure again while nothing else runs, \
             or give a reason with `--publish-anyway REASON`"
        ),
        (Standard::Unknown, None) => bail!(unknown("the run does not say")),
    }
}

fn unknown(why: &str) -> String {
    format!(
        "whether the machine is quiet is not known ({why}): run `lukewarm doctor` in the \
         workspace's folder while nothing else runs, then measure; or give a reason with \
         `--publish-anyway REASON`"
    )
}

/// The reason, on one line.
fn reason(args: &PublishArgs) -> anyhow::Result<Option<String>> {
    let Some(reason) = &args.publish_anyway else { return Ok(None) };
    let words: Vec<&str> = reason.split_whitespace().collect();
    if words.is_empty() {
        bail!("--publish-anyway: the reason is empty; it is printed beside every figure");
    }
    Ok(Some(words.join(" ")))
}

/// The folder of that name, which is not there yet.
fn place(common: &Common, name: &str) -> anyhow::Result<PathBuf> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if name.is_empty() || name.starts_with('.') || !name.chars().all(plain) {
        bail!(
            "--publish {name:?}: a name has letters, digits, `-`, `_` and `.`, and does not begin \
             with `.`"
        );
    }
    let target = home::root(common)?.join("results/published").join(name);
    if fs::symlink_metadata(&target).is_ok() {
        bail!("--publish {name}: {} is there already; take another name", target.display());
    }
    Ok(target)
}

/// Copies the raw record, adds that it is published, and makes every report of it: the folder is
/// there whole or not at all.
fn copy(
    record: &RawRecord,
    folder: &Path,
    target: &Path,
    publication: Publication,
) -> anyhow::Result<()> {
    let published = target.parent().context("no folder to publish in")?;
    fs::create_dir_all(published)?;
    let place = tempfile::Builder::new().prefix(".publishing-").tempdir_in(published)?;
    fs::copy(folder.join(JOURNAL), place.path().join(JOURNAL))?;
    let mut writer = Writer::resume(place.path())?;
    let end = record.end.clone().context("the run has no end")?;
    // The journal is only ever added to: of several ends the last counts.
    writer.end(&lukewarm_model::RunEnd { published: Some(publication), ..end })?;
    drop(writer);
    report::write(&lukewarm_record::read(place.path())?, place.path())?;
    let place = place.keep();
    let shown = fs::Permissions::from_mode(0o755);
    let moved = fs::set_permissions(&place, shown).and_then(|()| fs::rename(&place, target));
    moved.inspect_err(|_| drop(fs::remove_dir_all(&place)))?;
    Ok(())
}
