//! The order of names in a key: that of JavaScript's `localeCompare`, in which `_` comes before
//! letters and letters are ordered before their case is. It must not order anything else.

use std::cmp::Ordering;

/// The printable characters of ASCII before the letters, in the order of the Unicode collation
/// that Node.js has without a locale of its own.
const BEFORE_LETTERS: &str = " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789";

/// Compares two names. Beyond ASCII the order is that of code points.
pub fn compare(a: &str, b: &str) -> Ordering {
    let places = |text: &str| text.chars().map(place).collect::<Vec<_>>();
    // Small letters come first where nothing else differs.
    let cases = |text: &str| text.chars().map(|it| it.is_uppercase()).collect::<Vec<_>>();
    places(a).cmp(&places(b)).then_with(|| cases(a).cmp(&cases(b)))
}

fn place(letter: char) -> (usize, char) {
    let of_case = letter.to_ascii_lowercase();
    match BEFORE_LETTERS.find(of_case) {
        Some(place) => (place, of_case),
        None => (BEFORE_LETTERS.len(), of_case),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Node.js 20 sorts them.
    #[test]
    fn names_are_in_the_order_of_a_javascript_program() {
        let wanted = ["a", "A", "a_b", "a-b", "a.b", "a/b", "ab", "aB", "Ab"];
        let variables = ["CC", "CFLAGS", "CMAKE", "RUST_BACKTRACE", "RUSTC_WRAPPER", "RUSTFLAGS"];
        for wanted in [&wanted[..], &variables[..]] {
            let mut sorted = wanted.to_vec();
            sorted.reverse();
            sorted.sort_by(|a, b| compare(a, b));
            assert_eq!(sorted, wanted);
        }
    }
}
