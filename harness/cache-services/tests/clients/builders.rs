//! Bazel and Gradle with their HTTP caches: a cold build stores, another checkout finds.

use std::fs;
use std::path::{Path, PathBuf};

use lukewarm_model::{Operation, Request};
use lukewarm_testing::Tried;

use crate::common::{House, webdav};
use crate::machine::{Run, find, run};

/// The service's URL with user and password.
fn url(house: &House) -> String {
    let user = format!("http://anybody:{}@", house.service.token());
    house.service.url().replace("http://", &user)
}

fn counted(ledger: &[Request], operation: Operation, status: u16) -> usize {
    let same = |it: &&Request| (it.operation, it.status) == (operation, status);
    ledger.iter().filter(same).count()
}

/// A Bazel server of its own, which ends with the test.
struct Bazel {
    program: PathBuf,
    place: PathBuf,
    base: PathBuf,
}

impl Bazel {
    fn call(&self, words: &[&str]) -> String {
        let ended = self.command(words).must();
        ended.out + &ended.err
    }

    fn command(&self, words: &[&str]) -> Run {
        let root = format!("--output_user_root={}", self.place.join("root").display());
        let base = format!("--output_base={}", self.base.display());
        run(&self.program, &self.place)
            .args(["--nohome_rc", &root, &base])
            .args(words)
            .folder(&self.place.join("workspace"))
    }
}

impl Drop for Bazel {
    fn drop(&mut self) {
        self.command(&["shutdown"]).try_end();
    }
}

pub fn bazel_stores_and_finds_actions() -> Tried {
    let program = find("bazel")?;
    let (house, place) = (webdav(), tempfile::tempdir().unwrap());
    let workspace = place.path().join("workspace");
    fs::create_dir(&workspace).unwrap();
    fs::write(workspace.join("WORKSPACE"), "").unwrap();
    let rule = "genrule(name = \"hello\", outs = [\"hello.txt\"], cmd = \"echo warm > $@\")\n";
    fs::write(workspace.join("BUILD"), rule).unwrap();
    let cache = format!("--remote_cache={}/bazel", url(&house));
    let build = |base: &str| {
        let place = place.path().to_owned();
        let bazel = Bazel { program: program.clone(), base: place.join(base), place };
        bazel.call(&["build", &cache, "--spawn_strategy=local", "//:hello"])
    };
    build("one");
    let cold = house.ledger();
    assert!(counted(&cold, Operation::Write, 201) >= 2, "{cold:?}");
    for folder in ["bazel/ac/", "bazel/cas/"] {
        assert!(cold.iter().any(|request| request.key.starts_with(folder)), "{folder}");
    }
    let told = build("two");
    assert!(told.contains("1 remote cache hit"), "{told}");
    let warm = house.ledger();
    assert!(counted(&warm, Operation::Read, 200) >= 2, "{warm:?}");
    assert_eq!(counted(&warm, Operation::Write, 201), 0);
    Ok(())
}

const TASK: &str = r#"
task hello {
    def result = file("$buildDir/hello.txt")
    inputs.property('word', 'warm')
    outputs.file(result)
    outputs.cacheIf { true }
    doLast { result.parentFile.mkdirs(); result.text = 'warm' }
}
"#;

pub fn gradle_stores_and_finds_outputs() -> Tried {
    let program = find("gradle")?;
    let (house, place) = (webdav(), tempfile::tempdir().unwrap());
    let settings = format!(
        "buildCache {{\n local {{ enabled = false }}\n remote(HttpBuildCache) {{\n \
         url = '{}/cache/'\n push = true\n \
         credentials {{ username = 'anybody'; password = '{}' }}\n }}\n}}\n\
         rootProject.name = 'hello'\n",
        house.service.url(),
        house.service.token()
    );
    let build = |name: &str| {
        let checkout: &Path = &place.path().join(name);
        fs::create_dir(checkout).unwrap();
        fs::write(checkout.join("settings.gradle"), &settings).unwrap();
        fs::write(checkout.join("build.gradle"), TASK).unwrap();
        let home = format!("-Duser.home={}", place.path().display());
        let words = ["--build-cache", "--no-daemon", "--console=plain", &home, "hello"];
        let ended = run(&program, place.path()).args(words).folder(checkout).must();
        assert_eq!(fs::read(checkout.join("build/hello.txt")).unwrap(), b"warm");
        ended.out
    };
    build("one");
    let cold = house.ledger();
    assert_eq!(counted(&cold, Operation::Write, 201), 1);
    assert!(cold.iter().all(|request| request.key.starts_with("cache/")), "{cold:?}");
    let told = build("two");
    assert!(told.contains("FROM-CACHE") || told.contains("from cache"), "{told}");
    let warm = house.ledger();
    assert_eq!(
        (counted(&warm, Operation::Read, 200), counted(&warm, Operation::Write, 201)),
        (1, 0)
    );
    Ok(())
}
