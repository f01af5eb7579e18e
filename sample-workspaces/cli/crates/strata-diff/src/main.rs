//! `strata-diff OLD.json NEW.json`: what grew and what shrank between two reports.
//! Owns the comparison; reports are read by `strata-report`.

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use strata_core::{Error, Size, Table};
use strata_report::from_json;

fn main() -> ExitCode {
    let paths: Vec<String> = env::args().skip(1).collect();
    let [old, new] = paths.as_slice() else {
        eprintln!("usage: strata-diff OLD.json NEW.json");
        return ExitCode::FAILURE;
    };
    match read(old).and_then(|old| Ok(compare(&old, &read(new)?))) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("strata-diff: {error}");
            ExitCode::FAILURE
        }
    }
}

fn read(path: &str) -> Result<Table, Error> {
    let path = Path::new(path);
    from_json(&fs::read_to_string(path).map_err(|error| Error::read(path, error))?)
}

/// One line for each group whose size changed, the groups of the new report first.
fn compare(old: &Table, new: &Table) -> String {
    let gone = old.rows().iter().filter(|row| size_in(new, &row.name).is_none());
    let names = new.rows().iter().chain(gone).map(|row| row.name.as_str());
    names.filter_map(|name| change_of(name, size_in(old, name), size_in(new, name))).collect()
}

fn change_of(name: &str, old: Option<Size>, new: Option<Size>) -> Option<String> {
    let before = old.unwrap_or_default();
    let after = new.unwrap_or_default();
    let mark = match after.cmp(&before) {
        std::cmp::Ordering::Greater => '+',
        std::cmp::Ordering::Less => '-',
        std::cmp::Ordering::Equal => return None,
    };
    let change = Size::bytes(after.as_bytes().abs_diff(before.as_bytes()));
    Some(format!("{mark}{change}  {name}: {before} -> {after}\n"))
}

fn size_in(table: &Table, name: &str) -> Option<Size> {
    table.rows().iter().find(|row| row.name == name).map(|row| row.size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use strata_core::Row;

    #[test]
    fn only_what_changed_is_shown() {
        let row = |name: &str, bytes| Row { name: name.into(), files: 1, size: Size::bytes(bytes) };
        let old = Table::new("kind", vec![row("code", 10), row("text", 5), row("image", 7)]);
        let new = Table::new("kind", vec![row("code", 14), row("text", 5)]);
        assert_eq!(compare(&old, &new), "+4 B  code: 10 B -> 14 B\n-7 B  image: 7 B -> 0 B\n");
    }
}
