//! The page as it is read: without a script, by a screen reader's rules, narrow, on paper; and
//! whatever it is filled with.

use std::fs;

use lukewarm_testing::Tried;
use serde::Deserialize;

use crate::chromium::{Seen, State, output, visit};
use crate::pages;

#[derive(Deserialize)]
struct Plain {
    problems: Vec<String>,
    text: String,
    rows: usize,
    pictures: usize,
    controls: usize,
}

#[derive(Deserialize)]
struct Axe {
    found: Vec<Scheme>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Scheme {
    color_scheme: String,
    violations: Vec<String>,
    passes: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Width {
    inner: u32,
    scroll: u32,
    wide: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Injected {
    problems: Vec<String>,
    requests: Vec<String>,
    scripts: usize,
    foreign: usize,
    handlers: usize,
    struck: String,
    title: String,
}

#[derive(Debug, Deserialize)]
struct Opened {
    problems: Vec<String>,
    opened: f64,
    filtered: f64,
    states: Vec<State>,
}

pub fn nothing_leaves_the_page_and_nothing_complains() -> Tried {
    for page in [pages::published(), pages::doubtful()] {
        let seen = visit::<Seen>("quiet", &page, &[])?;
        assert_eq!(seen.problems, [""; 0]);
        assert_eq!(seen.requests.len(), 1, "{:?}", seen.requests);
        assert!(seen.requests[0].ends_with("report.html"));
    }
    Ok(())
}

pub fn without_a_script_everything_is_there() -> Tried {
    let plain = visit::<Plain>("plain", &pages::published(), &[])?;
    assert_eq!(plain.problems, [""; 0]);
    // What the record says, each in another part of the page.
    for wanted in [
        "sccache-throttled",
        "What a workflow without any caching pays",
        "AMD EPYC",
        "lukewarm run",
        "41 of 41 units",
    ] {
        assert!(plain.text.contains(wanted), "{wanted}");
    }
    // 32 results, 8 × 4 in the scenarios' pictures, 88 samples, and the steps.
    assert!(plain.rows > 32 + 32 + 88, "{} rows", plain.rows);
    assert!(plain.pictures >= 3);
    assert_eq!(plain.controls, 0, "what only a script can do is not offered");
    Ok(())
}

pub fn the_accessibility_checker_finds_nothing_in_light_and_dark() -> Tried {
    for page in [pages::published(), pages::doubtful()] {
        let axe = visit::<Axe>("axe", &page, &[])?;
        assert_eq!(axe.found.len(), 2);
        for scheme in axe.found {
            let name = &scheme.color_scheme;
            assert_eq!(scheme.violations, [""; 0], "{name} {}", page.display());
            for rule in ["color-contrast", "heading-order", "region", "skip-link"] {
                assert!(scheme.passes.iter().any(|it| it == rule), "{name}: {rule} was not tried");
            }
        }
    }
    Ok(())
}

pub fn the_page_of_claims_is_read_by_the_same_rules() -> Tried {
    let page = pages::claims();
    let axe = visit::<Axe>("axe", &page, &[])?;
    for scheme in axe.found {
        assert_eq!(scheme.violations, [""; 0], "{}", scheme.color_scheme);
        assert!(scheme.passes.iter().any(|it| it == "color-contrast"));
    }
    let told = visit::<Vec<Width>>("width", &page, &["360", "1280"])?;
    for seen in told {
        assert_eq!(seen.scroll, seen.inner, "{seen:?}");
    }
    Ok(())
}

pub fn a_narrow_page_scrolls_one_way_only() -> Tried {
    for page in [pages::published(), pages::doubtful(), pages::injected()] {
        let widths = ["360", "390", "800", "1280"];
        let told = visit::<Vec<Width>>("width", &page, &widths)?;
        assert_eq!(told.len(), widths.len());
        for seen in told {
            assert_eq!(seen.scroll, seen.inner, "{} {seen:?}", page.display());
            assert_eq!(seen.wide, [""; 0], "{} {seen:?}", page.display());
        }
    }
    Ok(())
}

pub fn on_paper_the_reasons_are_open_and_the_controls_are_gone() -> Tried {
    let page = pages::published();
    let paper = page.with_file_name("report.pdf");
    let seen = visit::<Seen>("print", &page, &[&paper.display().to_string()])?;
    assert_eq!(seen.problems, [""; 0]);
    assert!(fs::read(&paper).unwrap().starts_with(b"%PDF"));
    let text = output("pdftotext", &["-layout".as_ref(), &paper, "-".as_ref()])?;
    for wanted in ["sccache-throttled", "41 of 41 units", "AMD EPYC"] {
        assert!(text.contains(wanted), "{wanted}");
    }
    for wrong in ["Show only rows with", "Skip to the answer"] {
        assert!(!text.contains(wrong), "{wrong}");
    }
    let pages = text.matches('\u{c}').count();
    assert!((5..40).contains(&pages), "{pages} pages");
    Ok(())
}

pub fn names_that_are_markup_do_nothing() -> Tried {
    let seen = visit::<Injected>("injected", &pages::injected(), &[])?;
    assert_eq!(seen.problems, [""; 0]);
    assert_eq!(seen.requests.len(), 1, "{:?}", seen.requests);
    assert_eq!((seen.scripts, seen.foreign, seen.handlers), (1, 0, 0), "{seen:?}");
    assert_eq!(seen.struck, "undefined");
    assert!(seen.title.contains("</title></script><script>"), "{}", seen.title);
    Ok(())
}

pub fn ten_thousand_jobs_are_still_one_page() -> Tried {
    for page in [pages::long(), pages::wide()] {
        let size = fs::metadata(&page).unwrap().len();
        assert!(size < 2_000_000, "{}: {size} bytes", page.display());
        let seen = visit::<Opened>("opens", &page, &[])?;
        assert_eq!(seen.problems, [""; 0]);
        assert!(seen.states[0].rows.is_empty() && seen.states[0].count.starts_with("0 of "));
        // A machine that builds beside the test is slow; what is meant is that nobody waits long.
        assert!(seen.opened < 10_000.0 && seen.filtered < 5_000.0, "{seen:?}");
    }
    Ok(())
}
