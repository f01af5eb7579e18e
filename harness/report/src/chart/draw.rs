//! How a chart looks: small multiples of horizontal bars, names once at the left, labels on the
//! marks. Owns palette, measures and the trick that makes one file right on light and dark.

use std::sync::Once;

use plotters::prelude::{
    DrawingArea, IntoDrawingArea, IntoFont, PathElement, Rectangle, SVGBackend, Text,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontStyle, RGBColor, TextStyle, register_font};

use super::{Bar, Panel, Sketch};

/// The parts' colours: Okabe and Ito's, safe for the colour-blind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Blue.
    Blue,
    /// Light blue.
    Sky,
    /// Orange.
    Orange,
    /// Green.
    Green,
    /// Red.
    Vermilion,
    /// Grey.
    Grey,
}

/// Text, and lines that must be seen. Replaced by a class that knows the page's scheme.
const INK: RGBColor = RGBColor(1, 2, 3);
/// Text that matters less.
const FAINT: RGBColor = RGBColor(4, 5, 6);
/// Lines behind the bars.
const GRID: RGBColor = RGBColor(7, 8, 9);

const STYLE: &str = "<style>.lw-ink{fill:#1b1f24;stroke:none}.lw-faint{fill:#59636e}\
    .lw-grid{stroke:#d1d9e0}.lw-line{stroke:#1b1f24}\
    @media (prefers-color-scheme: dark){.lw-ink{fill:#e6edf3}.lw-faint{fill:#9198a1}\
    .lw-grid{stroke:#3d444d}.lw-line{stroke:#e6edf3}}</style>";

const WIDTH: i32 = 1080;
const MARGIN: i32 = 14;
const ROW: i32 = 24;
const BAR: i32 = 14;
const TOP: i32 = 92;
const BOTTOM: i32 = 14;
/// Between two panels.
const GAP: i32 = 12;
/// What a label at a bar's end takes.
const LABEL: i32 = 104;
/// SVG font sizes come out smaller than they are set by this factor.
const FONT_FACTOR: f64 = 1.0 / 0.806;
/// A character's mean width, as a share of the font's size.
const LETTER: f64 = 0.56;

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

impl Colour {
    fn rgb(self) -> RGBColor {
        match self {
            Colour::Blue => RGBColor(0, 114, 178),
            Colour::Sky => RGBColor(86, 180, 233),
            Colour::Orange => RGBColor(230, 159, 0),
            Colour::Green => RGBColor(0, 158, 115),
            Colour::Vermilion => RGBColor(213, 94, 0),
            Colour::Grey => RGBColor(153, 153, 153),
        }
    }
}

/// Draws a sketch.
///
/// # Errors
/// What the drawing library says, which is always a bug.
pub fn svg(sketch: &Sketch) -> Result<String, String> {
    register();
    let height = TOP + sketch.rows.len() as i32 * ROW + BOTTOM;
    let mut text = String::new();
    {
        let backend = SVGBackend::with_string(&mut text, (WIDTH as u32, height as u32));
        let area = backend.into_drawing_area();
        draw(&area, sketch).map_err(|error| error.to_string())?;
        area.present().map_err(|error| error.to_string())?;
    }
    Ok(schemed(&text, &sketch.title))
}

/// The font is in the program, so that every machine draws the same.
fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let font = include_bytes!("../../fonts/DejaVuSans-subset.ttf");
        // An error would mean that the file in the repository is no font; the tests would say so.
        let _ = register_font("sans-serif", FontStyle::Normal, font);
    });
}

type Drawn = Result<(), Box<dyn std::error::Error>>;

fn draw(area: &Area<'_>, sketch: &Sketch) -> Drawn {
    write(area, &sketch.title, (MARGIN, 20), 15.0, INK, HPos::Left)?;
    let mut x = MARGIN;
    for part in &sketch.legend {
        fill(area, (x, 39), (x + 11, 50), part.colour.rgb())?;
        write(area, part.name, (x + 17, 45), 12.0, FAINT, HPos::Left)?;
        x += 17 + width(part.name, 12.0) + 20;
    }
    let names = sketch.rows.iter().map(|name| width(name, 12.0)).max().unwrap_or(0);
    let left = MARGIN + names + 10;
    for (index, name) in sketch.rows.iter().enumerate() {
        write(area, name, (left - 10, centre(index)), 12.0, INK, HPos::Right)?;
    }
    let count = sketch.panels.len().max(1) as i32;
    let panel_width = (WIDTH - MARGIN - left - GAP * (count - 1)) / count;
    for (index, panel) in sketch.panels.iter().enumerate() {
        let from = left + index as i32 * (panel_width + GAP);
        draw_panel(area, sketch, panel, from, panel_width)?;
    }
    Ok(())
}

fn draw_panel(area: &Area<'_>, sketch: &Sketch, panel: &Panel, from: i32, width: i32) -> Drawn {
    write(area, &panel.title, (from, TOP - 16), 13.0, INK, HPos::Left)?;
    let foot = TOP + sketch.rows.len() as i32 * ROW;
    line(area, (from, TOP - 4), (from, foot), GRID)?;
    let room = f64::from((width - LABEL).max(20));
    let scale = if sketch.full > 0.0 { room / sketch.full } else { 0.0 };
    for (index, bar) in panel.bars.iter().enumerate() {
        draw_bar(area, sketch, bar, from, centre(index), scale)?;
    }
    Ok(())
}

fn draw_bar(area: &Area<'_>, sketch: &Sketch, bar: &Bar, from: i32, y: i32, scale: f64) -> Drawn {
    let place = |value: f64| from + (value * scale).round() as i32;
    let mut sum = 0.0;
    for (part, value) in sketch.legend.iter().zip(&bar.parts) {
        let start = place(sum);
        sum += value;
        if place(sum) > start {
            fill(area, (start, y - BAR / 2), (place(sum), y + BAR / 2), part.colour.rgb())?;
        }
    }
    let mut end = place(sum);
    if let Some((low, high)) = bar.range {
        line(area, (place(low), y), (place(high), y), INK)?;
        for x in [place(low), place(high)] {
            line(area, (x, y - 3), (x, y + 3), INK)?;
        }
        end = end.max(place(high));
    }
    write(area, &bar.label, (end + 5, y), 11.0, FAINT, HPos::Left)
}

fn centre(row: usize) -> i32 {
    TOP + row as i32 * ROW + ROW / 2
}

fn width(text: &str, size: f64) -> i32 {
    (text.chars().count() as f64 * size * LETTER).ceil() as i32
}

fn write(
    area: &Area<'_>,
    text: &str,
    at: (i32, i32),
    size: f64,
    colour: RGBColor,
    side: HPos,
) -> Drawn {
    let font = ("sans-serif", size * FONT_FACTOR).into_font();
    let style = TextStyle::from(font).color(&colour).pos(Pos::new(side, VPos::Center));
    Ok(area.draw(&Text::new(text.to_owned(), at, style))?)
}

fn fill(area: &Area<'_>, from: (i32, i32), to: (i32, i32), colour: RGBColor) -> Drawn {
    Ok(area.draw(&Rectangle::new([from, to], colour.filled()))?)
}

fn line(area: &Area<'_>, from: (i32, i32), to: (i32, i32), colour: RGBColor) -> Drawn {
    Ok(area.draw(&PathElement::new(vec![from, to], colour.stroke_width(1)))?)
}

/// Puts classes in place of the neutral colours, and the style that knows both schemes.
fn schemed(svg: &str, title: &str) -> String {
    let hex = |colour: RGBColor| format!("#{:02X}{:02X}{:02X}", colour.0, colour.1, colour.2);
    let classes = [
        (format!("fill=\"{}\"", hex(INK)), "class=\"lw-ink\""),
        (format!("fill=\"{}\"", hex(FAINT)), "class=\"lw-faint\""),
        (format!("stroke=\"{}\"", hex(GRID)), "class=\"lw-grid\""),
        (format!("stroke=\"{}\"", hex(INK)), "class=\"lw-line\""),
    ];
    let mut svg = svg.to_owned();
    for (colour, class) in &classes {
        svg = svg.replace(colour, class);
    }
    let head_end = svg.find('>').map_or(0, |end| end + 1);
    let head = svg[..head_end].replace("<svg ", "<svg role=\"img\" font-family=\"sans-serif\" ");
    let title = title.replace('&', "&amp;").replace('<', "&lt;");
    format!("{head}<title>{title}</title>{STYLE}{}", &svg[head_end..])
}
