//! Tables as text: aligned columns, and comma-separated values.
//! Owns widths and quoting.

use std::fmt::Write as _;

use strata_core::{Row, Table};
use unicode_width::UnicodeWidthStr;

/// Aligned columns: the first to the left, the others to the right; the sum stands below.
pub fn to_columns(table: &Table) -> String {
    let header = [table.title().to_owned(), "files".to_owned(), "size".to_owned()];
    let mut lines = vec![header];
    lines.extend(table.rows().iter().map(cells));
    let widths = [0, 1, 2].map(|column| width_of(&lines, column));
    let mut text = String::new();
    for [name, files, size] in &lines {
        let gap = " ".repeat(widths[0] - name.width());
        let (files_width, size_width) = (widths[1], widths[2]);
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name}{gap}  {files:>files_width$}  {size:>size_width$}");
    }
    text + &sum_line(table)
}

/// Comma-separated values; a name is quoted where it needs to be.
pub fn to_csv(table: &Table) -> String {
    let mut text = format!("{},files,bytes\n", table.title());
    for row in table.rows() {
        let _ = writeln!(text, "{},{},{}", quoted(&row.name), row.files, row.size.as_bytes());
    }
    text
}

fn sum_line(table: &Table) -> String {
    let groups = table.rows().len();
    format!("{} in {} files, {groups} groups\n", table.size(), table.files())
}

fn cells(row: &Row) -> [String; 3] {
    [row.name.clone(), row.files.to_string(), row.size.to_string()]
}

fn width_of(lines: &[[String; 3]], column: usize) -> usize {
    lines.iter().map(|line| line[column].width()).max().unwrap_or(0)
}

fn quoted(name: &str) -> String {
    if name.contains([',', '"', '\n']) {
        format!("\"{}\"", name.replace('"', "\"\""))
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strata_core::Size;

    #[test]
    fn wide_letters_do_not_break_the_columns() {
        let row = |name: &str, bytes| Row { name: name.into(), files: 1, size: Size::bytes(bytes) };
        let table = Table::new("folder", vec![row("写真", 2), row("a,b", 1)]);
        let expected = "folder  files  size\n\
                        写真        1   2 B\n\
                        a,b         1   1 B\n\
                        3 B in 2 files, 2 groups\n";
        assert_eq!(to_columns(&table), expected);
        assert_eq!(to_csv(&table), "folder,files,bytes\n写真,1,2\n\"a,b\",1,1\n");
    }
}
