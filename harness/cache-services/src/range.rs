//! The `Range` header, as far as the clients use it: one range of bytes (RFC 9110, 14.2).

/// The part of a body that a `Range` header selects, as `start..end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The whole body: there is no such header, or it is malformed.
    Whole,
    /// A part of it.
    Part(u64, u64),
    /// A part beyond its end.
    Unsatisfiable,
}

/// Reads a `Range` header.
pub fn asked(header: Option<&str>, length: u64) -> Asked {
    let range = header.and_then(|header| header.trim().strip_prefix("bytes="));
    let Some((first, last)) = range.and_then(|range| range.split_once('-')) else {
        return Asked::Whole;
    };
    let (first, last) = (first.trim(), last.trim());
    match (number(first), number(last)) {
        (None, Some(suffix)) if first.is_empty() => match suffix.min(length) {
            0 => Asked::Unsatisfiable,
            suffix => Asked::Part(length - suffix, length),
        },
        (Some(first), Some(last)) if first > last => Asked::Whole,
        (Some(_), None) if !last.is_empty() => Asked::Whole,
        (Some(first), _) if first >= length => Asked::Unsatisfiable,
        (Some(first), None) => Asked::Part(first, length),
        (Some(first), Some(last)) => Asked::Part(first, length.min(last.saturating_add(1))),
        (None, _) => Asked::Whole,
    }
}

/// A decimal number of digits alone. What is too large becomes the largest number: no body is so
/// long.
pub fn number(digits: &str) -> Option<u64> {
    let is_one = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    is_one.then(|| digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        let cases = [
            (None, Asked::Whole),
            (Some("bytes=0-0"), Asked::Part(0, 1)),
            (Some("bytes=2-5"), Asked::Part(2, 6)),
            (Some("bytes=5-"), Asked::Part(5, 10)),
            (Some("bytes=-3"), Asked::Part(7, 10)),
            (Some("bytes=-30"), Asked::Part(0, 10)),
            (Some("bytes=8-99"), Asked::Part(8, 10)),
            (Some("bytes=10-"), Asked::Unsatisfiable),
            (Some("bytes=-0"), Asked::Unsatisfiable),
            (Some("bytes=5-2"), Asked::Whole),
            (Some("bytes=0-18446744073709551615"), Asked::Part(0, 10)),
            (Some("bytes=0-18446744073709551616"), Asked::Part(0, 10)),
            (Some("bytes=-18446744073709551616"), Asked::Part(0, 10)),
            (Some("bytes=18446744073709551616-"), Asked::Unsatisfiable),
            (Some("bytes=12-11"), Asked::Whole),
            (Some("bytes=+1-2"), Asked::Whole),
            (Some("bytes=a-b"), Asked::Whole),
            (Some("items=0-1"), Asked::Whole),
        ];
        for (header, wanted) in cases {
            assert_eq!(asked(header, 10), wanted, "{header:?}");
        }
        assert_eq!(asked(Some("bytes=0-0"), 0), Asked::Unsatisfiable);
    }
}
