//! Earlier runs that may serve a claim: found in a folder, and made under this machine's
//! conditions. It must not judge what they say.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use lukewarm_model::{Host, Predicate, RawRecord, Toolchain};
use lukewarm_plan::{Effort, Files};
use lukewarm_runner::{Processes, machine};

use crate::args::{ClaimsArgs, Common};
use crate::{home, terminal};

/// The conditions of this machine, as far as a run's result rests on them.
pub struct Here {
    host: Host,
    toolchain: Toolchain,
    /// What stands for the content of each sample.
    sources: BTreeMap<String, String>,
}

impl Here {
    /// Looks at this machine.
    pub fn look(common: &Common, args: &ClaimsArgs, files: &Files) -> anyhow::Result<Here> {
        let scratch = home::scratch(&args.places)?;
        std::fs::create_dir_all(&scratch).with_context(|| scratch.display().to_string())?;
        let samples = home::root(common)?.join("sample-workspaces");
        let toolchain = lukewarm_runner::toolchain(&samples, &home::user(), &Processes::default())?;
        let identified = files.workspaces.iter().map(|it| {
            let identity = lukewarm_runner::source_identity(&it.folder)?;
            Ok((it.name.clone(), identity))
        });
        let sources = identified.collect::<anyhow::Result<_>>()?;
        Ok(Here { host: machine::host(Path::new("/"), &scratch), toolchain, sources })
    }

    fn is_alike(&self, record: &RawRecord) -> bool {
        let run = &record.run;
        let toolchains = run.toolchains.values().all(|it| it.rustc == self.toolchain.rustc);
        let version = run.lukewarm == env!("CARGO_PKG_VERSION");
        let sources = run.sources.iter().all(|(name, it)| self.sources.get(name) == Some(it));
        self.host.differences(&run.host).is_empty() && toolchains && version && sources
    }
}

/// The records in a folder, newest first: all of them, or those of this machine that were not cut
/// off. Where `strict`, one that cannot be read is an error; else it is passed over.
pub fn records(
    folder: &Path,
    here: Option<&Here>,
    strict: Strictness,
) -> anyhow::Result<Vec<RawRecord>> {
    let entries = std::fs::read_dir(folder);
    let mut folders: Vec<_> = match (entries, strict) {
        (Ok(entries), _) => entries.flatten().map(|entry| entry.path()).collect(),
        (Err(error), Strictness::All) => {
            return Err(error).with_context(|| folder.display().to_string());
        }
        (Err(_), Strictness::Usable) => Vec::new(),
    };
    folders.retain(|folder| folder.join(lukewarm_record::JOURNAL).is_file());
    folders.sort();
    let mut records = Vec::new();
    for folder in folders.into_iter().rev() {
        match (lukewarm_record::read(&folder), strict) {
            (Ok(record), _) => records.push(record),
            (Err(error), Strictness::All) => {
                return Err(error).with_context(|| folder.display().to_string());
            }
            (Err(error), Strictness::Usable) => {
                terminal::say(&format!("{} is passed over: {error}", folder.display()));
            }
        }
    }
    if let Some(here) = here {
        let ended = |it: &RawRecord| it.end.as_ref().is_some_and(|end| end.stopped.is_none());
        records.retain(|record| ended(record) && here.is_alike(record));
    }
    Ok(records)
}

/// What becomes of a record that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// It is an error.
    All,
    /// It is passed over.
    Usable,
}

/// Whether a record has as many iterations as the effort wants for these predicates.
pub fn is_enough(record: &RawRecord, predicates: &[Predicate], effort: Effort) -> bool {
    let timed = |it: &&Predicate| it.value.metric.is_noisy() && !it.bound.is_open();
    effort == Effort::Quick
        || predicates.iter().all(|it| !timed(&it))
        || record.run.plan.iterations > 1
}
