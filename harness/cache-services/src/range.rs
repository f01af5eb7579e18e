//! The `Range` header, as far as the clients use it: one range of bytes (RFC 9110, 14.2).

/// What a `Range` header asks of a body of that length, as `start..end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// All of it: no header, or one that is not understood.
    Whole,
    /// A part.
    Part(u64, u64),
    /// A part that the body does not have.
    Unsatisfiable,
}

/// Reads a `Range` header.
pub fn asked(header: Option<&str>, length: u64) -> Asked {
    let Some(range) = header.and_then(|header| header.trim().strip_prefix("bytes=")) else {
        return Asked::Whole;
    };
    let Some((first, last)) = range.split_once('-') else { return Asked::Whole };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    match (first.trim().is_empty(), number(first), number(last)) {
        (true, _, Some(0)) => Asked::Unsatisfiable,
        (true, _, Some(suffix)) if length > 0 => Asked::Part(length.saturating_sub(suffix), length),
        (false, Some(first), _) if first >= length => Asked::Unsatisfiable,
        (false, Some(first), None) if last.trim().is_empty() => Asked::Part(first, length),
        (false, Some(first), Some(last)) if first <= last => {
            Asked::Part(first, length.min(last.saturating_add(1)))
        }
        (true, _, Some(_)) => Asked::Unsatisfiable,
        _ => Asked::Whole,
    }
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
            (Some("bytes=a-b"), Asked::Whole),
            (Some("items=0-1"), Asked::Whole),
        ];
        for (header, wanted) in cases {
            assert_eq!(asked(header, 10), wanted, "{header:?}");
        }
        assert_eq!(asked(Some("bytes=0-0"), 0), Asked::Unsatisfiable);
    }
}
