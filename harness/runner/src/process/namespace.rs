//! A view of the file system that belongs to one thread and to all that it starts: in it, one
//! folder lies in the place of another. The rest of this process and of the machine sees nothing
//! of it, and it is gone when the thread and its children are.
//! Owns the mount namespace. It must not decide which folders: jobs do.

use std::io;
use std::path::Path;

use rustix::mount::{MountPropagationFlags, mount_bind, mount_change};
use rustix::thread::{UnshareFlags, unshare_unsafe};

/// Lays a folder over another, for the calling thread, the threads that it starts, and their
/// children.
///
/// # Errors
/// When this process may not do so: it needs the rights of root, in a user namespace at least.
pub fn lay_over(folder: &Path, place: &Path) -> io::Result<()> {
    leave_the_others()?;
    // Mounts of ours must not spread to the namespace that this one was made from.
    mount_change("/", MountPropagationFlags::REC | MountPropagationFlags::PRIVATE)?;
    Ok(mount_bind(folder, place)?)
}

/// Why folders cannot be laid over others here; none where they can. Tried in a thread of its own,
/// with a folder that is made for it: one with other mounts in it would be refused to many.
pub fn why_not_lay_over() -> Option<io::Error> {
    let tried = tempfile::tempdir().and_then(|folder| {
        let place = folder.path();
        let joined = std::thread::scope(|scope| scope.spawn(|| lay_over(place, place)).join());
        let panicked = |_| Err(io::Error::other("the thread that tried it ended early"));
        joined.unwrap_or_else(panicked)
    });
    tried.err()
}

/// Gives the calling thread a mount namespace of its own.
#[expect(unsafe_code, reason = "the one call by which a thread gets mounts of its own")]
fn leave_the_others() -> io::Result<()> {
    // SAFETY: only a shared table of descriptors would be a danger, and that stays shared.
    Ok(unsafe { unshare_unsafe(UnshareFlags::NEWNS | UnshareFlags::FS) }?)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::process::{CommandSpec, Processes};

    fn mounts() -> String {
        fs::read_to_string("/proc/self/mountinfo").unwrap()
    }

    #[test]
    fn only_the_thread_and_its_children_see_the_other_folder() {
        let root = tempfile::tempdir().unwrap();
        let [copy, place] = ["copy", "place"].map(|name| root.path().join(name));
        for folder in [&copy, &place] {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join("file"), folder.file_name().unwrap().as_encoded_bytes()).unwrap();
        }
        let Some(why) = why_not_lay_over() else {
            let before = mounts();
            let seen = std::thread::scope(|scope| {
                let thread = scope.spawn(|| {
                    lay_over(&copy, &place).unwrap();
                    let own = fs::read_to_string(place.join("file")).unwrap();
                    let script = "cat file; echo new > made";
                    let spec = CommandSpec::new("/bin/sh", &place).args(["-c", script]);
                    let (_, childs) = spec.read(&Processes::default()).unwrap();
                    (own, childs)
                });
                thread.join().unwrap()
            });
            assert_eq!(seen, ("copy".to_owned(), "copy".to_owned()));
            assert_eq!(fs::read_to_string(place.join("file")).unwrap(), "place");
            assert!(copy.join("made").exists() && !place.join("made").exists());
            assert_eq!(mounts(), before, "no mount is left");
            return;
        };
        // Without the rights there is a reason, and nothing is changed.
        assert_eq!(why.kind(), io::ErrorKind::PermissionDenied, "{why}");
    }
}
