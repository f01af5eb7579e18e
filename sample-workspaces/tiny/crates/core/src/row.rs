//! Rows of a table, and the table as text.
//! Owns columns and their widths; what is shown in them belongs to whoever has a `Row`.

/// Something that can be a row of a table: `#[derive(Row)]` of `tally-derive` writes this.
pub trait Row {
    /// The names of the columns.
    const HEADERS: &'static [&'static str];

    /// One text a column, in the order of the headers.
    fn cells(&self) -> Vec<String>;
}

/// A table of all rows, each column as wide as its widest cell.
pub fn render<R: Row>(rows: &[R]) -> String {
    let header = R::HEADERS.iter().map(|name| name.to_string()).collect();
    let mut lines: Vec<Vec<String>> = vec![header];
    lines.extend(rows.iter().map(Row::cells));
    layout(&lines)
}

/// Pads the cells and joins them. Kept apart from `render`, so that it is compiled only once.
fn layout(lines: &[Vec<String>]) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(|column| width_of(lines, column)).collect();
    let mut table = String::new();
    for line in lines {
        let padded: Vec<String> =
            line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        table.push_str(padded.join("  ").trim_end());
        table.push('\n');
    }
    let rule = rule_below(&widths);
    table + &rule
}

fn width_of(lines: &[Vec<String>], column: usize) -> usize {
    let cells = lines.iter().filter_map(|line| line.get(column));
    cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
}

fn rule_below(widths: &[usize]) -> String {
    let width = widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1);
    let dashes = "-".repeat(width);
    format!("{dashes} end of table\n")
}
