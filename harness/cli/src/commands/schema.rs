//! `lukewarm schema`: the JSON Schema of every file and JSON output, for editors and programs.
//! Owns their names; their content belongs to the crates that read and write the files.

use std::path::Path;

use serde_json::Value;

use crate::args::{Common, SchemaArgs};
use crate::exit::Exit;
use crate::failure::{Context, Failure, Result};
use crate::terminal;

/// A schema, and the files or output that it describes.
pub struct Described {
    /// Its name on the command line.
    pub name: &'static str,
    /// The files or the command's output.
    pub of: &'static str,
    /// The schema.
    pub schema: Value,
}

/// Prints one schema or their names, or writes all of them.
pub fn run(_common: &Common, args: &SchemaArgs) -> Result<Exit> {
    if !args.into.is_empty() {
        args.into.iter().try_for_each(|page| write_tables(page))?;
        return Ok(Exit::Fine);
    }
    let all = all();
    if let Some(folder) = &args.out {
        write(folder, &all)?;
        return Ok(Exit::Fine);
    }
    let Some(name) = &args.name else {
        let lines = all.iter().map(|it| format!("{:<12} {}\n", it.name, it.of));
        terminal::definitions(&lines.collect::<String>());
        return Ok(Exit::Fine);
    };
    let found = all.iter().find(|it| it.name == *name).ok_or_else(|| {
        let known = all.iter().map(|it| it.name);
        Failure::input(lukewarm_plan::unknown("schema", name, known))
    })?;
    terminal::definitions(&super::json(&found.schema)?);
    Ok(Exit::Fine)
}

/// Every schema, those of files that people write first.
pub fn all() -> Vec<Described> {
    let tools = lukewarm_cache_tools::descriptions();
    let read = lukewarm_plan::FILE_KINDS.iter().map(|kind| Described {
        name: kind.name,
        of: kind.files,
        schema: kind.schema(&tools),
    });
    let described = |name, of, schema: schemars::Schema| {
        let mut schema = schema.to_value();
        schema["title"] = format!("lukewarm: {name}").into();
        Described { name, of, schema }
    };
    let written = [
        described("journal", "a line of journal.jsonl", lukewarm_record::journal_schema()),
        described("run", "run.json", lukewarm_record::run_schema()),
        described("summary", "summary.json", lukewarm_report::summary_schema()),
        described("list", "`lukewarm list --json`", lukewarm_session::Listing::schema()),
        described("doctor", "`lukewarm doctor --json`", lukewarm_session::Diagnosis::schema()),
        described("overhead", "`lukewarm overhead --json`", lukewarm_report::overhead_schema()),
        described("claims", "claims.json", lukewarm_report::claims_schema()),
        described("compare", "`lukewarm compare --format json`", lukewarm_report::gate_schema()),
        described(
            "recommend",
            "`lukewarm recommend --format json`",
            lukewarm_report::recommendation_schema(),
        ),
        described("soundness", "soundness.json", lukewarm_report::soundness_schema()),
    ];
    read.chain(written).collect()
}

/// Writes each schema as `NAME.json`.
fn write(folder: &Path, all: &[Described]) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("--out {}", folder.display()))?;
    for Described { name, schema, .. } in all {
        lukewarm_record::write_file(
            folder,
            &format!("{name}.json"),
            super::json(schema)?.as_bytes(),
        )?;
    }
    Ok(())
}

/// Writes the tables of keys into a page.
fn write_tables(page: &Path) -> Result<()> {
    let place = || format!("--into {}", page.display());
    let text = std::fs::read_to_string(page).with_context(place)?;
    let tools = lukewarm_cache_tools::descriptions();
    let written = lukewarm_plan::with_tables(&text, &tools);
    std::fs::write(page, written.with_context(place)?).with_context(place)
}
