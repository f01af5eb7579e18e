//! Rate limiting: a number of requests per minute, then 429 with `Retry-After`.
//! A pure state machine with time passed in.

/// The window of GitHub's published limits, in seconds.
const WINDOW: f64 = 60.0;

/// A fixed-window limiter; a window of one minute begins with its first request.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rate {
    limit: Option<u32>,
    /// The window's start in seconds, and the requests admitted in it.
    window: Option<(f64, u32)>,
}

impl Rate {
    /// A limit per minute; none means unlimited.
    pub fn new(limit: Option<u32>) -> Rate {
        Rate { limit, window: None }
    }

    /// Admits one request at `now`, in seconds.
    ///
    /// # Errors
    /// When the limit is reached: the whole seconds until the window ends.
    pub fn admit(&mut self, now: f64) -> Result<(), u64> {
        let Some(limit) = self.limit else { return Ok(()) };
        let (began, used) = match self.window {
            Some((began, used)) if now < began + WINDOW => (began, used),
            _ => (now, 0),
        };
        if used >= limit {
            return Err((began + WINDOW - now).ceil() as u64);
        }
        self.window = Some((began, used + 1));
        Ok(())
    }

    /// Starts over.
    pub fn reset(&mut self) {
        self.window = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_above_the_limit_waits_for_the_next_minute() {
        let mut rate = Rate::new(Some(2));
        assert_eq!(rate.admit(10.0), Ok(()));
        assert_eq!(rate.admit(20.0), Ok(()));
        assert_eq!(rate.admit(20.5), Err(50));
        assert_eq!(rate.admit(69.9), Err(1));
        assert_eq!(rate.admit(70.0), Ok(()));
        assert_eq!(rate.admit(71.0), Ok(()));
        assert_eq!(rate.admit(71.0), Err(59));
        rate.reset();
        assert_eq!(rate.admit(71.0), Ok(()));
    }

    #[test]
    fn no_limit_admits_everything() {
        let mut rate = Rate::new(None);
        assert!((0..10_000).all(|_| rate.admit(0.0).is_ok()));
    }
}
