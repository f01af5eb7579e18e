//! The mix of jobs: how often a repository has each job of a story.
//! Owns its defaults and what a text of shares means. It must not know a time.

use std::collections::BTreeMap;
use std::str::FromStr;

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{JobName, Story};
use serde::Serialize;

/// What most jobs of a repository are, in percent, by the names of the default story: an edit in
/// one crate, now and then one that many depend on, a rerun, and rarely an empty cache.
const USUAL: [(&str, f64); 4] =
    [("unchanged", 20.0), ("leaf-body", 60.0), ("core-signature", 15.0), ("cold", 5.0)];

/// How often each job of a story comes.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct JobMix {
    /// The jobs that come at all, in the story's order, with shares that add up to 1.
    pub jobs: Vec<JobShare>,
    /// Whether the user gave the shares.
    pub chosen: bool,
}

/// One job and how often it comes.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct JobShare {
    /// The job's name in the story.
    pub job: JobName,
    /// Its share of all jobs.
    pub share: f64,
}

/// Shares as a user gives them: `unchanged=20,leaf-body=80`, in any unit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GivenShares(pub BTreeMap<JobName, f64>);

/// A text that is no list of shares, or names a job that a story has not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MixError {
    /// It has another form.
    #[error("`{0}` is no share: write `JOB=NUMBER`, such as `unchanged=20,leaf-body=60`")]
    Form(String),
    /// No share is above 0.
    #[error("no job has a share above 0")]
    Nothing,
    /// A job is not in the story.
    #[error("the record has no job `{job}`: its jobs are {known}")]
    Unknown {
        /// The name.
        job: String,
        /// The jobs of the story.
        known: String,
    },
}

impl FromStr for GivenShares {
    type Err = MixError;

    fn from_str(text: &str) -> Result<GivenShares, MixError> {
        let mut shares = BTreeMap::new();
        for part in text.split(',') {
            let wrong = || MixError::Form(part.trim().to_owned());
            let (job, share) = part.split_once('=').ok_or_else(wrong)?;
            let share = share.trim().trim_end_matches('%').trim();
            let share: f64 = share.parse().map_err(|_| wrong())?;
            let is_right = share.is_finite() && share >= 0.0 && !job.trim().is_empty();
            if !is_right || shares.insert(JobName::from(job.trim()), share).is_some() {
                return Err(wrong());
            }
        }
        match shares.values().any(|share| *share > 0.0) {
            true => Ok(GivenShares(shares)),
            false => Err(MixError::Nothing),
        }
    }
}

impl JobMix {
    /// The mix of a story's jobs: as it was given, else the usual one. A story without any of its
    /// names has all jobs after the first equally often, and one with a single job has that.
    ///
    /// # Errors
    /// When a job is given that the story has not.
    pub fn of(story: &Story, given: Option<&GivenShares>) -> Result<JobMix, MixError> {
        let names: Vec<&JobName> = story.jobs.iter().map(|job| &job.name).collect();
        let weights: Vec<f64> = match given {
            Some(GivenShares(given)) => {
                if let Some(job) = given.keys().find(|job| !names.contains(job)) {
                    let known: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
                    let (job, known) = (job.to_string(), known.join(", "));
                    return Err(MixError::Unknown { job, known });
                }
                names.iter().map(|name| given.get(*name).copied().unwrap_or(0.0)).collect()
            }
            None => usual(&names),
        };
        let sum: f64 = weights.iter().sum();
        let jobs = names.into_iter().zip(weights).filter(|(_, weight)| *weight > 0.0);
        let share =
            |(job, weight): (&JobName, f64)| JobShare { job: job.clone(), share: weight / sum };
        Ok(JobMix { jobs: jobs.map(share).collect(), chosen: given.is_some() })
    }

    /// The mix of those jobs that have a result, where nobody gave it: a budget may have had no
    /// room for the others. The whole mix where none has.
    pub(crate) fn of_measured(mut self, is_measured: impl Fn(&JobName) -> bool) -> JobMix {
        let sum: f64 = self.jobs.iter().filter(|it| is_measured(&it.job)).map(|it| it.share).sum();
        if !self.chosen && sum > 0.0 {
            self.jobs.retain(|it| is_measured(&it.job));
            self.jobs.iter_mut().for_each(|it| it.share /= sum);
        }
        self
    }

    /// The share of a job; 0 where it does not come.
    pub fn share(&self, job: &JobName) -> f64 {
        self.jobs.iter().find(|it| it.job == *job).map_or(0.0, |it| it.share)
    }

    /// The same mix with another share of one job, the others in proportion; absent where there is
    /// no other job.
    pub(crate) fn with(&self, job: &JobName, share: f64) -> Option<JobMix> {
        let rest = 1.0 - self.share(job);
        if rest <= 0.0 {
            return None;
        }
        let jobs = self.jobs.iter().map(|it| JobShare {
            job: it.job.clone(),
            share: if it.job == *job { share } else { it.share * (1.0 - share) / rest },
        });
        Some(JobMix { jobs: jobs.collect(), chosen: self.chosen })
    }
}

/// The usual weights of some jobs.
fn usual(names: &[&JobName]) -> Vec<f64> {
    let known = |name: &&JobName| USUAL.iter().find(|(job, _)| **name == *job).map(|it| it.1);
    if names.iter().any(|name| known(name).is_some()) {
        return names.iter().map(|name| known(name).unwrap_or(0.0)).collect();
    }
    let first = if names.len() > 1 { 0.0 } else { 1.0 };
    (0..names.len()).map(|place| if place == 0 { first } else { 1.0 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(jobs: &[&str], given: Option<&str>) -> Vec<(String, f64)> {
        let given = given.map(|text| text.parse::<GivenShares>().unwrap());
        let mix = JobMix::of(&lukewarm_testing::story(jobs), given.as_ref()).unwrap();
        mix.jobs.iter().map(|it| (it.job.to_string(), (it.share * 1e4).round() / 1e4)).collect()
    }

    fn pairs(pairs: &[(&str, f64)]) -> Vec<(String, f64)> {
        pairs.iter().map(|(job, share)| ((*job).to_owned(), *share)).collect()
    }

    #[test]
    fn shares_add_up_to_one_whatever_they_are_written_in() {
        let story = ["cold", "unchanged", "leaf-body", "core-signature"];
        let usual =
            [("cold", 0.05), ("unchanged", 0.2), ("leaf-body", 0.6), ("core-signature", 0.15)];
        assert_eq!(shares(&story, None), pairs(&usual));
        let given = Some("leaf-body=3, unchanged = 1%");
        assert_eq!(shares(&story, given), pairs(&[("unchanged", 0.25), ("leaf-body", 0.75)]));
        assert_eq!(
            shares(&["cold", "unchanged"], None),
            pairs(&[("cold", 0.2), ("unchanged", 0.8)])
        );
        assert_eq!(shares(&["a", "b", "c"], None), pairs(&[("b", 0.5), ("c", 0.5)]));
        assert_eq!(shares(&["a"], None), pairs(&[("a", 1.0)]));
    }

    #[test]
    fn what_is_no_mix_of_the_record_is_said() {
        for text in ["", "a", "a=", "a=x", "a=-1", "a=1,a=2", "=1", "a=inf"] {
            assert!(matches!(text.parse::<GivenShares>(), Err(MixError::Form(_))), "{text}");
        }
        assert_eq!("a=0".parse::<GivenShares>(), Err(MixError::Nothing));
        let given: GivenShares = "warm=1".parse().unwrap();
        let story = lukewarm_testing::story(&["cold", "unchanged"]);
        let error = JobMix::of(&story, Some(&given)).unwrap_err().to_string();
        assert_eq!(error, "the record has no job `warm`: its jobs are cold, unchanged");
    }

    #[test]
    fn another_share_of_one_job_keeps_the_proportions_of_the_others() {
        let mix = JobMix::of(&lukewarm_testing::story(&["unchanged", "leaf-body", "cold"]), None)
            .unwrap();
        let more = mix.with(&"unchanged".into(), 0.5).unwrap();
        let ratio = |mix: &JobMix| mix.share(&"leaf-body".into()) / mix.share(&"cold".into());
        assert!((ratio(&mix) - ratio(&more)).abs() < 1e-9);
        assert!((more.jobs.iter().map(|it| it.share).sum::<f64>() - 1.0).abs() < 1e-9);
        assert_eq!(
            JobMix::of(&lukewarm_testing::story(&["a"]), None).unwrap().with(&"a".into(), 0.5),
            None
        );
    }
}
