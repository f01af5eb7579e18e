//! The ids of packages as Cargo prints them. Owns their form; it must not run Cargo.

/// The package's name in a package id: `…#name@version`, or `…/name#version`.
pub fn package_name(id: &str, fallback: &str) -> String {
    let Some((source, fragment)) = id.rsplit_once('#') else { return fallback.to_owned() };
    match fragment.split_once('@') {
        Some((name, _)) => name.to_owned(),
        None => source.rsplit('/').next().unwrap_or(fallback).to_owned(),
    }
}

/// Whether an id is that of a package.
pub fn is_of_package(id: &str, package: &str) -> bool {
    package_name(id, package) == package
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_name_their_package() {
        assert!(is_of_package("path+file:///w/core#0.1.0", "core"));
        assert!(is_of_package("path+file:///w/c#core@0.1.0", "core"));
        assert!(is_of_package("registry+https://e.org/i#itoa@1.0.18", "itoa"));
        assert!(!is_of_package("path+file:///w/core#0.1.0", "w"));
        assert_eq!(package_name("of an old Cargo", "target"), "target");
    }
}
