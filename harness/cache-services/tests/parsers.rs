//! Everything that reads what a client sent, with inputs made at random: nothing panics, what was
//! written comes back, and a second opinion agrees. The fuzz targets hold it to the same.

mod invariants;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use invariants::{Finish, Lookup, Reservation, written_list};
use lukewarm_cache_services::fuzzing::{
    Form, Permission, Signer, block_ids, content_range, create, finalize, find, query, scopes,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use prost::Message;
use serde_json::json;

/// What a range is made of, and what it is not.
const RANGE: &str = "(bytes=|bytes |items=)?([-+,/* ]|0|7|10|999|18446744073709551615|\
                     18446744073709551616|99999999999999999999999){0,6}";
/// Tags of a block list in any order, and other text.
const TANGLED: &str = "</?(BlockList|Latest|Uncommitted|Committed|x:Latest|Other)( a='b')?/?>|\
                       <!-- c -->|<!\\[CDATA\\[YQ==\\]\\]>|&amp;|<\\?p\\?>|YQ==|[ \n]|\\PC{0,3}";
/// Tags of properties in any order, with names that lead elsewhere, and other text.
const PROPERTY: &str = "</?(D:|x:)?(a|b)( xmlns(:x)?='(DAV:|urn:y)')?( x:c='d')?/?>|&lt;|\
                        <!\\[CDATA\\[<\\]\\]>|\\PC{0,3}";
/// A scope, with what JSON has to escape.
const SCOPE: &str = "refs/(heads|pull)/[a-zé\"\\\\/0-9]{1,20}";
/// A path's characters, with those that try to lead out.
const PATH: &str =
    "(http://host:1|//|/|\\.|\\.\\.|%2e|%2E%2e|%2f|%00|%0a|%ff|%c3%a9|é|a|\\?|#){0,20}";

fn permission() -> impl Strategy<Value = Permission> {
    prop::sample::select(vec![Permission::Read, Permission::Write, Permission::ReadWrite])
}

fn ids() -> impl Strategy<Value = Vec<String>> {
    let id = prop::collection::vec(any::<u8>(), 1..64).prop_map(|bytes| STANDARD.encode(bytes));
    prop::collection::vec(id, 0..60)
}

proptest! {
    // What fails becomes a test of its own, with a name.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ranges_are_what_the_standard_says(header in RANGE, length in 0u64..20) {
        invariants::range(&header, length);
        invariants::range(&header, u64::MAX - length);
    }

    #[test]
    fn any_part_of_a_body_can_be_asked_for(
        first in 0u64..2000, last in 0u64..2000, length in 0u64..2000,
    ) {
        for header in [format!("bytes={first}-{last}"), format!("bytes={first}-")] {
            invariants::range(&header, length);
        }
        invariants::range(&format!("bytes=-{last}"), length);
    }

    #[test]
    fn chunks_know_their_place(
        start in any::<u64>(), length in 1u64..1 << 40, total in "\\*|[0-9]{1,20}",
    ) {
        let last = start.checked_add(length - 1);
        if let Some(end) = last.and_then(|last| last.checked_add(1)) {
            let header = format!("bytes {start}-{}/*", end - 1);
            prop_assert_eq!(content_range(&header), Some((start, end)));
            invariants::content_range(&format!("bytes {start}-{}/{total}", end - 1));
        }
    }

    #[test]
    fn any_content_range_is_read_or_refused(header in RANGE) {
        invariants::content_range(&header);
        invariants::content_range(&header.replace('=', " "));
    }

    #[test]
    fn blocks_come_back_in_order(ids in ids()) {
        let list = written_list(&ids);
        prop_assert_eq!(block_ids(list.as_bytes()), Some(ids.clone()));
        invariants::block_list(list.as_bytes());
        // Azure's three ways to name a block, one a line.
        let kinds = ["Latest", "Uncommitted", "Committed"].into_iter().cycle();
        let lines = ids.iter().zip(kinds).map(|(id, kind)| format!("  <{kind}>{id}</{kind}>\r\n"));
        let list = format!("<BlockList>\r\n{}</BlockList>\r\n", lines.collect::<String>());
        prop_assert_eq!(block_ids(list.as_bytes()), Some(ids));
        // Cut short anywhere, it is none: the rest of the blob would be lost.
        let end = list.trim_end().len();
        for cut in (0..end).step_by(7).filter(|cut| list.is_char_boundary(*cut)) {
            prop_assert_eq!(block_ids(&list.as_bytes()[..cut]), None, "{}", &list[..cut]);
        }
    }

    #[test]
    fn no_block_is_passed_over(parts in prop::collection::vec(TANGLED, 0..12)) {
        let text = parts.concat();
        invariants::block_list(text.as_bytes());
        invariants::block_list(format!("<BlockList>{text}</BlockList>").as_bytes());
        let inside = format!("<BlockList><Latest>{text}</Latest></BlockList>");
        invariants::block_list(inside.as_bytes());
    }

    #[test]
    fn messages_come_back_in_both_forms(
        key in "\\PC{0,20}",
        version in "\\PC{0,20}",
        restore_keys in prop::collection::vec("\\PC{0,9}", 0..4),
        size_bytes in any::<i64>(),
    ) {
        let (key, version) = (key.as_str(), version.as_str());
        let lookup = Lookup { key: key.into(), restore_keys, version: version.into() };
        let bytes = lookup.encode_to_vec();
        let wanted = Some((lookup.key, lookup.restore_keys, lookup.version));
        prop_assert_eq!(find(Form::Protobuf, &bytes), wanted);
        invariants::twirp(&bytes);
        let made = Reservation { key: key.into(), version: version.into() }.encode_to_vec();
        let wanted = Some((key.to_owned(), version.to_owned()));
        prop_assert_eq!(create(Form::Protobuf, &made), wanted);
        invariants::twirp(&made);
        let done = Finish { key: key.into(), size_bytes, version: version.into() }.encode_to_vec();
        let wanted = Some((key.to_owned(), version.to_owned(), size_bytes));
        prop_assert_eq!(finalize(Form::Protobuf, &done), wanted.clone());
        invariants::twirp(&done);
        // Fields that nobody knows are passed over, as newer clients send them.
        let text = json!({
            "metadata": { "repository_id": "1", "scope": [{ "scope": "x", "permission": "3" }] },
            "key": key, "version": version, "sizeBytes": size_bytes.to_string(), "new": [null],
        });
        prop_assert_eq!(finalize(Form::Json, text.to_string().as_bytes()), wanted);
    }

    #[test]
    fn any_bytes_are_a_message_or_none(
        bytes in prop::collection::vec(any::<u8>(), 0..60),
        text in "[{}\\[\\]:,\"0-9ntk\\\\u]{0,30}",
    ) {
        invariants::twirp(&bytes);
        invariants::twirp(text.as_bytes());
        invariants::twirp(format!(r#"{{"key":{text}}}"#).as_bytes());
    }

    #[test]
    fn queries_come_back(pairs in prop::collection::btree_map("\\PC{0,9}", "\\PC{0,9}", 0..5)) {
        let escape = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let parts = pairs.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value)));
        prop_assert_eq!(query(&parts.collect::<Vec<_>>().join("&")), pairs);
    }

    #[test]
    fn any_text_is_a_query(text in "[&=%+a-f0-9?#é]{0,40}|\\PC{0,40}") {
        invariants::query(&text);
    }

    #[test]
    fn scopes_come_back_from_a_token(
        claims in prop::collection::vec((SCOPE, permission()), 1..6),
        secret in "[A-Za-z0-9_-]{16,30}",
    ) {
        let claims: Vec<(&str, Permission)> =
            claims.iter().map(|(scope, permission)| (scope.as_str(), *permission)).collect();
        let access = scopes(&Signer::new(&secret).unwrap().token(&claims, 1.8e9));
        let may = |not: Permission| claims.iter().filter(move |(_, it)| *it != not);
        let readable: Vec<&str> = may(Permission::Write).map(|(scope, _)| *scope).collect();
        let writable = may(Permission::Read).map(|(scope, _)| *scope).next();
        prop_assert_eq!(access.readable, readable);
        prop_assert_eq!(access.writable.as_deref(), writable);
    }

    #[test]
    fn any_text_is_a_token(
        text in "\\PC{0,20}(\\.\\PC{0,20}){0,3}", claims in "\\PC{0,40}", ac in "\\PC{0,40}",
    ) {
        invariants::token(&text);
        for claims in [claims, json!({ "ac": ac, "scp": "x" }).to_string()] {
            invariants::token(&format!("h.{}.s", URL_SAFE_NO_PAD.encode(claims)));
        }
    }

    #[test]
    fn no_path_leads_out(text in PATH) {
        invariants::path(&text);
        invariants::path(&format!("/{text}"));
    }

    #[test]
    fn if_headers_mean_the_same_written_again(
        text in "(\\(|\\)|Not|<[a-z:]{0,5}>|\\[\"[a-z]{0,3}\"\\]|W/| |\\PC){0,15}",
    ) {
        invariants::if_header(&text);
    }

    #[test]
    fn what_is_kept_of_a_body_stands_by_itself(
        parts in prop::collection::vec(PROPERTY, 0..8),
    ) {
        let inside = parts.concat();
        let owner = "<D:lockscope><D:shared/></D:lockscope><D:locktype><D:write/></D:locktype>";
        for body in [
            format!(
                "<D:propertyupdate xmlns:D='DAV:'><D:set><D:prop>{inside}</D:prop></D:set>\
                 </D:propertyupdate>"
            ),
            format!("<D:propfind xmlns:D='DAV:'><D:prop>{inside}</D:prop></D:propfind>"),
            format!("<D:lockinfo xmlns:D='DAV:'>{owner}<D:owner>{inside}</D:owner></D:lockinfo>"),
        ] {
            invariants::dav_body(body.as_bytes());
        }
    }
}

#[test]
fn the_longest_block_list_is_read() {
    let ids: Vec<String> = (0..50_000).map(|n| STANDARD.encode(format!("{n:048}"))).collect();
    let list = written_list(&ids);
    assert!(list.len() < 8 << 20, "{} bytes", list.len());
    assert_eq!(block_ids(list.as_bytes()).unwrap(), ids);
}
