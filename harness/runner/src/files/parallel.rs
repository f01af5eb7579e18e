//! The same work for many files, on two threads: enough to keep a disk busy, and as many as a small
//! CI runner has. It must not know what is done.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::RunnerError;

/// How many threads work; fewer where there is little to do.
const THREADS: usize = 2;

/// Calls `work` once for each item, in no particular order. After a failure no further item is
/// begun.
///
/// # Errors
/// The first failure, or the cancellation of the run.
pub fn each<T: Sync>(
    items: &[T],
    work: impl Fn(&T) -> Result<(), RunnerError> + Sync,
) -> Result<(), RunnerError> {
    let (next, failure) = (AtomicUsize::new(0), Mutex::new(None));
    let run = || {
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            let done = RunnerError::if_interrupted().and_then(|()| work(item));
            if let Err(error) = done {
                next.store(items.len(), Ordering::Relaxed);
                failure.lock().unwrap_or_else(|it| it.into_inner()).get_or_insert(error);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..THREADS.min(items.len()) {
            scope.spawn(run);
        }
        run();
    });
    match failure.into_inner().unwrap_or_else(|it| it.into_inner()) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_item_is_done_once_and_a_failure_is_returned() {
        let items: Vec<usize> = (0..1000).collect();
        let done: Vec<AtomicUsize> = items.iter().map(|_| AtomicUsize::new(0)).collect();
        let count = |item: &usize| {
            done[*item].fetch_add(1, Ordering::Relaxed);
            Ok(())
        };
        each(&items, count).unwrap();
        assert!(done.iter().all(|it| it.load(Ordering::Relaxed) == 1));
        let fail = |item: &usize| match item {
            500 => Err(RunnerError::Input("no".to_owned())),
            _ => Ok(()),
        };
        assert_eq!(each(&items, fail).unwrap_err().to_string(), "no");
        each(&[], fail).unwrap();
    }
}
