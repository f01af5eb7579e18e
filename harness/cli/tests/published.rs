//! What the project publishes rests on journals: each is read and evaluated, and gives the figures
//! and verdicts that the README, the book and the published answer show. Words are not compared.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::LazyLock;

use assert_cmd::Command;
use serde_json::Value;

/// What writes the published figures anew.
const ANEW: &str = "`lukewarm claims --from results/published/claims --into \
                    harness/docs/claims.md` and `lukewarm chart results/published/RUN wall-cli` \
                    write it again";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn lukewarm(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lukewarm")).args(words).output().unwrap()
}

/// The published runs: folders with a journal.
fn runs() -> Vec<PathBuf> {
    let folders = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.is_dir()).collect()
    };
    let published = folders(&root().join("results/published"));
    let below = published.iter().flat_map(|folder| folders(folder));
    let all = published.iter().cloned().chain(below);
    all.filter(|folder| folder.join("journal.jsonl").exists()).collect()
}

/// A copy of the journals of published claims and of the pages that quote them, with the answer
/// made from these alone.
struct Claims {
    place: tempfile::TempDir,
}

static CLAIMS: LazyLock<Claims> = LazyLock::new(|| {
    let place = tempfile::tempdir().unwrap();
    for run in runs().iter().filter(|it| it.parent().is_some_and(|it| it.ends_with("claims"))) {
        let folder = place.path().join(run.file_name().unwrap());
        fs::create_dir(&folder).unwrap();
        fs::copy(run.join("journal.jsonl"), folder.join("journal.jsonl")).unwrap();
    }
    let mut words = vec!["claims", "--quiet", "--from"].into_iter().map(str::to_owned).collect();
    let claims = Claims { place };
    let path = |name: &str| claims.path(name).display().to_string();
    Vec::push(&mut words, claims.place.path().display().to_string());
    for page in PAGES {
        fs::copy(root().join(page), path(&page.replace('/', "-"))).unwrap();
        words.extend(["--into".to_owned(), path(&page.replace('/', "-"))]);
    }
    let output = lukewarm(&words.iter().map(String::as_str).collect::<Vec<_>>());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!([Some(0), Some(2)].contains(&output.status.code()), "{said}");
    claims
});

/// The pages that show a table of verdicts.
const PAGES: [&str; 1] = ["harness/docs/claims.md"];

impl Claims {
    fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Every estimate in a value, in its order: point, interval and count.
fn estimates(value: &Value, found: &mut Vec<[f64; 4]>) {
    match value {
        Value::Array(list) => list.iter().for_each(|it| estimates(it, found)),
        Value::Object(map) => {
            let number = |key: &str| map.get(key).and_then(Value::as_f64);
            let estimate = ["point", "low", "high", "count"].map(number);
            match estimate.into_iter().collect::<Option<Vec<f64>>>() {
                Some(numbers) => found.extend(<[f64; 4]>::try_from(numbers)),
                None => map.values().for_each(|it| estimates(it, found)),
            }
        }
        _ => {}
    }
}

/// The verdict of each claim, and every estimate of its evidence.
fn answers(claims: &Value) -> BTreeMap<String, (String, Vec<[f64; 4]>)> {
    let claims = claims.as_array().unwrap().iter();
    claims
        .map(|claim| {
            let mut found = Vec::new();
            estimates(&claim["evidence"], &mut found);
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            (text(&claim["claim"]["id"]), (text(&claim["verdict"]), found))
        })
        .collect()
}

/// The verdict of each claim in a page's table: a row is `| ID | title | **verdict** | … |`.
fn table(page: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(page).unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> =
            line.split(" | ").map(|cell| cell.trim_matches([' ', '|'])).collect();
        let is_id = |id: &str| id.len() > 1 && id[1..].chars().all(|it| it.is_ascii_digit());
        let verdict = cells.iter().find_map(|cell| cell.strip_prefix("**")?.split("**").next());
        let id = cells.first().filter(|id| is_id(id))?;
        let verdict = verdict?.trim_end_matches(" here").replace(' ', "-");
        Some((id.to_ascii_lowercase(), verdict))
    };
    text.lines().filter(|line| line.starts_with('|')).filter_map(row).collect()
}

/// The times and ratios that a picture writes beside its marks, such as `8.12 s` and `1.08×`.
fn figures(picture: &Path) -> Vec<String> {
    let text = fs::read_to_string(picture).unwrap_or_else(|error| panic!("{picture:?}: {error}"));
    let labels = text.split("<text").skip(1).filter_map(|rest| rest.split("</text>").next());
    let labels = labels.filter_map(|label| label.split_once('>').map(|(_, words)| words.trim()));
    let is_number = |word: &str| word.parse::<f64>().is_ok();
    let is_figure = |label: &&str| {
        label.split(" · ").all(|part| {
            let ratio = part.strip_suffix('×').is_some_and(is_number);
            ratio || part.strip_suffix(" s").is_some_and(is_number)
        })
    };
    labels.filter(is_figure).map(str::to_owned).collect()
}

#[test]
fn every_published_journal_is_read_and_has_results() {
    let runs = runs();
    assert!(!runs.is_empty());
    for run in runs {
        let output = lukewarm(&["report", &run.display().to_string(), "--format", "json"]);
        let said = String::from_utf8_lossy(&output.stderr);
        // 3 where a run was stopped, or jobs may not be believed; 1 where tools were found out that
        // make something wrong.
        let wanted = match run.join("soundness.json").exists() {
            true => &[Some(1)][..],
            false => &[Some(0), Some(3)],
        };
        let is_read = wanted.contains(&output.status.code());
        assert!(is_read, "{}: {said}", run.display());
        let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
        let mut found = Vec::new();
        estimates(&summary["rows"], &mut found);
        let walls = found.iter().filter(|[point, low, high, count]| {
            low <= point && point <= high && *count >= 1.0 && point.is_finite()
        });
        assert_eq!(walls.count(), found.len(), "{}: {found:?}", run.display());
        assert!(!found.is_empty(), "{} has no result", run.display());
    }
}

#[test]
fn the_published_answer_has_the_verdicts_and_estimates_of_its_journals() {
    let published = answers(&json(&root().join("results/published/claims/claims.json")));
    let made = answers(&json(&CLAIMS.path("claims.json")));
    assert_eq!(published.keys().collect::<Vec<_>>(), made.keys().collect::<Vec<_>>(), "{ANEW}");
    for (id, (verdict, estimates)) in &made {
        let (published, numbers) = &published[id];
        assert_eq!((id, published), (id, verdict), "{ANEW}");
        assert_eq!(numbers.len(), estimates.len(), "{id}: {ANEW}");
        let far = |(one, other): &(&f64, &f64)| (*one - *other).abs() > 1e-9 * one.abs();
        let far = numbers.iter().flatten().zip(estimates.iter().flatten()).find(far);
        assert_eq!(far, None, "{id}: {ANEW}");
    }
    // What `list` says was published is that.
    let listed = lukewarm(&["list", "claims", "--json"]);
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    for claim in listed.as_array().unwrap() {
        let id = claim["id"].as_str().unwrap();
        assert_eq!(claim["published"].as_str(), Some(published[id].0.as_str()), "{id}");
        let nowhere = published[id].0 == "not-testable";
        assert_eq!(claim["experiments"].as_array().unwrap().is_empty(), nowhere, "{id}");
    }
}

#[test]
fn tables_of_verdicts_in_the_readme_and_the_book_are_those_of_the_journals() {
    let verdicts: BTreeMap<String, String> = answers(&json(&CLAIMS.path("claims.json")))
        .into_iter()
        .map(|(id, (verdict, _))| (id, verdict))
        .collect();
    for page in PAGES {
        let made = table(&CLAIMS.path(&page.replace('/', "-")));
        assert_eq!(made, verdicts, "the table that is made");
        assert_eq!(table(&root().join(page)), verdicts, "{page}: {ANEW}");
    }
}

#[test]
fn published_pictures_have_the_figures_of_their_journals() {
    let place = tempfile::tempdir().unwrap();
    let (root, out) = (root(), place.path().display().to_string());
    for run in ["default", "arms-cli", "arms-nightly-cli", "cli"] {
        let cli = root.join("results/published").join(run);
        let drawn = lukewarm(&["chart", &cli.display().to_string(), "wall-cli", "--out", &out]);
        assert!(drawn.status.success(), "{}", String::from_utf8_lossy(&drawn.stderr));
        let wall = figures(&place.path().join("wall-cli.svg"));
        assert!(wall.len() >= 8, "a figure a case at least: {wall:?}");
        assert_eq!(figures(&cli.join("charts/wall-cli.svg")), wall, "{run}: {ANEW}");
    }
    // The book has its own copies of some: it cannot reach out of its folder. What they draw are the
    // estimates of the published answer.
    let published = root.join("results/published/claims/charts");
    for chart in fs::read_dir(published).unwrap().map(|it| it.unwrap().path()) {
        let name = chart.file_name().unwrap();
        assert!(CLAIMS.path("charts").join(name).exists(), "{} is no picture", chart.display());
        let copy = root.join("harness/docs").join(name);
        let is_same = !copy.exists() || fs::read(&copy).unwrap() == fs::read(&chart).unwrap();
        assert!(is_same, "{}: copy {} over it", copy.display(), chart.display());
    }
}

/// Each variation's mark for each way of caching.
fn marks(table: &Value) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let rows = table["variations"].as_array().unwrap().iter();
    let marks = rows.flat_map(|row| {
        let cells = row["cells"].as_array().unwrap().iter();
        cells.map(move |it| (text(&row["name"]), text(&it["scenario"]), text(&it["mark"])))
    });
    marks.collect()
}

#[test]
fn published_tables_of_soundness_have_the_marks_of_their_journals() {
    for name in ["soundness", "museum"] {
        let folder = root().join("results/published").join(name);
        let shown = folder.display().to_string();
        let made = lukewarm(&["soundness", "--from", &shown, "--format", "json"]);
        assert_eq!(made.status.code(), Some(1), "{}", String::from_utf8_lossy(&made.stderr));
        let made = marks(&serde_json::from_slice(&made.stdout).unwrap());
        assert!(made.len() > 50, "{name}: {}", made.len());
        assert_eq!(marks(&json(&folder.join("soundness.json"))), made, "{name}");
        let page = fs::read_to_string(folder.join("soundness.md")).unwrap();
        assert!(made.iter().all(|it| page.contains(&it.0)), "{name}: a variation is missing");
    }
}
