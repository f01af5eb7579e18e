//! A list of names that may be long, as a part of a sentence.

use std::fmt::Display;

/// `a, b and 3 more`: the first of some names, at most so many, and how many are left out.
pub fn few<T: Display>(names: impl IntoIterator<Item = T>, most: usize) -> String {
    let mut names = names.into_iter();
    let first: Vec<String> = names.by_ref().take(most).map(|name| name.to_string()).collect();
    match names.count() {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::few;

    #[test]
    fn what_is_left_out_is_counted() {
        assert_eq!(few([""; 0], 2), "");
        assert_eq!(few(["a"], 2), "a");
        assert_eq!(few(["a", "b"], 2), "a, b");
        assert_eq!(few(["a", "b", "c", "d", "e"], 2), "a, b and 3 more");
    }
}
