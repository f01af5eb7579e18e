//! Jobs that run at once, as a story or a selection says it.
//! Owns what is wrong with the numbers, whatever the machine is; whether a machine can do it the
//! runner says.

use lukewarm_model::{AtOnce, Seconds, Story};

/// What was said wrongly: whether of the number of copies or of the time between them, and what.
#[derive(Debug)]
pub enum Wrong {
    /// The number of copies.
    Copies(String),
    /// The time between them.
    Stagger(String),
}

/// The copies that run at once; none where nothing was said.
///
/// # Errors
/// When there are too few or too many of them, or they are to start too far apart.
pub fn at_once(copies: Option<u32>, stagger: Option<Seconds>) -> Result<Option<AtOnce>, Wrong> {
    let Some(copies) = copies else {
        return match stagger {
            None => Ok(None),
            Some(_) => Err(Wrong::Stagger(
                "a job that runs alone has nothing to start behind: say how many run at once too"
                    .to_owned(),
            )),
        };
    };
    let wanted = AtOnce { copies, stagger: stagger.unwrap_or_default() };
    let (fewest, most) = (AtOnce::FEWEST, AtOnce::MOST);
    match wanted {
        _ if wanted.is_possible() => Ok(Some(wanted)),
        AtOnce { copies: 1, .. } => {
            Err(Wrong::Copies(format!("one alone is an ordinary job: {fewest} to {most}")))
        }
        _ if !(fewest..=most).contains(&copies) => {
            Err(Wrong::Copies(format!("{copies} cannot run at once: {fewest} to {most}")))
        }
        AtOnce { stagger, .. } => {
            let longest = AtOnce::LONGEST_STAGGER;
            Err(Wrong::Stagger(format!("{stagger} apart is not at once: {longest} at most")))
        }
    }
}

/// The same story, each of whose jobs runs so often at once.
pub fn copied(story: &Story, at_once: AtOnce) -> Story {
    let mut story = story.clone();
    story.jobs.iter_mut().for_each(|job| job.at_once = Some(at_once));
    story
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_run_at_once_is_refused_with_what_can() {
        let said = |copies, stagger: Option<f64>| match at_once(copies, stagger.map(Seconds)) {
            Ok(found) => format!("{:?}", found.map(|it| (it.copies, it.stagger.0))),
            Err(Wrong::Copies(what)) => format!("copies: {what}"),
            Err(Wrong::Stagger(what)) => format!("stagger: {what}"),
        };
        assert_eq!(said(None, None), "None");
        assert_eq!(said(Some(4), Some(5.0)), "Some((4, 5.0))");
        assert_eq!(said(Some(8), None), "Some((8, 0.0))");
        assert_eq!(said(Some(1), None), "copies: one alone is an ordinary job: 2 to 8");
        assert_eq!(said(Some(9), None), "copies: 9 cannot run at once: 2 to 8");
        assert_eq!(said(Some(0), None), "copies: 0 cannot run at once: 2 to 8");
        assert!(said(Some(2), Some(4000.0)).starts_with("stagger: "));
        assert!(said(None, Some(5.0)).contains("say how many run at once too"));
    }
}
