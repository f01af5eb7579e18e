//! A picture as PNG, with the bundled font: the same bytes on every machine.
//! Owns turning marks into pixels; where things are is decided before.

use ab_glyph::OutlineCurve;
use tiny_skia::{FillRule, LineJoin, Paint, Path, PathBuilder, Pixmap, Stroke, Transform};

use super::canvas::{ChartError, Mark, Picture, VEIL, start};
use super::colour::{Colour, GROUND, Rgb};
use super::look::{Look, Theme};
use super::typeface::{Type, is_readable};

/// A bitmap that nobody chose a size for has twice the pixels.
const NATURAL: f64 = 2.0;
/// The most pixels: half a gigabyte of memory.
const LARGEST: u64 = 128_000_000;

/// The picture as PNG.
pub(super) fn png(picture: &Picture, look: &Look) -> Result<Vec<u8>, ChartError> {
    if !is_readable() {
        return Err(ChartError::Font);
    }
    let sheet = look.size.sheet((picture.width, picture.height), NATURAL);
    let (width, height) = (sheet.width, sheet.height);
    let fits = u64::from(width) * u64::from(height) <= LARGEST;
    let pixmap = fits.then(|| Pixmap::new(width, height)).flatten();
    let mut pixmap = pixmap.ok_or(ChartError::TooLarge { width, height })?;
    let Rgb(red, green, blue) = of(GROUND, look.theme);
    pixmap.fill(tiny_skia::Color::from_rgba8(red, green, blue, 255));
    let scale = sheet.scale as f32;
    let place = Transform::from_row(scale, 0.0, 0.0, scale, sheet.left as f32, sheet.top as f32);
    let mut sheet = Drawing { pixmap, place, theme: look.theme };
    picture.marks.iter().for_each(|mark| sheet.draw(mark));
    sheet.pixmap.encode_png().map_err(|error| ChartError::Drawing(error.to_string()))
}

fn of(colour: Colour, theme: Theme) -> Rgb {
    match theme {
        Theme::Dark => colour.dark,
        Theme::Auto | Theme::Light => colour.light,
    }
}

/// A bitmap being drawn.
struct Drawing {
    pixmap: Pixmap,
    place: Transform,
    theme: Theme,
}

impl Drawing {
    fn draw(&mut self, mark: &Mark) {
        match mark {
            Mark::Text { at, text, set } => self.text(*at, text, *set),
            Mark::Fill { from, to, colour } => {
                let (left, top) = (from.0.min(to.0).round(), from.1.min(to.1).round());
                let (right, bottom) = (from.0.max(to.0).round(), from.1.max(to.1).round());
                let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
                self.fill(closed(&corners), *colour, 1.0);
            }
            Mark::Line { points, colour, width } => {
                let stroke = Stroke { width: *width as f32, ..Stroke::default() };
                self.stroke(open(points), *colour, &stroke);
            }
            Mark::Veil { corners, colour } => self.fill(closed(corners), *colour, VEIL),
            Mark::Shape { corners, colour } => self.fill(closed(corners), *colour, 1.0),
            Mark::Circle { at, radius, colour } => {
                let circle = PathBuilder::from_circle(at.0 as f32, at.1 as f32, *radius as f32);
                self.fill(circle, *colour, 1.0);
            }
        }
    }

    /// A text on a halo in the ground's colour, as in an SVG.
    fn text(&mut self, (x, y): (f64, f64), text: &str, set: Type) {
        let begin = start(x, text, set);
        // Half of the letters' height below the middle, as `0.5ex` is in an SVG.
        let baseline = y + 0.273 * set.pixels;
        let path = outlines(text, set, (begin, baseline));
        let halo = Stroke { width: 3.0, line_join: LineJoin::Round, ..Stroke::default() };
        self.stroke(path.clone(), GROUND, &halo);
        self.fill(path, set.colour, 1.0);
    }

    fn fill(&mut self, path: Option<Path>, colour: Colour, opacity: f64) {
        let paint = self.paint(colour, opacity);
        if let Some(path) = path {
            self.pixmap.fill_path(&path, &paint, FillRule::Winding, self.place, None);
        }
    }

    fn stroke(&mut self, path: Option<Path>, colour: Colour, stroke: &Stroke) {
        let paint = self.paint(colour, 1.0);
        if let Some(path) = path {
            self.pixmap.stroke_path(&path, &paint, stroke, self.place, None);
        }
    }

    fn paint(&self, colour: Colour, opacity: f64) -> Paint<'static> {
        let Rgb(red, green, blue) = of(colour, self.theme);
        let mut paint = Paint::default();
        paint.set_color_rgba8(red, green, blue, (opacity * 255.0).round() as u8);
        paint
    }
}

fn open(points: &[(f64, f64)]) -> Option<Path> {
    // Straight lines of one pixel lie on whole pixels, as the SVG has them.
    let mut path = PathBuilder::new();
    for (number, (x, y)) in points.iter().enumerate() {
        let (x, y) = match points.len() {
            2 => (x.round() as f32, y.round() as f32),
            _ => (*x as f32, *y as f32),
        };
        if number == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
    }
    path.finish()
}

fn closed(corners: &[(f64, f64)]) -> Option<Path> {
    let mut path = PathBuilder::new();
    for (number, (x, y)) in corners.iter().enumerate() {
        let (x, y) = (*x as f32, *y as f32);
        if number == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
    }
    path.close();
    path.finish()
}

/// The outlines of a text that begins at a point on its baseline.
fn outlines(text: &str, set: Type, (left, baseline): (f64, f64)) -> Option<Path> {
    let mut path = PathBuilder::new();
    let unit = set.unit();
    for sign in set.signs(text) {
        let Some(outline) = sign.outline else { continue };
        let at = |point: ab_glyph::Point| {
            let x = left + sign.x + f64::from(point.x) * unit;
            ((x) as f32, (baseline - f64::from(point.y) * unit) as f32)
        };
        let mut pen = None;
        for curve in outline.curves {
            let (from, to) = match &curve {
                OutlineCurve::Line(from, to) => (*from, *to),
                OutlineCurve::Quad(from, _, to) => (*from, *to),
                OutlineCurve::Cubic(from, _, _, to) => (*from, *to),
            };
            // A curve that does not go on where the last one ended begins another contour.
            if pen != Some(from) {
                let (x, y) = at(from);
                path.move_to(x, y);
            }
            let (x, y) = at(to);
            match curve {
                OutlineCurve::Line(..) => path.line_to(x, y),
                OutlineCurve::Quad(_, one, _) => {
                    let one = at(one);
                    path.quad_to(one.0, one.1, x, y);
                }
                OutlineCurve::Cubic(_, one, two, _) => {
                    let (one, two) = (at(one), at(two));
                    path.cubic_to(one.0, one.1, two.0, two.1, x, y);
                }
            }
            pen = Some(to);
        }
    }
    path.finish()
}
