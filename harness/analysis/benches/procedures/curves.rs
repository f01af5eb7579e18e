//! Curves as SVG, with their names beside them.

use plotters::prelude::*;

/// One curve.
pub struct Curve {
    pub name: &'static str,
    pub points: Vec<(f64, f64)>,
}

/// One picture.
pub struct Picture {
    pub name: &'static str,
    pub caption: &'static str,
    pub curves: Vec<Curve>,
}

/// Colours that colour-blind readers tell apart (Okabe and Ito).
const COLOURS: [RGBColor; 4] =
    [RGBColor(0, 114, 178), RGBColor(213, 94, 0), RGBColor(0, 158, 115), RGBColor(204, 121, 167)];
/// The font that measures texts; readers see their own system's.
const FONT: &[u8] = include_bytes!("../../../report/fonts/DejaVuSans-subset.ttf");

pub fn draw(picture: &Picture) -> String {
    let _ = plotters::style::register_font("sans-serif", FontStyle::Normal, FONT);
    let all = || picture.curves.iter().flat_map(|curve| &curve.points);
    let right = all().map(|point| point.0).fold(0.0, f64::max);
    let top = all().map(|point| point.1).fold(1.0, f64::max) * 1.08;
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (760, 380)).into_drawing_area();
        area.fill(&WHITE).unwrap();
        let mut chart = ChartBuilder::on(&area)
            .caption(picture.caption, ("sans-serif", 15))
            .margin(14)
            .margin_right(170)
            .x_label_area_size(28)
            .y_label_area_size(40)
            .build_cartesian_2d(0.0..right, 0.0..top)
            .unwrap();
        chart.configure_mesh().disable_x_mesh().light_line_style(TRANSPARENT).draw().unwrap();
        for (curve, colour) in picture.curves.iter().zip(COLOURS) {
            let style = colour.stroke_width(2);
            chart.draw_series(LineSeries::new(curve.points.iter().copied(), style)).unwrap();
            let dot = |point: &(f64, f64)| Circle::new(*point, 3, colour.filled());
            chart.draw_series(curve.points.iter().map(dot)).unwrap();
        }
        // Names stand beside the ends of their curves, and never on each other.
        let mut ends: Vec<(i32, &str, RGBColor)> = picture
            .curves
            .iter()
            .zip(COLOURS)
            .filter_map(|(curve, colour)| {
                let end = chart.backend_coord(curve.points.last()?);
                Some((end.1, curve.name, colour))
            })
            .collect();
        ends.sort_by_key(|end| end.0);
        let mut free = 0;
        for (y, name, colour) in ends {
            let y = y.max(free);
            free = y + 15;
            let style = ("sans-serif", 12).into_font().color(&colour);
            area.draw(&Text::new(name, (598, y - 6), style)).unwrap();
        }
        area.present().unwrap();
    }
    svg
}
