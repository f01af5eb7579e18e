//! Bytes: what each job moved between itself and the service.

use lukewarm_analysis::{Findings, Row};
use lukewarm_model::Metric;

use super::draw::Colour;
use super::{Bar, Part, Sketch};
use crate::words;

pub fn sketch(findings: &Findings, workspace: &str) -> Sketch {
    let title = format!("{workspace}: bytes between each job and the cache service");
    let legend = vec![
        Part { name: "down", colour: Colour::Blue },
        Part { name: "up", colour: Colour::Orange },
    ];
    super::sketch(findings, workspace, title, legend, bar)
}

fn bar(row: &Row) -> Bar {
    let point = |metric| row.estimate(metric, None).map_or(0.0, |it| it.point);
    let (down, up) = (point(Metric::BytesDown), point(Metric::BytesUp));
    let label = match (down > 0.0, up > 0.0) {
        (false, false) => "0".to_owned(),
        (true, false) => words::bytes(down),
        (false, true) => format!("{} up", words::bytes(up)),
        (true, true) => format!("{} · {} up", words::bytes(down), words::bytes(up)),
    };
    Bar { parts: vec![down, up], label, range: None }
}
