//! What completes an archive's key in the job, as data. It must not read any of it: the runner
//! does.

/// The facts of the checkout and of the machine that a key is completed with: hashes of them in
/// two parts, `KEY-ENVIRONMENT-FILES`, while `KEY-ENVIRONMENT` is tried where no entry has the
/// whole key. The compiler's version, the manifests of the members (without versions of packages
/// and places of path dependencies) and the lock file's packages from outside the workspace are
/// always among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyInputs {
    /// Beginnings of the names of environment variables whose names and values count.
    pub variables: &'static [&'static str],
    /// Files whose whole content counts, by the ends of their paths, wherever they lie in the
    /// workspace.
    pub files: &'static [&'static str],
}
