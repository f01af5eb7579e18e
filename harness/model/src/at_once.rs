//! How often a job runs at once: copies of it, each on a machine of its own, with one cache
//! service, one quota and one minute's limit between them.
//! Owns the bounds; what the copies leave belongs to `copies`.

use crate::Seconds;

/// How often a job runs at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AtOnce {
    /// The number of copies, [`AtOnce::FEWEST`] to [`AtOnce::MOST`].
    pub copies: u32,
    /// How much later each copy starts than the one before it; 0 starts all together.
    pub stagger: Seconds,
}

impl AtOnce {
    /// The fewest copies: one alone is an ordinary job.
    pub const FEWEST: u32 = 2;
    /// The most copies: a developer's machine holds no more builds at once.
    pub const MOST: u32 = 8;

    /// The longest time between two copies: more of them would not be at once any more.
    pub const LONGEST_STAGGER: Seconds = Seconds(3600.0);

    /// Whether there are as many copies as can run at once, near enough to each other.
    pub fn is_possible(&self) -> bool {
        let staggers = 0.0..=AtOnce::LONGEST_STAGGER.0;
        (AtOnce::FEWEST..=AtOnce::MOST).contains(&self.copies) && staggers.contains(&self.stagger.0)
    }
}

impl std::fmt::Display for AtOnce {
    /// `4 at once`, or `4 at once, 5 s apart`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at once", self.copies)?;
        if self.stagger.0 > 0.0 {
            write!(f, ", {} apart", self.stagger)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_said_in_a_few_words() {
        let of = |copies, stagger| AtOnce { copies, stagger: Seconds(stagger) };
        let said = [of(4, 0.0), of(2, 5.0)].map(|it| it.to_string());
        assert_eq!(said, ["4 at once", "2 at once, 5.00 s apart"]);
        for wrong in [of(0, 0.0), of(1, 0.0), of(9, 0.0), of(2, -1.0), of(2, 4000.0)] {
            assert!(!wrong.is_possible(), "{wrong}");
        }
        assert!(of(8, 3600.0).is_possible() && !of(2, f64::NAN).is_possible());
    }
}
