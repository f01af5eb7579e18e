//! `--scope REF[=PERMISSION]`: a git ref and the permission that a token has for it.
//! Owns the syntax; tokens belong to the services.

use lukewarm_cache_services::Permission;

/// A ref with its permission; read and write where none is given.
pub fn scope(text: &str) -> Result<(String, Permission), String> {
    let (name, permission) = match text.split_once('=') {
        None => (text, Permission::ReadWrite),
        Some((name, "read")) => (name, Permission::Read),
        Some((name, "write")) => (name, Permission::Write),
        Some((name, "read-write")) => (name, Permission::ReadWrite),
        Some((_, other)) => {
            return Err(format!(
                "unknown permission `{other}`: use `read`, `write` or `read-write`"
            ));
        }
    };
    let is_ref = name.strip_prefix("refs/").is_some_and(|rest| !rest.is_empty());
    match is_ref && name.bytes().all(|it| it.is_ascii_graphic()) {
        true => Ok((name.to_owned(), permission)),
        false => {
            Err(format!("`{name}` is not a ref such as `refs/heads/main` or `refs/pull/7/merge`"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ref_has_both_permissions_unless_one_is_named() {
        let of = |text: &str| scope(text).unwrap();
        let main = "refs/heads/main".to_owned();
        assert_eq!(of("refs/heads/main"), (main.clone(), Permission::ReadWrite));
        assert_eq!(of("refs/heads/main=read"), (main.clone(), Permission::Read));
        assert_eq!(of("refs/heads/main=write"), (main, Permission::Write));
        for wrong in ["", "main", "refs/", "refs/heads/a b", "refs/heads/a=", "refs/heads/a=all"] {
            assert!(scope(wrong).is_err(), "{wrong}");
        }
    }
}
