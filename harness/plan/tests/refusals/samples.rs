//! Sample workspaces: their edits, patches, sources and what is expected of a build.

use std::fs;

use lukewarm_plan::{Selection, plan, read};

use crate::{HEAD, TOOLS, lay, project, refused};

#[test]
fn sample_workspaces_are_judged() {
    let whole = "kind = 'body'\nplace = 'leaf'\npackage = 'p'\npatch = 'one.patch'\n";
    let twice = format!("[[mutation]]\n{whole}[[mutation]]\n{whole}");
    let cases: &[(&str, &[&str])] = &[
        (
            "typical-build = 7\n[expected]\nunits = -1\nunit = 3\n[verify]\nargs = [1]\n",
            &[
                "3: `typical-build = 7` must be a text in quotes",
                "5: `units = -1` must be a whole number from 0 on",
                "6: unknown key `unit`; did you mean `units`?",
                "7: `bin` is missing",
                "7: `stdout-contains` is missing",
                "8: `args = [1]` must be a list of texts in quotes",
            ],
        ),
        (
            "[[mutation]]\nkind = 'none'\nplace = 'leaf'\npackage = 'p'\npatch = 'gone.patch'\n\
             [[mutation]]\npackage = 'p'\npatch = '../one.patch'\n\
             [[mutation]]\nkind = 'comment'\nplace = 'core'\npatch = 'empty.patch'\n",
            &[
                "4: unknown kind `none`; known are comment, body, signature, dependency, \
                 build-script, features",
                "7: `patch = \"gone.patch\"`: cannot be read: No such file or directory (os \
                 error 2)",
                "8: `kind` is missing",
                "10: `patch = \"../one.patch\"`: a path below the workspace's folder is wanted",
                "11: `package` is missing",
                "14: `patch = \"empty.patch\"`: the patch has no `@TOKEN@`, which makes each \
                 iteration's edit new",
            ],
        ),
        (&twice, &["9: an earlier mutation has this `kind` and `place`"]),
        (
            "[[mutation]]\nkind = 'dependency'\nplace = 'leaf'\npackage = 'itoa'\n\
             patch = 'one.patch'\n[[mutation]]\nkind = 'body'\npackage = 'p'\n\
             patch = 'one.patch'\n",
            &[
                "5: `place` with `kind = \"dependency\"`: leave it out",
                "6: `package = \"itoa\"`: the version is missing that is built after it, as in \
                 `itoa@1.0.18`",
                "9: `kind` without a `place`: leaf or core",
            ],
        ),
        (
            "[expected]\nwrapper-requests = 9\n[expected.sccache]\nrequest = 9\n[expected.scache]\n",
            &[
                "4: unknown key `wrapper-requests`; known are registry-units, sccache, units",
                "6: unknown counter `request`; did you mean `requests`?",
                "7: unknown key `scache`; did you mean `sccache`?",
            ],
        ),
        (
            "[reuse]\nnone = { hit.sccache = -3 }\nleaf-body = { hit = 3 }\n\
             core-body = { hit.none = 3 }\n",
            &[
                "4: `sccache = -3` must be a whole number from 0 on",
                "5: `hit = 3` must be a table under [hit]",
                "6: unknown tool `none`; known are sccache",
            ],
        ),
        (
            "[reuse]\nnone = { hit.sccache = 3, fresh = -1 }\nleaf-body = { kpt = 2 }\n\
             leafbody = { fresh = 1 }\n",
            &[
                "4: `fresh = -1` must be a whole number from 0 on",
                "5: unknown key `kpt`; did you mean `kept`?",
                "6: unknown change `leafbody`; did you mean `leaf-body`?",
            ],
        ),
    ];
    refused("sample-workspaces/w/workspace.toml", cases);
}

#[test]
fn a_patch_that_names_a_file_outside_is_refused_where_it_is_named() {
    let mutation = "[[mutation]]\nkind = 'body'\nplace = 'leaf'\npackage = 'p'\n\
                    patch = 'far.patch'\n";
    for name in ["b/../../x", "/etc/passwd", "../w2/lib.rs", "b/src/../../x"] {
        let root = tempfile::tempdir().unwrap();
        lay(root.path());
        let folder = root.path().join("sample-workspaces/w");
        let patch = format!("--- a/x\n+++ {name}\n@@ -1 +1 @@\n-old\n+@TOKEN@\n");
        fs::write(folder.join("far.patch"), patch).unwrap();
        fs::write(folder.join("workspace.toml"), format!("{HEAD}{mutation}")).unwrap();
        let said = read(root.path(), &TOOLS).unwrap_err().to_string();
        let wanted = format!(
            "sample-workspaces/w/workspace.toml:7:1: `patch = \"far.patch\"`: the patch changes \
             `{name}`, which leads out of the workspace's folder: names below it are wanted"
        );
        assert_eq!(said, wanted);
    }
}

#[test]
fn a_patch_through_a_link_out_of_the_sample_is_refused() {
    let root = tempfile::tempdir().unwrap();
    lay(root.path());
    let folder = root.path().join("sample-workspaces/w");
    fs::create_dir(root.path().join("theirs")).unwrap();
    fs::write(root.path().join("theirs/lib.rs"), "old\n").unwrap();
    std::os::unix::fs::symlink("../../theirs", folder.join("src")).unwrap();
    let patch = "--- a/src/lib.rs\n+++ b/src/lib.rs\n@@ -1 +1 @@\n-old\n+@TOKEN@\n";
    fs::write(folder.join("far.patch"), patch).unwrap();
    let mutation = "[[mutation]]\nkind = 'body'\nplace = 'leaf'\npackage = 'p'\n\
                    patch = 'far.patch'\n";
    fs::write(folder.join("workspace.toml"), format!("{HEAD}{mutation}")).unwrap();
    let said = read(root.path(), &TOOLS).unwrap_err().to_string();
    assert!(said.contains("changes `src/lib.rs`, which leads out"), "{said}");
}

#[test]
fn a_source_is_a_package_with_its_checksum_in_a_folder_of_its_own() {
    let hash = "0c".repeat(32);
    let source = |keys: &str| format!("[[source]]\n{keys}");
    let right = source(&format!("crate = 'a-b_c'\nversion = '1.2.3'\nsha256 = '{hash}'\n"));
    let path = "sample-workspaces/w/workspace.toml";
    let files = project(path, Some(&format!("{HEAD}{right}"))).unwrap();
    let package = &files.workspaces[0].packages[0];
    let folder = package.folder.display().to_string();
    assert_eq!((package.name.as_str(), folder.as_str()), ("a-b_c", "crates/a-b_c"));
    assert_eq!((package.version.as_str(), package.sha256.as_str()), ("1.2.3", hash.as_str()));
    let with = |from: &str, to: &str| right.replace(from, to);
    let twice = format!("{right}{right}");
    refused(
        path,
        &[
            (&with("a-b_c", "../a"), &["4: `crate = \"../a\"` is no name of a package"]),
            (&with("1.2.3", "1.2"), &["5: `version = \"1.2\"` must be one in full, such as 1.2.3"]),
            (
                &with(&hash, "abc"),
                &["6: `sha256` is not a SHA-256 of 64 hexadecimal digits: `lukewarm claims \
                   --register ID` writes that of a claim, and crates.io's index has that of a \
                   package (`cksum`)"],
            ),
            (
                &format!("{right}folder = '../out'\n"),
                &["7: `folder = \"../out\"`: a path below the workspace's folder is wanted"],
            ),
            (&twice, &["7: `crates/a-b_c` is an earlier package's folder"]),
        ],
    );
}

#[test]
fn a_change_that_a_sample_does_not_offer_is_named() {
    let files = project("sample-workspaces/w/other", Some("")).unwrap();
    let said = plan(&files, &Selection::default()).unwrap_err().to_string();
    let wanted = "--story: job `edit` of story `s` makes a `leaf body` change, which workspace \
                  `w` does not offer";
    assert_eq!(said, wanted);
}
