//! The page of a soundness table: the table, then the evidence of each cell.

use lukewarm_analysis::{Soundness, SoundnessCell, SoundnessMark, VariationFinding};
use lukewarm_model::text::{Markdown, Safe};
use lukewarm_model::{ContentDigest, Keyword};

use super::parts::{CellWord, columns};

/// Units that are named where the same build compiles them again.
const NAMED: usize = 5;

pub(super) fn markdown(found: &Soundness) -> Safe<Markdown> {
    let mut text = Safe::own("# How right each way of caching is\n\n");
    let run = Safe::code(&found.run);
    text.write(
        "Run {}. The first job of each fills its cache; the second, on a clean machine, builds \
         after one thing has varied. What comes out is compared with builds without a cache.\n\n",
        &[&run],
    );
    for mark in SoundnessMark::CHOICES {
        text.write("- **{}**: {}\n", &[&mark.word(), &mark.help()]);
    }
    text.write(
        "- \\*: the same build once more compiles again, which it does not without the cache\n\n\
         ![The table as a picture](soundness.svg)\n\n",
        &[],
    );
    table(&mut text, found);
    for row in &found.variations {
        evidence(&mut text, found, row);
    }
    text
}

fn table(text: &mut Safe<Markdown>, found: &Soundness) {
    let heads = columns(found).map(|it| Safe::of(&it));
    text.write("| what varies | {} |\n", &[&Safe::joined(heads, " | ")]);
    text.write("|---|", &[]);
    found.arms.iter().for_each(|_| text.write("---|", &[]));
    text.write("\n", &[]);
    for row in &found.variations {
        let cells = row.cells.iter().map(|cell| {
            let CellWord { word, is_alarm } = CellWord::of(cell);
            match is_alarm {
                true => Safe::fill("**{}**", &[&word]),
                false => Safe::of(word),
            }
        });
        let cells = Safe::joined(cells, " | ");
        text.write("| {} ({}) | {} |\n", &[&row.title, &Safe::code(&row.name), &cells]);
    }
    text.write("\n", &[]);
}

fn evidence(text: &mut Safe<Markdown>, found: &Soundness, row: &VariationFinding) {
    text.write("## {}: {}\n\n", &[&Safe::code(&row.name), &row.title]);
    for paragraph in row.essay.split("\n\n") {
        text.write("{}\n\n", &[&paragraph]);
    }
    for source in &row.sources {
        text.write("- published: {}\n", &[&Safe::code(source)]);
    }
    if let Some(expected) = &row.expected {
        text.write("- expected: {}\n", &[expected]);
    }
    for (what, versions) in [("seen in", &row.seen), ("mended in", &row.mended)] {
        if !versions.is_empty() {
            text.write("- {}: {}\n", &[&what, &versions.join(", ")]);
        }
    }
    text.write("- without a cache: {}\n", &[&uncached(row)]);
    text.write(
        "\nBy hand, in a copy of {}, with the cache tool or without:\n\n",
        &[&Safe::code(&row.workspace)],
    );
    for line in &row.by_hand {
        text.write("- {}\n", &[&Safe::code(line)]);
    }
    let command = if row.expected.is_some() { "museum" } else { "soundness" };
    let again = format!("lukewarm {command} SCENARIO --only {}", row.name);
    text.write("\nOr by itself: {}\n", &[&Safe::code(&again)]);
    text.write("\n", &[]);
    for (cell, column) in row.cells.iter().zip(columns(found)) {
        of_cell(text, cell, &column);
    }
}

fn uncached(row: &VariationFinding) -> String {
    let differs = match row.changes_outputs {
        Some(true) => "builds before and after make something else",
        Some(false) => "builds before and after make the same",
        None => "whether builds before and after make the same is not known",
    };
    match &row.prints {
        Some([before, after]) if before == after => {
            format!("{differs}; the program prints `{}`", before.trim())
        }
        Some([before, after]) => {
            format!("{differs}; the program prints `{}`, then `{}`", before.trim(), after.trim())
        }
        None => differs.to_owned(),
    }
}

fn of_cell(text: &mut Safe<Markdown>, cell: &SoundnessCell, column: &str) {
    text.write("**{}: {}**\n\n", &[&column, &CellWord::of(cell).word]);
    for reason in &cell.reasons {
        text.write("- {}\n", &[reason]);
    }
    if let Some(it) = &cell.reused {
        let said = format!(
            "{} units: {} fresh, {} hit, {} compiled, {} that it cannot cache",
            it.units, it.fresh, it.hits, it.misses, it.noncacheable
        );
        text.write("- {}\n", &[&said]);
    }
    for file in &cell.files {
        let digest =
            |it: Option<ContentDigest>| it.map_or("missing".to_owned(), |it| it.to_string());
        text.write(
            "- {}: {}, without a cache {}\n",
            &[&Safe::code(&file.path), &digest(file.is), &digest(file.wanted)],
        );
    }
    if let Some(prints) = &cell.prints {
        text.write("- prints {}\n", &[&Safe::code(prints.trim())]);
    }
    if let Some(again) = cell.settled.as_ref().filter(|it| !it.not_fresh.is_empty()) {
        let also = if again.also_uncached { ", as without a cache" } else { "" };
        let units = again.not_fresh.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        text.write("- the same build once more compiles {}{}\n", &[&units, &also]);
        for reason in again.reasons.iter().take(NAMED) {
            text.write("- Cargo says: {}\n", &[reason]);
        }
    }
    text.write("\n", &[]);
}
