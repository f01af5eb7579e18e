//! A picture as SVG, through plotters' backend.
//! Owns themes, escaping and the text alternative; where things are is decided before.

use std::collections::BTreeSet;

use lukewarm_model::text::{Safe, Xml};
use plotters::backend::{DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, RGBColor, ShapeStyle};

use super::canvas::{ChartError, Mark, Picture, VEIL};
use super::colour::{Colour, GROUND, Rgb};
use super::style::{ChartStyle, Theme};
use super::typeface::{Align, Type, Weight, is_readable};

const FAMILY: &str = "sans-serif";

impl Picture {
    /// The picture as SVG.
    ///
    /// # Errors
    /// When the back end refuses, which is a bug.
    pub fn svg(&self, style: &ChartStyle) -> Result<String, ChartError> {
        if !is_readable() {
            return Err(ChartError::Font);
        }
        let (width, height) = (self.width as u32, self.height as u32);
        let mut drawn = String::new();
        let mut backend = SVGBackend::with_string(&mut drawn, (width, height));
        for mark in &self.marks {
            paint(&mut backend, mark, style.theme)?;
        }
        backend.present().map_err(refused)?;
        drop(backend);
        let body = drawn.split_once('>').map_or("", |(_, body)| body);
        let sheet = style.size.sheet((self.width, self.height), 1.0);
        // A fixed theme brings its ground; one that turns lies on whatever is there.
        let ground = match style.theme {
            Theme::Auto => String::new(),
            theme => format!(
                "<rect width=\"100%\" height=\"100%\" fill=\"{}\"/>",
                GROUND.of(theme).hex()
            ),
        };
        Ok(format!(
            "<svg class=\"{}\" role=\"img\" aria-label=\"{}\" width=\"{}\" height=\"{}\" \
             viewBox=\"0 0 {width} {height}\" \
             xmlns=\"http://www.w3.org/2000/svg\">\n{}{ground}{}\n",
            class(style.theme),
            Safe::<Xml>::of(&self.message),
            sheet.width,
            sheet.height,
            style_element(self, style.theme),
            body.trim_end(),
        ))
    }
}

fn paint(backend: &mut SVGBackend<'_>, mark: &Mark, theme: Theme) -> Result<(), ChartError> {
    let plain = |colour: Colour| {
        let Rgb(red, green, blue) = colour.of(theme);
        RGBColor(red, green, blue)
    };
    let filled = |colour: Colour| -> ShapeStyle { plain(colour).filled() };
    let painted = match mark {
        Mark::Text { at, text, set } => {
            let style = text_style(*set).color(&plain(set.colour));
            let style = style.pos(Pos::new(anchor(set.align), VPos::Center));
            backend.draw_text(text, &style, pixel(*at))
        }
        Mark::Fill { from, to, colour } => {
            backend.draw_rect(pixel(*from), pixel(*to), &filled(*colour), true)
        }
        Mark::Line { points, colour, width } => {
            let style = plain(*colour).stroke_width(*width);
            match points[..] {
                [from, to] => backend.draw_line(pixel(from), pixel(to), &style),
                _ => backend.draw_path(points.iter().map(|it| pixel(*it)), &style),
            }
        }
        Mark::Veil { corners, colour } => {
            let style = plain(*colour).mix(VEIL).filled();
            backend.fill_polygon(corners.iter().map(|it| pixel(*it)), &style)
        }
        Mark::Shape { corners, colour } => {
            backend.fill_polygon(corners.iter().map(|it| pixel(*it)), &filled(*colour))
        }
        Mark::Circle { at, radius, colour } => {
            backend.draw_circle(pixel(*at), *radius, &filled(*colour), true)
        }
    };
    painted.map_err(refused)
}

fn refused(error: impl std::error::Error + Send + Sync + 'static) -> ChartError {
    ChartError::Svg(Box::new(error))
}

fn text_style(set: Type) -> FontDesc<'static> {
    let style = match set.weight {
        Weight::Normal => FontStyle::Normal,
        Weight::Bold => FontStyle::Bold,
    };
    // The backend writes sizes divided by 1.24.
    FontDesc::new(FontFamily::Name(FAMILY), set.pixels * 1.24, style)
}

fn anchor(align: Align) -> HPos {
    match align {
        Align::Start => HPos::Left,
        Align::Middle => HPos::Center,
        Align::End => HPos::Right,
    }
}

fn pixel((x, y): (f64, f64)) -> (i32, i32) {
    (x.round() as i32, y.round() as i32)
}

/// Each theme has its own class, so that pictures of several can be on one page.
fn class(theme: Theme) -> &'static str {
    match theme {
        Theme::Auto => "lukewarm-chart",
        Theme::Light => "lukewarm-chart-light",
        Theme::Dark => "lukewarm-chart-dark",
    }
}

/// The same file is right inlined in a page and as an image: where the theme is not fixed,
/// colours turn by what the reader's system prefers.
fn style_element(picture: &Picture, theme: Theme) -> String {
    let class = class(theme);
    // A halo in the page's colour keeps text readable where a line passes behind it.
    let mut style = format!(
        "<style>.{class} text{{font-family:system-ui,-apple-system,\"Segoe UI\",Roboto,\
         \"Helvetica Neue\",\"DejaVu Sans\",sans-serif;font-variant-numeric:tabular-nums;\
         paint-order:stroke;stroke:{};stroke-width:3px;stroke-linejoin:round}}\
         .{class} [font-weight=\"bold\"]{{font-weight:600}}",
        GROUND.of(theme).hex()
    );
    if theme == Theme::Auto {
        let dark = GROUND.dark.hex();
        style.push_str("@media screen and (prefers-color-scheme:dark){");
        style.push_str(&format!(".{class} text{{stroke:{dark}}}"));
        for (attribute, light, dark) in turning(picture) {
            let (light, dark) = (light.hex(), dark.hex());
            style.push_str(&format!(".{class} [{attribute}=\"{light}\"]{{{attribute}:{dark}}}"));
        }
        style.push('}');
    }
    style + "</style>"
}

/// The colours that a picture has, by where they are, with what becomes of them in the dark.
fn turning(picture: &Picture) -> BTreeSet<(&'static str, Rgb, Rgb)> {
    let colour = |mark: &Mark| match mark {
        Mark::Text { set: Type { colour, .. }, .. }
        | Mark::Fill { colour, .. }
        | Mark::Veil { colour, .. }
        | Mark::Shape { colour, .. }
        | Mark::Circle { colour, .. } => ("fill", colour.light, colour.dark),
        Mark::Line { colour, .. } => ("stroke", colour.light, colour.dark),
    };
    picture.marks.iter().map(colour).collect()
}
