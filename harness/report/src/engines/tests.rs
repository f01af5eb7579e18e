//! Files of engines: what they are given stands in them as it was meant, or is refused.

use lukewarm_model::{Bytes, Classify, ErrorKind, Seconds};

use super::*;

fn words(line: &[&str]) -> Vec<String> {
    line.iter().map(|word| (*word).to_owned()).collect()
}

fn engines() -> [Engine; 3] {
    let (runs_on, repository) = ("ubuntu-latest".to_owned(), "OWNER/lukewarm".to_owned());
    let pod = ShardPod { image: "lukewarm:1".to_owned(), cpus: 4, memory: Bytes(16_000_000_000) };
    [Engine::Github(GithubJobs { runs_on, repository }), Engine::Kubernetes(pod), Engine::Slurm]
}

const MEASUREMENT: ShardedMeasurement<'static> = ShardedMeasurement {
    shards: 4,
    name: "nightly",
    time_limit: Seconds(18_000.0),
    words: &[],
    command: &[],
};

/// All files of an engine as one text.
fn text(engine: &Engine, measurement: &ShardedMeasurement<'_>) -> String {
    let files = engine_files(engine, measurement).unwrap();
    let text = |it: &ReportFile| String::from_utf8(it.content.clone()).unwrap();
    files.iter().map(text).collect()
}

fn refused(engine: &Engine, measurement: &ShardedMeasurement<'_>) -> String {
    let error = engine_files(engine, measurement).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input);
    error.to_string()
}

#[test]
fn every_engine_gets_the_run_as_it_was_asked_for() {
    let words = words(&["none", "-w", "it's $(here) @{ name }@", "--", "cargo", "test"]);
    let quoted = r"none -w 'it'\''s $(here) @{ name }@' -- cargo test";
    for engine in engines() {
        let text = text(&engine, &ShardedMeasurement { words: &words, ..MEASUREMENT });
        assert!(text.contains(&format!("\\\n{}", " ")) && text.contains(quoted), "{text}");
        assert!(!text.contains(" \n") && text.ends_with('\n'), "{text}");
        let without = super::tests::text(&engine, &MEASUREMENT);
        assert!(!without.contains("\\\n\n"), "a line goes on, and there is none: {without}");
    }
}

#[test]
fn files_are_named_by_the_measurement() {
    let names = engines().map(|engine| {
        let files = engine_files(&engine, &MEASUREMENT).unwrap();
        files.iter().map(|it| it.name.clone()).collect::<Vec<_>>().join(" ")
    });
    assert_eq!(names, ["nightly.yml", "nightly.yaml", "nightly-shards.sh nightly-merge.sh"]);
}

#[test]
fn what_a_file_cannot_hold_is_refused() {
    for engine in engines() {
        let lines = words(&["none", "a\nb: c"]);
        let error = refused(&engine, &ShardedMeasurement { words: &lines, ..MEASUREMENT });
        assert!(error.contains("a line break") && !error.contains('\n'), "{error}");
        for shards in [0, 10_001] {
            let error = refused(&engine, &ShardedMeasurement { shards, ..MEASUREMENT });
            assert!(error.contains(&format!("{shards} shards: ")), "{error}");
        }
        for name in ["", "-a", "a-", "A", "a b", "a/b", &"a".repeat(41)] {
            let error = refused(&engine, &ShardedMeasurement { name, ..MEASUREMENT });
            assert!(error.contains("cannot be the name of jobs"), "{error}");
        }
        let time_limit = Seconds(60.0);
        let error = refused(&engine, &ShardedMeasurement { time_limit, ..MEASUREMENT });
        assert!(error.contains("at least 5 minutes"), "{error}");
    }
}

#[test]
fn expressions_of_github_are_refused_where_github_reads_them() {
    let words = words(&["-w", "${{ secrets.TOKEN }}"]);
    let measurement = ShardedMeasurement { words: &words, ..MEASUREMENT };
    let [github, kubernetes, slurm] = engines();
    assert!(refused(&github, &measurement).contains("GitHub would replace"));
    for engine in [kubernetes, slurm] {
        assert!(text(&engine, &measurement).contains("'${{ secrets.TOKEN }}'"));
    }
}

#[test]
fn runners_repositories_and_images_are_no_way_to_other_keys() {
    let [github, kubernetes, _] = engines();
    let Engine::Github(jobs) = github else { panic!() };
    let labels = GithubJobs { runs_on: "a: b # c".to_owned(), ..jobs.clone() };
    let text = text(&Engine::Github(labels), &MEASUREMENT);
    assert!(text.contains("    runs-on: \"a: b # c\"\n"), "{text}");
    for repository in ["lukewarm", "a/b/c", "a/b # c", "/"] {
        let jobs = GithubJobs { repository: repository.to_owned(), ..jobs.clone() };
        assert!(refused(&Engine::Github(jobs), &MEASUREMENT).contains("OWNER/NAME"));
    }
    let Engine::Kubernetes(pod) = kubernetes else { panic!() };
    for image in ["", "a b", "a # b", "-a", "\"a\""] {
        let pod = ShardPod { image: image.to_owned(), ..pod.clone() };
        assert!(refused(&Engine::Kubernetes(pod), &MEASUREMENT).contains("an image is such as"));
    }
}
