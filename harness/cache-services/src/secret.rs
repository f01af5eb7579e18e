//! Comparison of secrets in constant time, so that its duration does not reveal how much of a guess
//! was right.
//! It must not know what the secrets are for.

/// Whether two texts are equal; the time it takes depends on their lengths alone.
pub fn same(left: &str, right: &str) -> bool {
    let pairs = left.bytes().zip(right.bytes());
    let differences =
        pairs.fold(0, |seen, (left, right)| std::hint::black_box(seen | (left ^ right)));
    left.len() == right.len() && differences == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_equal_secrets_are_the_same() {
        assert!(same("", "") && same("secret", "secret"));
        for (left, right) in [("secret", "Secret"), ("secret", "secre"), ("", "s"), ("a", "b")] {
            assert!(!same(left, right), "{left} {right}");
        }
    }
}
