//! The table of what was confirmed and by which test: declared here once, shown in the README,
//! and held against the tests that there are. `UPDATE=1` writes it anew.
#![expect(clippy::disallowed_methods, reason = "UPDATE is read here")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use lukewarm_testing::{Test, Tried, test};

use crate::{actions_cache, boto3, builders, ccache, curl, kache, litmus, rclone, redis, sccache};

const BEGIN: &str = "<!-- the table: made from tests/clients/table.rs; UPDATE=1 writes it anew -->";
const END: &str = "<!-- end of the table -->";

/// What an unmodified client confirmed, and the test that shows it.
pub struct Client {
    with: &'static str,
    what: &'static str,
    pub test: Test,
}

const fn client(with: &'static str, what: &'static str, test: Test) -> Client {
    Client { with, what, test }
}

/// Unmodified clients with every test of theirs: what stands here is what runs.
pub const CLIENTS: &[Client] = &[
    client(
        "sccache 0.9.1",
        "service v1: cold all stored, warm all hits",
        test!(sccache::sccache_0_9_1_speaks_service_v1),
    ),
    client(
        "sccache 0.9.1, 0.16.0",
        "service v1 that is gone: neither starts with it",
        test!(sccache::sccache_does_not_start_where_service_v1_is_gone),
    ),
    client(
        "sccache 0.10.0",
        "service v2 in protobuf, cold and warm",
        test!(sccache::sccache_0_10_0_speaks_service_v2),
    ),
    client(
        "sccache 0.16.0",
        "service v2 in protobuf, cold and warm",
        test!(sccache::sccache_0_16_0_speaks_service_v2),
    ),
    client(
        "sccache 0.9.1",
        "WebDAV with a bearer token",
        test!(sccache::sccache_0_9_1_over_webdav_with_bearer),
    ),
    client(
        "sccache 0.10.0",
        "WebDAV with a password, below a prefix",
        test!(sccache::sccache_0_10_0_over_webdav_with_basic),
    ),
    client(
        "sccache 0.16.0",
        "WebDAV with a bearer token",
        test!(sccache::sccache_0_16_0_over_webdav_with_bearer),
    ),
    client(
        "sccache 0.16.0",
        "WebDAV with a password, below a prefix",
        test!(sccache::sccache_0_16_0_over_webdav_with_basic),
    ),
    client("sccache 0.10.0", "S3, cold and warm", test!(sccache::sccache_0_10_0_over_s3)),
    client("sccache 0.16.0", "S3, cold and warm", test!(sccache::sccache_0_16_0_over_s3)),
    client(
        "sccache 0.16.0",
        "read-only after a 429 at its start",
        test!(sccache::sccache_is_read_only_after_a_429_at_its_start),
    ),
    client(
        "sccache 0.16.0",
        "errors, resets and cut bodies are misses, not failures",
        test!(sccache::sccache_survives_broken_connections_and_errors),
    ),
    client("sccache 0.9.1", "Redis, cold and warm", test!(redis::sccache_0_9_1_over_redis)),
    client("sccache 0.10.0", "Redis, cold and warm", test!(redis::sccache_0_10_0_over_redis)),
    client("sccache 0.16.0", "Redis, cold and warm", test!(redis::sccache_0_16_0_over_redis)),
    client(
        "redis-cli 7.0",
        "values, errors, a wrong password, snapshots and evictions",
        test!(redis::redis_cli_gets_what_the_server_says),
    ),
    client(
        "redis-benchmark 7.0",
        "commands in pipelines over many connections",
        test!(redis::redis_benchmark_sends_in_pipelines),
    ),
    client(
        "@actions/cache 6.3.0",
        "service v2 in JSON: save, refused second save, restore, restore keys, another version",
        test!(actions_cache::actions_cache_saves_and_restores_with_service_v2),
    ),
    client(
        "@actions/cache 6.3.0",
        "the same with service v1",
        test!(actions_cache::actions_cache_saves_and_restores_with_service_v1),
    ),
    client(
        "@actions/cache 6.3.0",
        "140 MiB in blocks, and back: from Azure's names by its SDK in segments, else in one GET",
        test!(actions_cache::actions_cache_moves_large_archives_in_blocks_and_in_parallel),
    ),
    client(
        "@actions/cache 6.3.0",
        "a 429 is told and not repeated",
        test!(actions_cache::actions_cache_does_not_repeat_what_a_429_refused),
    ),
    client(
        "@actions/cache 6.3.0",
        "a token that may not write, or not read",
        test!(actions_cache::actions_cache_says_that_a_token_may_not_write),
    ),
    client(
        "@actions/cache 6.3.0",
        "a 503 and a 500 are repeated",
        test!(actions_cache::actions_cache_repeats_after_a_503),
    ),
    client("litmus 0.13", "basic, whole", test!(litmus::litmus_basic)),
    client("litmus 0.13", "copymove, whole", test!(litmus::litmus_copymove)),
    client("litmus 0.13", "props, whole", test!(litmus::litmus_props)),
    client("litmus 0.13", "locks, whole", test!(litmus::litmus_locks)),
    client("litmus 0.13", "http, whole", test!(litmus::litmus_http)),
    client(
        "rclone 1.60",
        "copy, check, list, copy back, purge",
        test!(rclone::rclone_copies_checks_and_removes),
    ),
    client(
        "rclone 1.60",
        "the same in a bucket",
        test!(rclone::rclone_copies_checks_and_removes_in_a_bucket),
    ),
    client("kache 2.0.0", "S3, cold and warm", test!(kache::kache_2_0_0_over_s3)),
    client(
        "boto3 1.44",
        "objects, ranges, listings, uploads in parts, and the errors of S3",
        test!(boto3::boto3_speaks_s3),
    ),
    client(
        "ccache 4.7",
        "objects over plain HTTP",
        test!(ccache::ccache_stores_and_finds_objects_over_plain_http),
    ),
    client(
        "Bazel 4.2",
        "`/ac/` and `/cas/` over plain HTTP",
        test!(builders::bazel_stores_and_finds_actions),
    ),
    client(
        "Gradle 4.4",
        "outputs over plain HTTP",
        test!(builders::gradle_stores_and_finds_outputs),
    ),
    client(
        "curl",
        "Expect: 100-continue, and chunked uploads",
        test!(curl::curl_puts_with_expect_continue_and_in_chunks),
    ),
    client("curl", "ranges and heads", test!(curl::curl_reads_parts_and_heads)),
    client("curl", "conditional reads and writes", test!(curl::curl_asks_conditionally)),
    client("curl", "no path leads out", test!(curl::curl_gets_no_path_that_leads_out)),
    client(
        "the kernel (`ss`)",
        "the ledger's wire bytes are the sockets'",
        test!(curl::the_kernel_counts_the_same_bytes),
    ),
];

/// A protocol, one of its cases, and the test that holds it (`file::name`).
type Case = (&'static str, &'static str, &'static str);

/// What each conformance case is held by, beside the clients; over sockets, with a client so
/// plain that it can misbehave.
const CASES: &[Case] = &[
    (
        "GitHub Actions",
        "exact, prefix and restore-key order",
        "github_actions::exact_key_then_its_prefix_then_restore_keys_in_order_newest_first",
    ),
    (
        "GitHub Actions",
        "immutable keys; invisible before it is finalised",
        "github_actions::an_entry_is_invisible_until_it_is_finalised_and_immutable_after",
    ),
    (
        "GitHub Actions",
        "two writers race for one key",
        "github_actions::two_writers_race_and_one_wins",
    ),
    (
        "GitHub Actions",
        "blocks out of order and repeated",
        "github_actions::blocks_may_come_out_of_order_and_twice",
    ),
    (
        "GitHub Actions",
        "sibling branches, default branch",
        "github_actions_scopes::siblings_are_blind_to_each_other_and_see_the_default_branch",
    ),
    (
        "GitHub Actions",
        "pull requests",
        "github_actions_scopes::a_pull_request_reads_base_and_default_and_writes_its_own",
    ),
    (
        "GitHub Actions",
        "quota, least recently used first",
        "github_actions_scopes::the_quota_pushes_out_what_was_used_least_recently_in_any_scope",
    ),
    (
        "GitHub Actions",
        "expiry after seven days without use",
        "github_actions_scopes::entries_that_nobody_reads_for_seven_days_go",
    ),
    (
        "GitHub Actions",
        "429 with Retry-After on uploads only",
        "github_actions::only_new_entries_count_against_the_upload_limit",
    ),
    (
        "GitHub Actions",
        "429 with Retry-After on look-ups only",
        "github_actions::look_ups_past_the_download_limit_are_told_when_to_come_back",
    ),
    (
        "GitHub Actions",
        "token missing or wrong",
        "github_actions::wrong_tokens_keys_and_messages_are_refused",
    ),
    (
        "GitHub Actions",
        "token read-only",
        "github_actions_scopes::a_token_that_may_only_read_makes_nothing",
    ),
    (
        "GitHub Actions",
        "BuildKit's exchange, from its source",
        "github_actions_buildkit::buildkit_saves_and_loads",
    ),
    (
        "GitHub Actions",
        "claims that were altered or never signed",
        "github_actions_scopes::claims_that_were_altered_or_never_signed_open_nothing",
    ),
    (
        "GitHub Actions",
        "keys that differ in case only",
        "github_actions_scopes::keys_that_differ_in_case_are_one",
    ),
    (
        "GitHub Actions",
        "entries listed and deleted by GitHub's REST API",
        "github_actions_rest::entries_are_deleted_by_key_and_by_id",
    ),
    (
        "GitHub Actions",
        "service v1 is gone unless it is asked for",
        "github_actions_v1::it_is_gone_unless_it_is_asked_for",
    ),
    (
        "GitHub Actions",
        "service v1, chunks out of order and at once",
        "github_actions_v1::chunks_may_come_out_of_order_twice_and_at_once",
    ),
    (
        "S3",
        "objects, ranges, heads, removals, and what the ledger says",
        "s3::objects_come_and_go_and_the_ledger_says_so",
    ),
    (
        "S3",
        "listings by prefix, delimiter and page",
        "s3::listings_have_pages_prefixes_and_both_versions",
    ),
    ("S3", "uploads in parts", "s3::an_upload_in_parts_is_visible_when_it_is_complete"),
    (
        "S3",
        "wrong keys, a wrong clock, another bucket",
        "s3::who_may_not_is_told_in_the_words_of_s3",
    ),
    ("S3", "Content-MD5 and checksums", "s3::a_body_that_is_not_what_was_announced_is_not_stored"),
    ("S3", "conditional reads and writes", "s3::conditions_hold_against_the_object_that_there_is"),
    ("S3", "503 SlowDown past its limits", "s3::it_is_behind_the_link_and_its_limits"),
    ("WebDAV", "PUT without a parent is 409", "webdav_tree::put_without_a_parent_is_409"),
    (
        "WebDAV",
        "`..`, `%2e%2e`, NUL",
        "webdav::strange_paths_and_requests_are_refused_and_the_service_stays_up",
    ),
    ("WebDAV", "very long names", "webdav_tree::a_very_long_name_is_a_name"),
    (
        "WebDAV",
        "an interrupted PUT leaves the old object",
        "webdav::an_interrupted_put_leaves_the_old_object_and_nothing_else",
    ),
    (
        "WebDAV",
        "10,000 objects in one folder",
        "webdav_properties::ten_thousand_objects_in_one_folder",
    ),
    ("WebDAV", "parallel MKCOL of one path", "webdav_tree::parallel_mkcol_of_one_path"),
    ("both", "a body cut short", "faults::a_truncated_body_is_shorter_than_announced"),
    (
        "both",
        "a connection reset",
        "faults::a_reset_upload_stores_nothing_and_a_late_one_loses_the_answer",
    ),
    ("both", "a stall", "faults::a_stall_and_a_slow_start_only_take_time"),
    (
        "both",
        "slow readers and a flood of connections",
        "webdav::a_flood_of_silent_and_slow_connections_does_not_stop_the_others",
    ),
    ("both", "every byte is accounted for", "link::sums_of_the_ledger_are_what_went_over_the_wire"),
    ("both", "kill -9 at any moment", "kept::nothing_confirmed_is_lost_when_it_is_killed"),
];

fn crate_folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The tests in a file.
fn tests_in(path: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let mut lines = text.lines().peekable();
    let mut names = BTreeSet::new();
    while let Some(line) = lines.next() {
        if line == "#[test]"
            && let Some(name) = lines.peek().and_then(|next| next.strip_prefix("fn "))
        {
            names.extend(name.split('(').next().map(str::to_owned));
        }
    }
    names
}

/// A table of a client or protocol, what was confirmed, and the test's name.
fn table(rows: impl Iterator<Item = [&'static str; 3]>) -> String {
    let rows = rows.map(|[with, what, test]| {
        let name = test.split("::").last().unwrap_or_default();
        format!("| {with} | {what} | `{name}` |\n")
    });
    format!("| with | confirmed | test |\n|---|---|---|\n{}", rows.collect::<String>())
}

pub fn every_case_is_a_test_that_there_is() -> Tried {
    for (_, _, test) in CASES {
        let (file, name) = test.split_once("::").unwrap();
        let file = crate_folder().join("tests").join(format!("{file}.rs"));
        assert!(tests_in(&file).contains(name), "no test {test}");
    }
    Ok(())
}

pub fn the_readme_has_the_table() -> Tried {
    let path = crate_folder().join("README.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let clients = table(CLIENTS.iter().map(|it| [it.with, it.what, it.test.name]));
    let cases = table(CASES.iter().map(|(with, what, test)| [*with, *what, *test]));
    let made = format!("{before}{BEGIN}\n\n{clients}\n{cases}\n{END}{after}");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &made).unwrap();
    }
    assert!(fs::read_to_string(&path).unwrap() == made, "UPDATE=1 writes it anew");
    Ok(())
}
