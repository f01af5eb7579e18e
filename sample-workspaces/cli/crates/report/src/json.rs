//! Tables as JSON, written and read.
//! Owns the names of the keys, so that both directions agree.

use serde_json::{Value, json};
use strata_core::{Error, Row, Size, Table};

const EXPECTED: &str = "a report of `strata --format json`";

/// One object with the title and the rows.
pub fn to_json(table: &Table) -> String {
    let rows: Vec<Value> = table
        .rows()
        .iter()
        .map(|row| json!({"name": row.name, "files": row.files, "bytes": row.size.as_bytes()}))
        .collect();
    format!("{:#}\n", json!({"by": table.title(), "rows": rows}))
}

/// The table that `to_json` wrote.
pub fn from_json(text: &str) -> Result<Table, Error> {
    let wrong = || Error::text(EXPECTED, text.lines().next().unwrap_or_default());
    let value: Value = serde_json::from_str(text).map_err(|_| wrong())?;
    let title = value["by"].as_str().ok_or_else(wrong)?;
    let rows = value["rows"].as_array().ok_or_else(wrong)?;
    let rows: Option<Vec<Row>> = rows.iter().map(row_of).collect();
    Ok(Table::new(title, rows.ok_or_else(wrong)?))
}

fn row_of(value: &Value) -> Option<Row> {
    Some(Row {
        name: value["name"].as_str()?.to_owned(),
        files: value["files"].as_u64()?,
        size: Size::bytes(value["bytes"].as_u64()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() -> Result<(), Error> {
        let row = Row { name: "code".into(), files: 3, size: Size::bytes(2048) };
        let table = Table::new("kind", vec![row]);
        assert_eq!(from_json(&to_json(&table))?, table);
        assert!(from_json("{\"by\": 1}").is_err());
        Ok(())
    }
}
