//! `lukewarm schema`: the JSON Schema of every file and JSON output, for editors and programs.
//! Owns their names; their content belongs to the crates that read and write the files.

use std::path::Path;

use lukewarm_session::NamedSchema;

use crate::args::{Common, SchemaArgs};
use crate::exit::Exit;
use crate::failure::{Context, Failure, Result};
use crate::terminal;

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
pub fn all() -> Vec<NamedSchema> {
    let tools = lukewarm_cache_tools::descriptions();
    let read = lukewarm_plan::FILE_KINDS.iter().map(|kind| NamedSchema {
        name: kind.name,
        of: kind.files,
        schema: kind.schema(&tools),
    });
    read.chain(lukewarm_session::written_schemas()).collect()
}

/// Writes each schema as `NAME.json`.
fn write(folder: &Path, all: &[NamedSchema]) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("--out {}", folder.display()))?;
    for NamedSchema { name, schema, .. } in all {
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
