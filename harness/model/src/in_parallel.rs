//! The same work for every item of a list, by as many threads as there are processors.
//! Owns that the results have the order of the items. The work must have no effects.

use std::thread::{self, ScopedJoinHandle};

/// How many items a thread has at least: below that, starting it takes longer than it saves.
const LEAST: usize = 64;

/// The results of some work on each item, in the order of the items. A panic is passed on.
pub fn in_parallel<T: Send, R: Send>(
    items: impl IntoIterator<Item = T>,
    work: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    let items: Vec<T> = items.into_iter().collect();
    let threads = thread::available_parallelism().map_or(1, |it| it.get());
    by_threads(threads.min(items.len() / LEAST), items, work)
}

fn by_threads<T: Send, R: Send>(
    threads: usize,
    items: Vec<T>,
    work: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    if threads < 2 {
        return items.into_iter().map(work).collect();
    }
    let (share, work) = (items.len().div_ceil(threads), &work);
    let mut items = items.into_iter();
    thread::scope(|scope| {
        let mut begin = || {
            let some: Vec<T> = items.by_ref().take(share).collect();
            scope.spawn(move || some.into_iter().map(work).collect::<Vec<R>>())
        };
        let shares: Vec<_> = (0..threads).map(|_| begin()).collect();
        shares.into_iter().flat_map(result_of).collect()
    })
}

/// What a thread found; its panic is passed on.
pub fn result_of<R>(thread: ScopedJoinHandle<'_, R>) -> R {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_have_the_order_of_the_items_however_many_threads_there_are() {
        for count in [0, 1, 5, 1000] {
            let items: Vec<usize> = (0..count).collect();
            let doubled: Vec<usize> = items.iter().map(|it| it * 2).collect();
            for threads in [0, 1, 2, 3, 7] {
                assert_eq!(by_threads(threads, items.clone(), |it| it * 2), doubled);
            }
            assert_eq!(in_parallel(items, |it| it * 2), doubled);
        }
    }

    #[test]
    fn a_panic_in_a_thread_is_one_of_the_caller() {
        let panics = || by_threads(2, vec![1, 2, 3, 4], |it| assert!(it < 4, "four"));
        let panic = std::panic::catch_unwind(panics).unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"four"));
    }
}
