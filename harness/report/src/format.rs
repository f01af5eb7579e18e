//! Numbers and counts as people read them in a narrow place.
//! Owns the formats, all of them fixed; what a number means belongs to its callers.

use lukewarm_analysis::Estimate;
use lukewarm_model::{Bytes, three_digits};

pub(crate) use lukewarm_model::counted;

/// Seconds with three digits and one unit, so that columns compare at a glance: `12.4 s`.
pub(crate) fn seconds(value: f64) -> String {
    format!("{} s", three_digits(value))
}

/// A point with its spread: `12.4 s (12.2–12.6)`; the point alone where the digits
/// show no spread.
pub(crate) fn seconds_with_spread(estimate: &Estimate) -> String {
    let (low, high) = (three_digits(estimate.low), three_digits(estimate.high));
    with_spread(seconds(estimate.point), low, high)
}

/// Bytes as the model writes them; the nearest whole number of a median between two.
pub(crate) fn bytes(value: f64) -> String {
    Bytes(value.round() as u64).to_string()
}

/// A ratio to the reference: `0.54×`.
pub(crate) fn ratio(value: f64) -> String {
    format!("{}×", ratio_digits(value))
}

/// A ratio with its interval: `0.54× (0.52–0.56)`.
pub(crate) fn ratio_with_spread(estimate: &Estimate) -> String {
    let (low, high) = (ratio_digits(estimate.low), ratio_digits(estimate.high));
    with_spread(ratio(estimate.point), low, high)
}

/// From one ratio to another: `0.02–0.15×`.
pub(crate) fn ratios(low: f64, high: f64) -> String {
    format!("{}×", between(ratio_digits(low), ratio_digits(high)))
}

/// A share as a percentage that says 0 and 100 only where that is exact.
pub(crate) fn percent(share: f64) -> String {
    match (share * 100.0).round() {
        rounded if rounded >= 100.0 && share < 1.0 => ">99 %".to_owned(),
        rounded if rounded <= 0.0 && share > 0.0 => "<1 %".to_owned(),
        rounded => format!("{rounded:.0} %"),
    }
}

/// How many samples, and where there is chance in the state that they started from, how many states
/// they started from: `12 from 3 states`.
pub(crate) fn samples(count: usize, states: Option<usize>) -> String {
    match states {
        Some(states) => format!("{count} from {}", counted(states, "state")),
        None => count.to_string(),
    }
}

/// A number with three digits at most, and no zeros at its end: `0.02`, `1`, `2.5`.
pub(crate) fn trimmed(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return "0".to_owned();
    }
    let power = 10f64.powi(2 - value.abs().log10().floor() as i32);
    let rounded = (value * power).round() / power;
    // Beyond six digits after the point, three digits of a number are lost, and 0 is near enough.
    let text = format!("{rounded:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A round time beside an axis: `20 ms`, `0.5 ms`, `2 s`.
pub(crate) fn brief(seconds: f64) -> String {
    match seconds {
        v if v < 0.9999 => format!("{} ms", trimmed(v * 1e3)),
        v => format!("{} s", trimmed(v)),
    }
}

/// Round bytes beside an axis: `50 MB`, and `0` without a unit.
pub(crate) fn round_bytes(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let text = bytes(value);
    let (number, unit) = text.split_once(' ').unwrap_or((&text, ""));
    let number = match number.contains('.') {
        true => number.trim_end_matches('0').trim_end_matches('.'),
        false => number,
    };
    format!("{number} {unit}")
}

/// A count without commas; a median between two keeps its half.
pub(crate) fn plain_count(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}

/// A count with commas between thousands: `1,204`.
pub(crate) fn whole(count: f64) -> String {
    let digits = format!("{count:.0}");
    let mut text = String::new();
    for (number, digit) in digits.chars().enumerate() {
        if number > 0 && (digits.len() - number).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn with_spread(point: String, low: String, high: String) -> String {
    if low == high { point } else { format!("{point} ({low}–{high})") }
}

fn between(low: String, high: String) -> String {
    if low == high { low } else { format!("{low}–{high}") }
}

fn ratio_digits(value: f64) -> String {
    match value {
        v if v >= 9.995 => format!("{v:.1}"),
        v if v < 0.0995 => format!("{v:.3}"),
        v => format!("{v:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lukewarm_analysis::Estimator;

    #[test]
    fn numbers_keep_three_digits() {
        assert_eq!([0.214, 9.996, 123.4].map(seconds), ["0.21 s", "10.0 s", "123 s"]);
        assert_eq!([0.016, 0.544, 1.0, 12.34].map(ratio), ["0.016×", "0.54×", "1.00×", "12.3×"]);
        assert_eq!(ratios(0.5, 0.5), "0.50×");
        assert_eq!(bytes(61_400_000.4), "61.4 MB");
    }

    #[test]
    fn numbers_lose_zeros_and_counts_get_commas() {
        let numbers = [0.02, 1.0, 2.5, 81.96, 1234.0, 0.0, 2.0000001, 1e-3];
        let wanted = ["0.02", "1", "2.5", "82", "1230", "0", "2", "0.001"];
        assert_eq!(numbers.map(trimmed), wanted);
        assert_eq!([0.0, 999.0, 1204.0, 1e6].map(whole), ["0", "999", "1,204", "1,000,000"]);
        assert_eq!([5e-5, 0.02, 1.0, 20.0].map(brief), ["0.05 ms", "20 ms", "1 s", "20 s"]);
        let sizes = [0.0, 5e7, 2.5e6, 1e8, 500.0].map(round_bytes);
        assert_eq!(sizes, ["0", "50 MB", "2.5 MB", "100 MB", "500 B"]);
    }

    #[test]
    fn a_percentage_is_whole_only_where_it_is() {
        assert_eq!(
            [0.0, 0.001, 0.5, 0.999, 1.0].map(percent),
            ["0 %", "<1 %", "50 %", ">99 %", "100 %"]
        );
    }

    #[test]
    fn a_spread_is_shown_where_there_is_one() {
        let estimator = Estimator::MedianWithRange;
        let two = Estimate { point: 12.4, low: 12.2, high: 12.6, estimator, count: 2 };
        assert_eq!(seconds_with_spread(&two), "12.4 s (12.2–12.6)");
        let one = Estimate { low: 12.4, high: 12.4, count: 1, ..two.clone() };
        assert_eq!(seconds_with_spread(&one), "12.4 s");
        let far = Estimate { point: 0.5, low: 0.09, high: 12.0, ..two };
        assert_eq!(ratio_with_spread(&far), "0.50× (0.090–12.0)");
    }
}
