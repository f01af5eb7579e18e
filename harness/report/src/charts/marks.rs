//! A table of marks: what each way of caching did after each variation, by colour and by word.
//! Owns this picture only; the marks are `analysis`'s.

use lukewarm_analysis::{SoundnessCell, SoundnessMark};
use lukewarm_model::Keyword;

use super::canvas::{Canvas, Picture};
use super::colour::{ALARM, Colour, GREY, GRID, MINT, ORANGE};
use super::frame::{Heading, MARGIN, WIDTH, heading};
use super::typeface::{bold, label, small};

/// Height of a row, and where the columns begin.
const ROW: f64 = 22.0;
const LEFT: f64 = 330.0;

const LEGEND: [(&str, Colour); 4] = [
    ("right", MINT),
    ("under-keyed: wrong output", ALARM),
    ("over-keyed: compiled in vain", ORANGE),
    ("not testable", GREY),
];

/// What the picture shows.
pub(crate) struct MarkTable<'a> {
    pub(crate) title: &'a str,
    /// The ways of caching.
    pub(crate) columns: Vec<String>,
    /// What varies, and a cell for each column.
    pub(crate) rows: Vec<(String, Vec<&'a SoundnessCell>)>,
}

/// The picture.
pub(crate) fn mark_table(table: &MarkTable<'_>) -> Picture {
    let mut canvas = Canvas::default();
    let subtitle = "The second job on a clean machine, after one thing has varied, beside builds \
                    without a cache; *: the same build once more compiles again";
    let (title, subtitle) = (table.title.to_owned(), subtitle.to_owned());
    let mut top = heading(&mut canvas, &Heading { title, subtitle, legend: &LEGEND });
    for (number, column) in table.columns.iter().enumerate() {
        let text = format!("{}  {column}", number + 1);
        canvas.text(MARGIN, top + ROW / 2.0, &label().fit(&text, WIDTH - 2.0 * MARGIN), label());
        top += ROW - 4.0;
    }
    top += 6.0;
    let columns = table.columns.len().max(1) as f64;
    let width = ((WIDTH - MARGIN - LEFT) / columns).min(160.0);
    for number in 0..table.columns.len() {
        let middle = LEFT + (number as f64 + 0.5) * width;
        canvas.text(middle, top + ROW / 2.0, &(number + 1).to_string(), bold(12.0).centred());
    }
    top += ROW;
    for (name, cells) in &table.rows {
        canvas.line((MARGIN, top), (LEFT + columns * width, top), GRID);
        let y = top + ROW / 2.0;
        canvas.text(MARGIN, y, &label().fit(name, LEFT - 2.0 * MARGIN), label());
        for (number, cell) in cells.iter().enumerate() {
            let left = LEFT + number as f64 * width + 2.0;
            canvas.fill((left, top + 2.0), (left + 12.0, top + ROW - 2.0), colour(cell));
            let star = if cell.is_unsettled() { " *" } else { "" };
            let word = format!("{}{star}", cell.mark.word());
            let set = if cell.mark == SoundnessMark::UnderKeyed { bold(12.0) } else { small() };
            canvas.text(left + 18.0, y, &set.fit(&word, width - 22.0), set);
        }
        top += ROW;
    }
    canvas.picture((WIDTH, top + 8.0), message(table))
}

fn colour(cell: &SoundnessCell) -> Colour {
    match cell.mark {
        SoundnessMark::Right => MINT,
        SoundnessMark::UnderKeyed => ALARM,
        SoundnessMark::OverKeyed => ORANGE,
        SoundnessMark::NotTestable => GREY,
    }
}

/// How many cells of each column have which mark.
fn message(table: &MarkTable<'_>) -> String {
    let of_column = |(number, name): (usize, &String)| {
        let marks = table.rows.iter().filter_map(|(_, cells)| Some(cells.get(number)?.mark));
        let marks: Vec<SoundnessMark> = marks.collect();
        let count = |mark: &&SoundnessMark| marks.iter().filter(|it| it == mark).count();
        let said = SoundnessMark::CHOICES.iter().filter(|it| count(it) > 0);
        let said: Vec<String> =
            said.map(|mark| format!("{} {}", count(&mark), mark.word())).collect();
        format!("{name}: {}", said.join(", "))
    };
    let columns: Vec<String> = table.columns.iter().enumerate().map(of_column).collect();
    format!("{}. {}.", table.title, columns.join("; "))
}
