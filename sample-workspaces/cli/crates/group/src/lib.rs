//! Sums up files by what they have in common.
//! Owns the groupings; the table that comes out is shown elsewhere.

use indexmap::IndexMap;
use strata_core::{Entry, Row, Size, Table};
use strata_derive::Choice;
use strata_kind::kind_of;

/// What files are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Choice)]
pub enum Grouping {
    /// The kind of content.
    Kind,
    /// The extension of the name.
    Extension,
    /// The first folder of the path.
    TopFolder,
    /// The age, in steps that people use.
    Age,
}

const DAY: i64 = 24 * 60 * 60;
const AGES: [(i64, &str); 4] =
    [(DAY, "a day"), (7 * DAY, "a week"), (31 * DAY, "a month"), (366 * DAY, "a year")];

/// The files by group. Ages are counted back from `now`, in seconds since 1970.
pub fn group(entries: &[Entry], grouping: Grouping, now: i64) -> Table {
    let mut groups: IndexMap<String, Row> = IndexMap::new();
    for entry in entries {
        let name = name_of(entry, grouping, now);
        let row = groups.entry(name).or_insert_with_key(|name| Row {
            name: name.clone(),
            files: 0,
            size: Size::default(),
        });
        row.files += 1;
        row.size = row.size + entry.size();
    }
    Table::new(grouping.name(), groups.into_values().collect())
}

fn name_of(entry: &Entry, grouping: Grouping, now: i64) -> String {
    match grouping {
        Grouping::Kind => kind_of(entry).to_owned(),
        Grouping::Extension => match entry.extension() {
            none if none.is_empty() => "(none)".to_owned(),
            extension => extension,
        },
        Grouping::TopFolder => entry.top_folder(),
        Grouping::Age => age_of(now - entry.modified()),
    }
}

fn age_of(seconds: i64) -> String {
    match AGES.iter().find(|(limit, _)| seconds <= *limit) {
        Some((_, name)) => format!("up to {name}"),
        None => "older".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_counted_and_summed_by_group() {
        let entry = |path: &str, bytes| Entry::new(path.into(), Size::bytes(bytes), 0);
        let entries = [entry("a.rs", 1), entry("b.rs", 2), entry("c.png", 9)];
        let table = group(&entries, Grouping::Kind, 2 * DAY);
        let rows: Vec<_> = table.rows().iter().map(|row| (row.name.as_str(), row.files)).collect();
        assert_eq!(rows, [("image", 1), ("code", 2)]);
        assert_eq!(group(&entries, Grouping::Age, 2 * DAY).rows()[0].name, "up to a week");
    }
}
