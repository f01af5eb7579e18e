//! What the symbolic links of a workspace become in a copy of it. One that stays inside stays a
//! link, made relative where it is not; what another leads to is copied in its place, so that no
//! edit and no build of the copy can reach the original.
//! Owns the walk through what links lead to, and its bounds. It must not write.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::folder;
use super::items::{Entries, Item, Items, Kind};
use super::stands_for::StandIn;
use crate::error::RunnerError;

/// Files, folders and links outside of the workspace that its links may bring: more would be
/// somebody's home folder.
const MOST_OUTSIDE: usize = 100_000;

/// What a checkout of a folder has of what was found in it; the folder's path is canonical.
/// `left_out` receives what is neither a file nor a folder nor a link.
///
/// # Errors
/// When something cannot be read, or a link leads to what cannot be copied.
pub fn resolved(
    stand_in: StandIn<'_>,
    entries: Entries,
    left_out: &mut Vec<PathBuf>,
) -> Result<Items, RunnerError> {
    let root = stand_in.root;
    let mut listing = Listing {
        stand_in,
        open: Vec::new(),
        items: Vec::new(),
        left_out,
        outside: 0,
        most: MOST_OUTSIDE,
    };
    listing.folder(root, Path::new(""), entries)?;
    Ok(listing.items)
}

/// A copied folder: where it lies, and where its copy is, relative to the checkout.
struct Copied {
    from: PathBuf,
    place: PathBuf,
}

struct Listing<'a> {
    stand_in: StandIn<'a>,
    /// The folders that the one being listed lies in by way of links, the workspace first: what
    /// leads back into one of them is no second copy but a link, so that no circle is endless.
    open: Vec<Copied>,
    items: Items,
    left_out: &'a mut Vec<PathBuf>,
    outside: usize,
    most: usize,
}

impl Listing<'_> {
    /// Lists a folder, whose path is canonical, with all that was found in it.
    fn folder(&mut self, from: &Path, place: &Path, entries: Entries) -> Result<(), RunnerError> {
        self.open.push(Copied { from: from.to_owned(), place: place.to_owned() });
        for (relative, kind) in entries {
            let place = place.join(&relative);
            match kind {
                Kind::Folder => self.add(place, Item::Folder)?,
                Kind::Link => self.link(&from.join(relative), place)?,
                Kind::File => self.add(place, Item::File(from.join(relative)))?,
                Kind::Other => self.left_out.push(place),
            }
        }
        self.open.pop();
        Ok(())
    }

    fn add(&mut self, place: PathBuf, item: Item) -> Result<(), RunnerError> {
        let is_outside = self.open.len() > 1;
        self.outside += usize::from(is_outside);
        if self.outside > self.most {
            let (link, most) = (&self.open[1].place, self.most);
            return Err(self.refused(link, &format!("to more than {most} files outside of it")));
        }
        self.items.push((place, item));
        Ok(())
    }

    /// Lists what a link becomes.
    fn link(&mut self, link: &Path, place: PathBuf) -> Result<(), RunnerError> {
        let aim = fs::read_link(link).map_err(RunnerError::file("read link", link))?;
        let target = match self.target(link, &aim) {
            Ok(target) => target,
            Err(error) if is_dangling(&error) && self.stays(link, &aim) => {
                return self.add(place, Item::Link(aim));
            }
            Err(error) if is_dangling(&error) => {
                let what = format!("to {}, where nothing is", aim.display());
                return Err(self.refused(&place, &what));
            }
            Err(error) => return Err(RunnerError::file("follow link", link)(error)),
        };
        if let Some(copied) = self.open.iter().rev().find(|it| target.starts_with(&it.from)) {
            let aim = match self.stays(link, &aim) {
                true => aim,
                false => {
                    let below = target.strip_prefix(&copied.from).unwrap_or(Path::new(""));
                    relative(&place, &copied.place.join(below))
                }
            };
            return self.add(place, Item::Link(aim));
        }
        if self.stand_in.root.starts_with(&target) {
            let what = format!("to {}, which the workspace lies in", target.display());
            return Err(self.refused(&place, &what));
        }
        let kind = fs::metadata(&target).map_err(RunnerError::file("read", &target))?.file_type();
        if kind.is_dir() {
            self.add(place.clone(), Item::Folder)?;
            return self.folder(&target, &place, folder::entries(&target, &[])?);
        }
        if kind.is_file() {
            return self.add(place, Item::File(target));
        }
        let what = format!("to {}, which is neither a file nor a folder", target.display());
        Err(self.refused(&place, &what))
    }

    /// What a link leads to. One that leads out of an export leads to what lies beside the folder
    /// that the export stands for.
    fn target(&self, link: &Path, aim: &Path) -> io::Result<PathBuf> {
        let StandIn { root, stands_for } = self.stand_in;
        if root == stands_for || !link.starts_with(root) || self.stays(link, aim) {
            return link.canonicalize();
        }
        let original = self.stand_in.original(link);
        let target = original.with_file_name("").join(aim).canonicalize()?;
        Ok(self.stand_in.copied(target))
    }

    /// Whether the copy of a link leads where the link does: its aim is relative, and no step of
    /// the way leaves the folder that is being copied.
    fn stays(&self, link: &Path, aim: &Path) -> bool {
        let (Some(copied), Some(parent)) = (self.open.last(), link.parent()) else { return false };
        let mut here = parent.to_owned();
        for part in aim.components() {
            match part {
                Component::Normal(name) => {
                    let next = here.join(name);
                    // What is not there is a plain name.
                    here = next.canonicalize().unwrap_or(next);
                }
                Component::ParentDir => {
                    here.pop();
                }
                Component::CurDir => {}
                Component::RootDir | Component::Prefix(_) => return false,
            }
            if !here.starts_with(&copied.from) {
                return false;
            }
        }
        true
    }

    fn refused(&self, place: &Path, what: &str) -> RunnerError {
        RunnerError::Input(format!(
            "workspace {} cannot be copied: the symbolic link {} leads out of it, {what}",
            self.stand_in.root.display(),
            place.display()
        ))
    }
}

/// Whether a link leads to nothing, or in a circle of links.
fn is_dangling(error: &io::Error) -> bool {
    use io::ErrorKind::{NotADirectory, NotFound};
    let is_circle = error.raw_os_error() == Some(libc::ELOOP);
    is_circle || matches!(error.kind(), NotFound | NotADirectory)
}

/// The aim of a link at one place that leads to another.
fn relative(link: &Path, to: &Path) -> PathBuf {
    let from: Vec<Component<'_>> = link.parent().unwrap_or(Path::new("")).components().collect();
    let to: Vec<Component<'_>> = to.components().collect();
    let common = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let up = from[common..].iter().map(|_| Component::ParentDir);
    let aim: PathBuf = up.chain(to[common..].iter().copied()).collect();
    if aim.as_os_str().is_empty() { PathBuf::from(".") } else { aim }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::prepare::sources::identity;
    use crate::prepare::sources::tests::{copy, identity_of_checkout};

    /// A workspace `ws` beside a folder `lib` that is not in it.
    fn place() -> tempfile::TempDir {
        let place = tempfile::tempdir().unwrap();
        for (file, text) in [
            ("ws/Cargo.toml", "[workspace]"),
            ("ws/src/main.rs", "fn main() {}"),
            ("lib/Cargo.toml", "[package]"),
            ("lib/src/lib.rs", "pub fn mine() {}"),
            ("lib/target/debug/big", "built"),
        ] {
            let path = place.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        place
    }

    /// Links `link` of the workspace to an aim, where `@` stands for the place.
    fn link(place: &tempfile::TempDir, link: &str, aim: &str) {
        let aim = aim.replace('@', &place.path().canonicalize().unwrap().display().to_string());
        symlink(aim, place.path().join("ws").join(link)).unwrap();
    }

    /// Copies the workspace, and looks that no link of the copy leads out of it.
    fn copied(place: &tempfile::TempDir) -> PathBuf {
        let (from, to) = (place.path().join("ws"), place.path().join("copy"));
        copy(&from, &to).unwrap();
        assert_eq!(identity_of_checkout(&from).unwrap(), identity(&to).unwrap());
        let whole = to.canonicalize().unwrap();
        for entry in walkdir::WalkDir::new(&to) {
            let path = entry.unwrap().into_path();
            if let Ok(leads_to) = path.canonicalize() {
                assert!(leads_to.starts_with(&whole), "{} leads out", path.display());
            }
        }
        to
    }

    fn aim(path: PathBuf) -> PathBuf {
        fs::read_link(path).unwrap()
    }

    #[test]
    fn what_a_link_leads_to_outside_is_copied() {
        for to_file in ["@/lib/src/lib.rs", "../../lib/src/lib.rs"] {
            let place = place();
            link(&place, "src/lib.rs", to_file);
            link(&place, "member", if to_file.starts_with('@') { "@/lib" } else { "../lib" });
            let to = copied(&place);
            for file in ["src/lib.rs", "member/src/lib.rs"] {
                let copy = fs::symlink_metadata(to.join(file)).unwrap();
                assert!(copy.is_file(), "{file}");
                fs::write(to.join(file), "edited").unwrap();
            }
            assert!(to.join("member/Cargo.toml").is_file() && !to.join("member/target").exists());
            let original = fs::read_to_string(place.path().join("lib/src/lib.rs")).unwrap();
            assert_eq!(original, "pub fn mine() {}");
        }
    }

    #[test]
    fn links_inside_stay_links_and_none_names_the_original() {
        let place = place();
        link(&place, "one.rs", "src/main.rs");
        link(&place, "two.rs", "@/ws/src/main.rs");
        link(&place, "src/three", "@/ws");
        link(&place, "src/four.rs", "../../ws/one.rs");
        link(&place, "nothing-yet", "target/debug/app");
        link(&place, "circle", "circle");
        let to = copied(&place);
        assert_eq!(aim(to.join("one.rs")), Path::new("src/main.rs"));
        assert_eq!(aim(to.join("two.rs")), Path::new("src/main.rs"));
        assert_eq!(aim(to.join("src/three")), Path::new(".."));
        assert_eq!(aim(to.join("src/four.rs")), Path::new("main.rs"));
        assert_eq!(aim(to.join("nothing-yet")), Path::new("target/debug/app"));
        assert_eq!(aim(to.join("circle")), Path::new("circle"));
    }

    #[test]
    fn circles_through_the_outside_end() {
        let place = place();
        link(&place, "lib", "../lib");
        symlink("..", place.path().join("lib/src/up")).unwrap();
        symlink("../../ws/src", place.path().join("lib/src/back")).unwrap();
        fs::create_dir(place.path().join("more")).unwrap();
        symlink("../more", place.path().join("lib/more")).unwrap();
        symlink("../lib", place.path().join("more/lib")).unwrap();
        let to = copied(&place);
        assert_eq!(aim(to.join("lib/src/up")), Path::new(".."));
        assert_eq!(aim(to.join("lib/src/back")), Path::new("../../src"));
        assert!(to.join("lib/src/back/main.rs").is_file());
        assert_eq!(aim(to.join("lib/more/lib")), Path::new(".."));
    }

    #[test]
    fn what_cannot_be_copied_is_refused_by_name() {
        let refusals = [
            ("@/gone", "where nothing is"),
            ("../../gone", "where nothing is"),
            ("../..", "which the workspace lies in"),
            ("/", "which the workspace lies in"),
            ("/dev/null", "neither a file nor a folder"),
            ("@/pipe", "neither a file nor a folder"),
        ];
        for (aim, why) in refusals {
            let place = place();
            let pipe = place.path().join("pipe");
            rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR).unwrap();
            link(&place, "src/bad", aim);
            let from = place.path().join("ws");
            let said = copy(&from, &place.path().join("copy")).unwrap_err().to_string();
            assert!(
                said.contains("symbolic link src/bad leads out") && said.contains(why),
                "{said}"
            );
            assert!(!place.path().join("copy").exists());
        }
    }

    #[test]
    fn a_link_to_very_much_is_refused() {
        let place = place();
        link(&place, "lib", "../lib");
        let root = place.path().join("ws").canonicalize().unwrap();
        let mut listing = Listing {
            stand_in: StandIn::itself(&root),
            open: Vec::new(),
            items: Vec::new(),
            left_out: &mut Vec::new(),
            outside: 0,
            most: 2,
        };
        let entries = folder::entries(&root, &[]).unwrap();
        let said = listing.folder(&root, Path::new(""), entries).unwrap_err().to_string();
        assert!(
            said.ends_with("link lib leads out of it, to more than 2 files outside of it"),
            "{said}"
        );
    }
}
