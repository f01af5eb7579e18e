//! What holds for every chart: golden pictures, no text on another, the same bytes again.

use quick_xml::events::Event;

use super::canvas::Mark;
use super::gallery::{Caching, crowded, curve, curves, findings, small};
use super::typeface::{Align, Type};
use super::*;
use lukewarm_analysis::{CurvePoint, CurveShape, Swept};
use lukewarm_model::Setting;

/// Every picture of the gallery with its name.
fn pictures(findings: &Findings) -> Vec<(String, Picture)> {
    let charts = charts(findings).expect("findings make charts");
    charts.into_iter().map(|chart| (chart.name, chart.picture)).collect()
}

fn sweeps() -> Vec<(String, Picture)> {
    let one = [curve("wall of sccache-webdav over none, unchanged", 0.082, 6.0)];
    vec![
        ("sweep-one".to_owned(), sweep_picture(&one)),
        ("sweep-several".to_owned(), sweep_picture(&curves())),
    ]
}

/// To accept what has changed on purpose: run with `INSTA_UPDATE=always`, and look at it.
#[test]
fn pictures_are_those_that_were_looked_at() {
    for (name, picture) in pictures(&small()).into_iter().chain(sweeps()) {
        let svg = picture.svg(&ChartStyle::default()).expect("it is drawn");
        insta::assert_binary_snapshot!(&format!("{name}.svg"), svg.into_bytes());
    }
}

#[test]
fn every_question_has_its_chart_where_there_is_something_to_show() {
    let names: Vec<String> = pictures(&small()).into_iter().map(|it| it.0).collect();
    let all = ["wall", "ratio", "steps", "reuse", "bytes", "latency", "growth"];
    assert_eq!(names, all.map(|question| format!("{question}-finder")));
    let plain = findings(&[("none", Caching::Plain)], &["cold", "unchanged"]);
    let names: Vec<String> = pictures(&plain).into_iter().map(|it| it.0).collect();
    assert_eq!(names, ["wall-finder", "reuse-finder"]);
}

/// Where a text begins, in pixels from the left.
fn start(x: f64, text: &str, set: Type) -> f64 {
    match set.align {
        Align::Start => x,
        Align::Middle => x - set.width(text) / 2.0,
        Align::End => x - set.width(text),
    }
}

/// The box of every text: left, top, right, bottom.
fn boxes(picture: &Picture) -> Vec<(&str, [f64; 4])> {
    let text = |mark| match mark {
        &Mark::Text { at: (x, y), ref text, set } => {
            let (left, half) = (start(x, text, set), set.pixels * 0.5);
            Some((text.as_str(), [left, y - half, left + set.width(text), y + half]))
        }
        _ => None,
    };
    picture.marks.iter().filter_map(text).collect()
}

#[track_caller]
fn assert_texts_stand_alone(name: &str, picture: &Picture) {
    let boxes = boxes(picture);
    for (number, (text, [left, top, right, bottom])) in boxes.iter().enumerate() {
        let inside = *left >= 0.0 && *top >= 0.0;
        let inside = inside && *right <= picture.width && *bottom <= picture.height;
        assert!(inside, "{name}: `{text}` is cut off");
        for (other, [l, t, r, b]) in &boxes[..number] {
            let apart = right <= l || r <= left || bottom <= t || b <= top;
            assert!(apart, "{name}: `{text}` lies on `{other}`");
        }
    }
}

#[test]
fn no_text_lies_on_another_or_is_cut_off() {
    for findings in [small(), crowded(1), crowded(4), crowded(9), crowded(30)] {
        for (name, picture) in pictures(&findings) {
            assert_texts_stand_alone(&name, &picture);
            assert!(picture.message.ends_with('.'), "{name}: {}", picture.message);
        }
    }
    for (name, picture) in sweeps() {
        assert_texts_stand_alone(&name, &picture);
    }
    let long = "wall of a-scenario-with-a-name-that-never-ends over another-such-one, unchanged";
    let many: Vec<_> = (0..12)
        .map(|n| curve(&format!("{long} {n} times"), 0.02 + 0.01 * f64::from(n), 5.0))
        .collect();
    assert_texts_stand_alone("many curves", &sweep_picture(&many));
}

#[test]
fn one_scenario_alone_and_one_with_everything_missing_are_drawn() {
    let mut findings = findings(&[("only", Caching::Wrapper)], &["cold", "unchanged", "leaf"]);
    assert_eq!(pictures(&findings).len(), 5, "there is nothing to compare with");
    for row in &mut findings.rows {
        row.verdict = None;
        row.measured = Default::default();
        row.latency.clear();
    }
    for (name, picture) in pictures(&findings) {
        assert_texts_stand_alone(&name, &picture);
        let svg = picture.svg(&ChartStyle::default()).expect("it is drawn");
        assert!(svg.contains("no result") && !svg.contains("NaN"), "{name}: {svg}");
    }
}

#[test]
fn the_same_findings_give_the_same_bytes() {
    let dark = ChartStyle { theme: Theme::Dark, size: Size::Scale(0.5) };
    for ((name, one), (_, two)) in pictures(&small()).iter().zip(pictures(&small())) {
        let style = ChartStyle::default();
        assert_eq!(one.svg(&style).unwrap(), two.svg(&style).unwrap(), "{name}");
        assert!(one.png(&dark).unwrap() == two.png(&dark).unwrap(), "{name}");
    }
}

#[test]
fn names_are_never_markup() {
    let wild =
        [("none", Caching::Plain), ("<b>&\"x'", Caching::Archive), ("</svg>", Caching::Wrapper)];
    let mut findings = findings(&wild, &["cold", "<script>", "]]>"]);
    findings.rows.iter_mut().for_each(|row| row.workspace = "<i>\u{1}".into());
    let mut wild = curves();
    wild[0].what = "wall of <b> over none, unchanged".to_owned();
    wild[0].points[1].label = "<10 ms>".to_owned();
    let sweep = [("sweep".to_owned(), sweep_picture(&wild))];
    for (name, picture) in pictures(&findings).into_iter().chain(sweep) {
        for theme in [Theme::Auto, Theme::Light, Theme::Dark] {
            let svg =
                picture.svg(&ChartStyle { theme, ..ChartStyle::default() }).expect("it is drawn");
            assert!(elements(&svg).iter().all(|it| !["b", "i", "script"].contains(&it.as_str())));
            assert_eq!(elements(&svg).iter().filter(|it| *it == "svg").count(), 1, "{name}");
        }
    }
}

/// The names of all elements, in their order.
fn elements(svg: &str) -> Vec<String> {
    let mut reader = quick_xml::Reader::from_str(svg);
    let mut names = Vec::new();
    loop {
        match reader.read_event().expect("it is well-formed") {
            Event::Eof => return names,
            Event::Start(tag) | Event::Empty(tag) => {
                tag.attributes().for_each(|it| assert!(it.is_ok()));
                names.push(tag.name().as_ref().to_owned());
            }
            _ => {}
        }
    }
}

#[test]
fn a_fixed_theme_brings_its_ground_and_the_other_turns() {
    let picture = &pictures(&small())[0].1;
    let svg = |theme| picture.svg(&ChartStyle { theme, size: Size::Natural }).expect("it is drawn");
    let (auto, light, dark) = (svg(Theme::Auto), svg(Theme::Light), svg(Theme::Dark));
    assert!(auto.contains("prefers-color-scheme:dark") && !auto.contains("100%"));
    for (fixed, ground) in [(&light, "#FFFFFF"), (&dark, "#0F1317")] {
        assert!(!fixed.contains("prefers-color-scheme"));
        assert!(fixed.contains(&format!("height=\"100%\" fill=\"{ground}\"")));
    }
    assert!(dark.contains("#E6EDF3") && !dark.contains("#1F2328"));
}

#[test]
fn sizes_are_those_that_were_asked_for() {
    let picture = &pictures(&small())[0].1;
    let (width, height) = (picture.width as u32, picture.height as u32);
    let exact = Size::Box { width: 1200, height: 630 };
    for (size, wanted) in [
        (Size::Natural, (2 * width, 2 * height)),
        (Size::Scale(1.0), (width, height)),
        (exact, (1200, 630)),
    ] {
        let bytes = picture.png(&ChartStyle { theme: Theme::Dark, size }).expect("it is drawn");
        let pixels = resvg::tiny_skia::Pixmap::decode_png(&bytes).expect("it is a PNG");
        assert_eq!((pixels.width(), pixels.height()), wanted);
        let corner = pixels.pixel(0, 0).expect("it has pixels");
        assert_eq!((corner.red(), corner.green(), corner.blue()), (0x0F, 0x13, 0x17));
        let ink =
            |it: &&resvg::tiny_skia::PremultipliedColorU8| it.red() > 0xE0 && it.blue() > 0xE0;
        assert!(pixels.pixels().iter().filter(ink).count() > 500, "there is no text");
    }
    let svg = picture.svg(&ChartStyle { theme: Theme::Auto, size: exact }).expect("it is drawn");
    assert!(svg.contains("width=\"1200\" height=\"630\" viewBox=\"0 0 820 "), "{svg}");
    let far = ChartStyle { theme: Theme::Light, size: Size::Box { width: 16_384, height: 16_384 } };
    assert!(picture.png(&far).unwrap_err().to_string().contains("too large"));
}

#[test]
fn a_crossover_is_written_in_the_unit_of_its_labels() {
    let one = curve("wall of a over b", 0.082, 6.0);
    assert!(matches!(one.course, CurveShape::Crosses(_)), "{one:?}");
    let picture = sweep_picture(std::slice::from_ref(&one));
    assert!(
        picture.message.contains("rises above 1× at round trip 82 ms (69"),
        "{}",
        picture.message
    );
    let mut shares = one.clone();
    for (point, label) in shares.points.iter_mut().zip(["0", "1", "2", "5", "10", "15", "20"]) {
        point.label = label.to_owned();
    }
    assert!(sweep_picture(&[shares]).message.contains("at round trip 8.2 ("));
    let far: Vec<CurvePoint> = one.points.iter().filter(|it| it.at > 0.06).cloned().collect();
    let above = Curve::new(Setting::RoundTrip, "wall of a over b", far[1..].to_vec(), 1.0);
    assert!(sweep_picture(&[above]).message.contains("stays above 1×"));
    assert!(sweep_picture(&[]).message.starts_with("No point"));
}

/// An axis that reaches a ratio of 0.006 shows no interval: what is so far away is an arrow.
#[test]
fn a_ratio_far_from_one_is_an_arrow_at_the_edge() {
    let mut far = small();
    let row = far.rows.iter_mut().find(|row| row.scenario == "sccache-webdav");
    let ratio = &mut row.and_then(|row| row.comparison.as_mut()).expect("it is compared").ratio;
    (ratio.low, ratio.point, ratio.high) = (0.005, 0.006, 0.007);
    let ratio = |findings: &Findings| {
        let mut pictures = pictures(findings).into_iter();
        pictures.find(|(name, _)| name == "ratio-finder").expect("it is drawn").1
    };
    let arrows = |picture: &Picture| {
        picture.marks.iter().filter(|mark| matches!(mark, Mark::Shape { .. })).count()
    };
    assert_eq!((arrows(&ratio(&small())), arrows(&ratio(&far))), (0, 1));
    assert!(boxes(&ratio(&far)).iter().any(|(text, _)| text.starts_with("0.006×")));
    assert_texts_stand_alone("far", &ratio(&far));
}

#[test]
fn names_of_files_are_plain_and_differ() {
    let mut files = FileNames::default();
    let names = ["a b", "a/b", "A-b", "../up"].map(|name| files.name(name));
    assert_eq!(names, ["a-b", "a-b-2", "A-b-3", "..-up"]);
}

/// Two jobs whose names are the same in a file's name are two charts all the same.
#[test]
fn every_sweep_is_a_file_of_its_own() {
    let mut findings = small();
    let swept = |job: &str| Swept { workspace: "finder".into(), job: job.into(), curves: curves() };
    findings.swept = ["leaf/body", "leaf body"].map(swept).to_vec();
    let charts = charts(&findings).expect("findings make charts");
    let sweeps = charts.iter().filter(|it| it.id.kind == ChartKind::Sweep);
    let sweeps: Vec<_> = sweeps.map(|it| (it.id.job.as_deref(), it.name.as_str())).collect();
    let wanted = [
        (Some("leaf/body"), "sweep-leaf-body-finder"),
        (Some("leaf body"), "sweep-leaf-body-finder-2"),
    ];
    assert_eq!(sweeps, wanted);
}

/// The table of the specification is the registry's: `UPDATE=1` writes it anew.
#[test]
#[expect(clippy::disallowed_methods, reason = "UPDATE is read here")]
fn the_specification_has_the_table_of_charts() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../results/README.md");
    let page = std::fs::read_to_string(path).expect("the specification is there");
    let (begin, end) = (
        "<!-- charts: made by lukewarm-report's tests with UPDATE=1 -->\n",
        "<!-- end of charts -->",
    );
    let (before, rest) = page.split_once(begin).expect("the specification has the markers");
    let (table, after) = rest.split_once(end).expect("the specification has the markers");
    if std::env::var_os("UPDATE").is_some() {
        let anew = format!("{before}{begin}{}{end}{after}", chart_table());
        std::fs::write(path, anew).expect("the specification can be written");
        return;
    }
    assert_eq!(table, chart_table(), "`UPDATE=1` writes it anew");
}
