//! Journals that are written, cut off, damaged and read again.

use super::*;
use crate::examples;

/// A finished run of two jobs in a temporary folder.
fn written() -> (tempfile::TempDir, PathBuf) {
    let results = tempfile::tempdir().unwrap();
    let mut writer = Writer::create(results.path(), &examples::run("one")).unwrap();
    writer.job(&examples::job("cold")).unwrap();
    writer.job(&examples::job("unchanged")).unwrap();
    writer.end(&examples::end()).unwrap();
    let folder = writer.folder().to_owned();
    (results, folder)
}

/// Takes the checksums out of a journal: what an earlier lukewarm wrote.
fn without_sums(folder: &Path) {
    let path = folder.join(JOURNAL);
    let content = fs::read_to_string(&path).unwrap();
    let bare = |line: &str| format!("{}}}\n", line.rsplit_once(",\"sum\":").unwrap().0);
    fs::write(path, content.lines().map(bare).collect::<String>()).unwrap();
}

/// Puts the journal's lines, as they are after `change`, in its place.
fn edit(folder: &Path, change: impl FnOnce(&mut Vec<String>)) {
    let path = folder.join(JOURNAL);
    let content = fs::read_to_string(&path).unwrap();
    let mut lines: Vec<String> = content.lines().map(str::to_owned).collect();
    change(&mut lines);
    fs::write(path, lines.join("\n") + "\n").unwrap();
}

/// Replaces one line of the journal, counted from 1, by the text.
fn replace_line(folder: &Path, line: usize, text: &str) {
    edit(folder, |lines| text.clone_into(&mut lines[line - 1]));
}

#[test]
fn what_was_written_is_read() {
    let (_results, folder) = written();
    let record = read(&folder).unwrap();
    assert_eq!(record.run, examples::run("one"));
    assert_eq!(record.jobs, [examples::job("cold"), examples::job("unchanged")]);
    assert_eq!(record.end, Some(examples::end()));
    assert!(folder.join("logs").is_dir());
    assert!(folder.join("run.json").is_file());
}

#[test]
fn a_torn_last_line_is_left_out_with_a_warning() {
    let (_results, folder) = written();
    let path = folder.join(JOURNAL);
    let whole = fs::read(&path).unwrap();
    let two_jobs = read(&folder).unwrap().jobs;
    let end_line = whole[..whole.len() - 1].iter().rposition(|b| *b == b'\n').unwrap() + 1;
    for cut in [end_line + 1, end_line + 20, whole.len() - 1] {
        fs::write(&path, &whole[..cut]).unwrap();
        let record = read(&folder).unwrap();
        assert_eq!((&record.jobs, &record.end), (&two_jobs, &None), "cut at {cut}");
        assert_eq!(record.run.warnings.len(), 1);
        assert!(record.run.warnings[0].what.contains("cut off"));
    }
    fs::write(&path, &whole[..end_line]).unwrap();
    assert!(read(&folder).unwrap().run.warnings.is_empty(), "a missing end is no torn line");
}

#[test]
fn a_corrupted_line_is_an_error_with_its_place() {
    for (line, text) in [(2, "{\"v\":1,\"fact\":\"job\",\"data\":{}}"), (4, "no JSON"), (3, "")] {
        let (_results, folder) = written();
        without_sums(&folder);
        replace_line(&folder, line, text);
        let error = read(&folder).unwrap_err();
        assert!(matches!(error, RecordError::Corrupted { .. }), "{error:?}");
        assert!(error.to_string().contains(&format!("journal.jsonl:{line} is")), "{error}");
    }
}

#[test]
fn a_line_whose_keys_have_another_order_says_the_same() {
    let (_results, folder) = written();
    let wanted = read(&folder).unwrap();
    without_sums(&folder);
    edit(&folder, |lines| {
        let turned = |line: &String| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            format!("{{ \"data\": {}, \"fact\": {}, \"v\": 1 }}", line["data"], line["fact"])
        };
        *lines = lines.iter().map(turned).collect();
    });
    assert_eq!(read(&folder).unwrap(), wanted);
}

#[test]
fn a_wrong_line_among_thousands_has_its_place() {
    let (_results, folder) = written();
    without_sums(&folder);
    edit(&folder, |lines| {
        let jobs = vec![lines[1].clone(); 2 * AT_ONCE + 500];
        lines.splice(1..3, jobs);
    });
    let record = read(&folder).unwrap();
    assert_eq!((record.jobs.len(), record.end), (2 * AT_ONCE + 500, Some(examples::end())));
    replace_line(&folder, 2 * AT_ONCE + 100, "{\"v\":1,\"fact\":\"job\",\"data\":{}}");
    let error = read(&folder).unwrap_err().to_string();
    assert!(error.contains("journal.jsonl:2100 is"), "{error}");
}

#[test]
fn a_newer_version_is_refused_whatever_the_line_says() {
    let (_results, folder) = written();
    replace_line(&folder, 2, "{\"v\":2,\"fact\":\"weather\",\"rain\":true}");
    let error = read(&folder).unwrap_err().to_string();
    assert!(error.contains("journal.jsonl:2 is of format version 2"), "{error}");
}

/// What reading says after a change to the lines; `resume` must say the same.
#[track_caller]
fn refused(change: impl FnOnce(&mut Vec<String>)) -> String {
    let (_results, folder) = written();
    edit(&folder, change);
    let said = read(&folder).unwrap_err().to_string();
    assert_eq!(Writer::resume(&folder).unwrap_err().to_string(), said);
    said.rsplit_once("journal.jsonl:").unwrap().1.to_owned()
}

#[test]
fn a_journal_that_was_edited_is_refused_with_the_line_and_what_to_do() {
    let said = refused(|lines| lines[1] = lines[1].replace("7.856123456789", "6.856123456789"));
    assert_eq!(
        said,
        "2 does not fit its checksum: this line, or one before it, was changed, removed or \
         moved since the run wrote it. Put the journal back as it was, or measure again"
    );
    let removed = refused(|lines| drop(lines.remove(1)));
    assert!(removed.starts_with("2 does not fit"), "{removed}");
    let swapped = refused(|lines| lines.swap(1, 2));
    assert!(swapped.starts_with("2 does not fit"), "{swapped}");
    let twice = refused(|lines| lines.insert(2, lines[1].clone()));
    assert!(twice.starts_with("3 does not fit"), "{twice}");
    let bare = "{\"v\":1,\"fact\":\"end\",\"data\":{}}";
    let foreign = refused(|lines| lines.push(bare.to_owned()));
    assert_eq!(
        foreign,
        "5 has no checksum, and lines before it have: it was added by hand, or by a lukewarm \
         that is older than the run's. Remove it and what follows, or measure again"
    );
}

#[test]
fn a_line_of_another_run_is_refused() {
    let (_results, other) = written();
    let line = fs::read_to_string(other.join(JOURNAL)).unwrap().lines().nth(2).unwrap().to_owned();
    let results = tempfile::tempdir().unwrap();
    let mut writer = Writer::create(results.path(), &examples::run("two")).unwrap();
    writer.job(&examples::job("cold")).unwrap();
    edit(writer.folder(), |lines| lines.push(line));
    let error = read(writer.folder()).unwrap_err().to_string();
    assert!(error.contains("journal.jsonl:3 does not fit its checksum"), "{error}");
}

#[test]
fn a_journal_without_checksums_is_read_and_goes_on_with_them() {
    let (_results, folder) = written();
    let record = read(&folder).unwrap();
    without_sums(&folder);
    assert_eq!(read(&folder).unwrap(), record);
    let mut writer = Writer::resume(&folder).unwrap();
    writer.job(&examples::job("leaf-body")).unwrap();
    assert_eq!(read(&folder).unwrap().jobs.len(), 3);
    edit(&folder, |lines| lines[1] = lines[1].replace("cold", "warm"));
    let error = read(&folder).unwrap_err().to_string();
    assert!(error.contains("journal.jsonl:5 does not fit its checksum"), "{error}");
}

/// What reading says of a journal whose first line was crafted, and summed anew or not at all.
#[track_caller]
fn crafted(from: &str, to: &str) -> String {
    let (_results, folder) = written();
    without_sums(&folder);
    edit(&folder, |lines| {
        assert!(lines.iter().any(|it| it.contains(from)), "{from} is not there");
        for line in lines {
            *line = line.replace(from, to);
        }
    });
    read(&folder).unwrap_err().to_string()
}

#[test]
fn a_name_that_could_lead_out_of_a_folder_is_refused_where_it_stands() {
    let said = crafted("\"id\":\"one\"", "\"id\":\"../victim3\"");
    let wanted = "journal.jsonl:1: data.id is \"../victim3\"; one plain component of a path \
                  is wanted";
    assert!(said.ends_with(wanted), "{said}");
    let said = crafted("\"job\":\"cold\"", "\"job\":\"../../cold\"");
    assert!(said.contains("journal.jsonl:2: data.job is \"../../cold\""), "{said}");
    let said = crafted("\"cli/none\"", "\"cli/none+quota=../../x\"");
    assert!(said.contains("journal.jsonl:2: data.case is"), "{said}");
    let said = crafted("\"cargo_profile\":\"dev\"", "\"cargo_profile\":\"../dev\"");
    assert!(said.contains("data.plan.cargo_profile is \"../dev\""), "{said}");
}

#[test]
fn a_journal_that_is_no_regular_file_is_neither_waited_for_nor_followed() {
    let (_results, folder) = written();
    let path = folder.join(JOURNAL);
    let elsewhere = folder.join("elsewhere");
    fs::rename(&path, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
    assert!(Writer::resume(&folder).is_err(), "a link was written through");
    fs::remove_file(&path).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RWXU).unwrap();
    assert!(matches!(read(&folder), Err(RecordError::Read { .. })));
    assert!(Writer::resume(&folder).is_err());
}

#[test]
fn a_journal_of_another_user_is_not_gone_on_with() {
    let (_results, folder) = written();
    let path = folder.join(JOURNAL);
    if std::os::unix::fs::chown(&path, Some(65534), None).is_err() {
        return;
    }
    let error = Writer::resume(&folder).unwrap_err().to_string();
    assert!(error.contains("belongs to user 65534"), "{error}");
    assert!(read(&folder).is_ok(), "it can be reported all the same");
}

#[test]
fn a_run_has_a_folder_of_its_own() {
    let (_results, folder) = written();
    for folder in [&folder, &folder.join("logs")] {
        assert_eq!(fs::metadata(folder).unwrap().mode() & 0o777, 0o700);
    }
    assert!(Writer::resume(&folder).unwrap().has_checksums());
    without_sums(&folder);
    assert!(!Writer::resume(&folder).unwrap().has_checksums());
}

#[test]
fn facts_in_the_wrong_place_are_errors() {
    let (_results, folder) = written();
    without_sums(&folder);
    let content = fs::read_to_string(folder.join(JOURNAL)).unwrap();
    let lines: Vec<String> = content.lines().map(str::to_owned).collect();
    replace_line(&folder, 3, &lines[0]);
    let error = read(&folder).unwrap_err().to_string();
    assert!(error.contains("journal.jsonl:3 is `run`"), "{error}");
    replace_line(&folder, 1, &lines[1]);
    let error = read(&folder).unwrap_err().to_string();
    assert!(error.contains("journal.jsonl:1 is `job`"), "{error}");
}

#[test]
fn no_journal_and_an_empty_one_are_clear() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(read(folder.path()), Err(RecordError::NoJournal(_))));
    fs::write(folder.path().join(JOURNAL), "{\"v\":1,\"fa").unwrap();
    assert!(matches!(read(folder.path()), Err(RecordError::Empty(_))));
    let error = read(&folder.path().join(JOURNAL)).unwrap_err();
    assert!(matches!(error, RecordError::NoJournal(_)), "{error:?}");
}

#[test]
fn a_failed_write_is_cut_away_before_the_next() {
    let results = tempfile::tempdir().unwrap();
    let mut writer = Writer::create(results.path(), &examples::run("one")).unwrap();
    writer.job(&examples::job("cold")).unwrap();
    // What a full disk leaves of a line when it cannot be taken back.
    let path = writer.folder().join(JOURNAL);
    File::options().append(true).open(&path).unwrap().write_all(b"{\"v\":1,\"fa").unwrap();
    assert_eq!(read(writer.folder()).unwrap().jobs.len(), 1);
    writer.job(&examples::job("unchanged")).unwrap();
    let record = read(writer.folder()).unwrap();
    assert_eq!((record.jobs.len(), record.run.warnings.len()), (2, 0));
}

#[test]
fn a_run_that_was_cut_off_goes_on_behind_its_last_whole_line() {
    let (_results, folder) = written();
    let path = folder.join(JOURNAL);
    File::options().append(true).open(&path).unwrap().write_all(b"{\"v\":1,\"fa").unwrap();
    let mut writer = Writer::resume(&folder).unwrap();
    let error = Writer::resume(&folder).unwrap_err();
    assert!(error.to_string().ends_with("is being written by another lukewarm"), "{error}");
    writer.job(&examples::job("leaf-body")).unwrap();
    let record = read(&folder).unwrap();
    assert_eq!(record.jobs.len(), 3);
    assert_eq!((record.end, record.run.warnings.len()), (None, 0), "healed, and not ended");
    writer.end(&examples::end()).unwrap();
    assert_eq!(read(&folder).unwrap().end, Some(examples::end()));
    drop(writer);
    assert!(Writer::resume(&folder).is_ok(), "a process that ended holds nothing");
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_told_with_the_journals_path() {
    let results = tempfile::tempdir().unwrap();
    let mut writer = Writer::create(results.path(), &examples::run("one")).unwrap();
    let length = writer.length;
    // A device that is always full; it has no length either.
    writer.journal = File::options().append(true).open("/dev/full").unwrap();
    writer.length = 0;
    let error = writer.job(&examples::job("cold")).unwrap_err();
    assert!(error.to_string().ends_with(JOURNAL), "{error}");
    let RecordError::Write { source, .. } = error else { panic!("{error:?}") };
    assert_eq!(source.kind(), io::ErrorKind::StorageFull);
    assert_eq!(fs::metadata(writer.folder().join(JOURNAL)).unwrap().len(), length);
}

#[test]
fn a_place_that_takes_no_folder_is_told() {
    // A file in the folder's place refuses even a privileged user.
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = Writer::create(file.path(), &examples::run("one")).unwrap_err();
    assert_eq!(error.to_string(), format!("cannot write {}", file.path().display()));
}

#[test]
#[cfg(unix)]
fn a_read_only_folder_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let results = tempfile::tempdir().unwrap();
    fs::set_permissions(results.path(), fs::Permissions::from_mode(0o555)).unwrap();
    let privileged = fs::write(results.path().join("probe"), "").is_ok();
    let created = Writer::create(results.path(), &examples::run("one"));
    // The kernel lets a privileged user write anywhere: then the run is simply recorded.
    assert_eq!(created.is_ok(), privileged);
    if let Err(error) = created {
        assert!(matches!(error, RecordError::Write { .. }), "{error:?}");
    }
}

#[test]
fn two_writers_at_once_do_not_meet() {
    let results = tempfile::tempdir().unwrap();
    let start = std::sync::Barrier::new(8);
    let created: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|n| {
                let (results, start) = (results.path(), &start);
                scope.spawn(move || {
                    start.wait();
                    let name = if n % 2 == 0 { "same" } else { "other" };
                    let mut writer = Writer::create(results, &examples::run(name))?;
                    (0..20).try_for_each(|_| writer.job(&examples::job("cold")))?;
                    Ok::<_, RecordError>(writer.folder().to_owned())
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let (won, lost): (Vec<_>, Vec<_>) = created.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (2, 6));
    for folder in won {
        assert_eq!(read(&folder.unwrap()).unwrap().jobs.len(), 20);
    }
    for error in lost {
        assert!(matches!(error, Err(RecordError::Exists(_))));
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(32))]
    #[test]
    fn any_cut_leaves_the_whole_lines_or_a_clear_error(share in 0.0..1.0f64) {
        let (_results, folder) = written();
        let path = folder.join(JOURNAL);
        let whole = fs::read(&path).unwrap();
        let cut = (whole.len() as f64 * share) as usize;
        fs::write(&path, &whole[..cut]).unwrap();
        let lines = whole[..cut].iter().filter(|byte| **byte == b'\n').count();
        match read(&folder) {
            Ok(record) => proptest::prop_assert_eq!(record.jobs.len() + 1, lines),
            Err(error) => {
                proptest::prop_assert_eq!(lines, 0);
                proptest::prop_assert!(matches!(error, RecordError::Empty(_)));
            }
        }
    }

    #[test]
    fn any_time_and_text_comes_back_bit_by_bit(seconds: f64, text in "\\PC*", raw: u64) {
        proptest::prop_assume!(seconds.is_finite());
        let results = tempfile::tempdir().unwrap();
        let mut writer = Writer::create(results.path(), &examples::run("one")).unwrap();
        let mut job = examples::job("cold");
        // Names have a form; what tools and checks say has none.
        (job.statements[0].text, job.checks[0].seen) = (text.clone(), text);
        job.steps[0].wall = lukewarm_model::Seconds(seconds);
        job.kept_bytes = Some(lukewarm_model::Bytes(raw));
        writer.job(&job).unwrap();
        proptest::prop_assert_eq!(&read(writer.folder()).unwrap().jobs[0], &job);
    }
}
