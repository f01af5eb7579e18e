//! The canvas: text, boxes and lines in pixels, through plotters' SVG backend.
//! Owns the font, the palette and how it turns dark. It knows nothing of findings.

use std::sync::OnceLock;

use plotters::coord::Shift;
use plotters::prelude::{
    Color, DrawingArea, FontStyle, IntoDrawingArea, PathElement, RGBColor, Rectangle, SVGBackend,
    Text,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontDesc, FontFamily, register_font};

/// Text and marks. The neutral colours turn with the reader's light or dark.
pub(super) const INK: RGBColor = RGBColor(0x1F, 0x23, 0x28);
/// Text that stands back.
pub(super) const SOFT: RGBColor = RGBColor(0x59, 0x63, 0x6E);
/// Lines of the grid.
pub(super) const GRID: RGBColor = RGBColor(0xDD, 0xE2, 0xE7);
/// What is wrong.
pub(super) const ALARM: RGBColor = RGBColor(0xC2, 0x4A, 0x00);
/// The build, and what it compiles.
pub(super) const BLUE: RGBColor = RGBColor(0x00, 0x72, 0xB2);
/// Restoring, and bytes down.
pub(super) const SKY: RGBColor = RGBColor(0x56, 0xB4, 0xE9);
/// Saving, and bytes up.
pub(super) const ORANGE: RGBColor = RGBColor(0xE6, 0x9F, 0x00);
/// Units that Cargo skipped.
pub(super) const GREEN: RGBColor = RGBColor(0x00, 0x9E, 0x73);
/// Units that the cache answered.
pub(super) const MINT: RGBColor = RGBColor(0x8A, 0xD3, 0xB5);
/// What cannot be cached.
pub(super) const GREY: RGBColor = RGBColor(0xA8, 0xB0, 0xB8);

/// Each colour that differs in the dark, with what it becomes there.
const DARK: [(RGBColor, &str); 6] = [
    (INK, "#E6EDF3"),
    (SOFT, "#9DA7B3"),
    (GRID, "#30363D"),
    (ALARM, "#FF8A4C"),
    (BLUE, "#2F80C3"),
    (SKY, "#8CCBF2"),
];

/// The bundled font only measures; readers see their own system's font.
const FONT: &[u8] = include_bytes!("../../fonts/DejaVuSans-subset.ttf");
const FAMILY: &str = "sans-serif";

/// Why a chart could not be drawn. Both are bugs.
#[derive(Debug, thiserror::Error)]
pub enum ChartError {
    /// The bundled font cannot be read.
    #[error("the bundled font cannot be read")]
    Font,
    /// The backend refused to draw.
    #[error("cannot draw: {0}")]
    Drawing(String),
}

/// How a text stands at its point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Type {
    pub(super) pixels: f64,
    pub(super) weight: Weight,
    pub(super) colour: RGBColor,
    pub(super) align: Align,
}

/// How heavy a text is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Weight {
    Normal,
    Bold,
}

/// Which end of a text its point is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Align {
    Start,
    Middle,
    End,
}

/// A picture being drawn.
pub(super) struct Canvas<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
}

/// Draws a picture of this size. `title` is what a screen reader says.
pub(super) fn draw(
    (width, height): (u32, u32),
    title: &str,
    paint: impl FnOnce(&Canvas<'_>) -> Result<(), ChartError>,
) -> Result<String, ChartError> {
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    if !REGISTERED.get_or_init(|| register_font(FAMILY, FontStyle::Normal, FONT).is_ok()) {
        return Err(ChartError::Font);
    }
    let mut drawn = String::new();
    let canvas =
        Canvas { area: SVGBackend::with_string(&mut drawn, (width, height)).into_drawing_area() };
    paint(&canvas)?;
    canvas.area.present().map_err(failure)?;
    drop(canvas);
    let body = drawn.split_once('>').map_or("", |(_, body)| body);
    let title = escaped(title);
    Ok(format!(
        "<svg class=\"lukewarm-chart\" role=\"img\" aria-label=\"{title}\" width=\"{width}\" \
         height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         xmlns=\"http://www.w3.org/2000/svg\">\n{}{}\n",
        style(),
        body.trim_end(),
    ))
}

impl Canvas<'_> {
    /// A text, its middle at the height `y`.
    pub(super) fn text(&self, x: f64, y: f64, text: &str, set: Type) -> Result<(), ChartError> {
        // The backend writes sizes divided by 1.24.
        let style = match set.weight {
            Weight::Normal => FontStyle::Normal,
            Weight::Bold => FontStyle::Bold,
        };
        let font = FontDesc::new(FontFamily::Name(FAMILY), set.pixels * 1.24, style);
        let anchor = match set.align {
            Align::Start => HPos::Left,
            Align::Middle => HPos::Center,
            Align::End => HPos::Right,
        };
        let style = font.color(&set.colour).pos(Pos::new(anchor, VPos::Center));
        let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        self.area.draw(&Text::new(plain, (pixel(x), pixel(y)), style)).map_err(failure)
    }

    /// A filled box.
    pub(super) fn fill(
        &self,
        (left, top): (f64, f64),
        (right, bottom): (f64, f64),
        colour: RGBColor,
    ) -> Result<(), ChartError> {
        let corners = [(pixel(left), pixel(top)), (pixel(right), pixel(bottom))];
        self.area.draw(&Rectangle::new(corners, colour.filled())).map_err(failure)
    }

    /// A straight line, one pixel wide.
    pub(super) fn line(
        &self,
        from: (f64, f64),
        to: (f64, f64),
        colour: RGBColor,
    ) -> Result<(), ChartError> {
        let ends = vec![(pixel(from.0), pixel(from.1)), (pixel(to.0), pixel(to.1))];
        self.area.draw(&PathElement::new(ends, colour.stroke_width(1))).map_err(failure)
    }
}

fn pixel(value: f64) -> i32 {
    value.round() as i32
}

fn failure(error: impl std::fmt::Display) -> ChartError {
    ChartError::Drawing(error.to_string())
}

/// The same file is right inlined in a page and as an image: colours turn by what the reader's
/// system prefers, and the ground stays clear.
fn style() -> String {
    let mut dark = String::new();
    for (RGBColor(red, green, blue), becomes) in DARK {
        let light = format!("#{red:02X}{green:02X}{blue:02X}");
        for attribute in ["fill", "stroke"] {
            dark.push_str(&format!(
                ".lukewarm-chart [{attribute}=\"{light}\"]{{{attribute}:{becomes}}}"
            ));
        }
    }
    // A halo in the page's colour keeps text readable where a line passes behind it.
    format!(
        "<style>.lukewarm-chart text{{font-family:system-ui,-apple-system,\"Segoe UI\",Roboto,\
         \"Helvetica Neue\",\"DejaVu Sans\",sans-serif;font-variant-numeric:tabular-nums;\
         paint-order:stroke;stroke:#FFFFFF;stroke-width:3px;stroke-linejoin:round}}\
         .lukewarm-chart [font-weight=\"bold\"]{{font-weight:600}}\
         @media screen and (prefers-color-scheme:dark){{\
         .lukewarm-chart text{{stroke:#0F1317}}{dark}}}</style>"
    )
}

fn escaped(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !c.is_control()).collect();
    let plain = plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    plain.replace('"', "&quot;")
}
