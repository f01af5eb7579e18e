//! The same work for every item of a list, by as many threads as there are processors.
//! Owns that the results have the order of the items. The work must have no effects.

use std::thread;

/// How many items a thread has at least: below that, starting it takes longer than it saves.
const LEAST: usize = 64;

/// The results of some work on each item, in the order of the items. A panic is passed on.
pub fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, |it| it.get());
    by_threads(threads.min(items.len() / LEAST), items, work)
}

fn by_threads<T: Sync, R: Send>(
    threads: usize,
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    if threads < 2 {
        return items.iter().map(work).collect();
    }
    let work = &work;
    thread::scope(|scope| {
        let share = |part| scope.spawn(move || Vec::from_iter(<[T]>::iter(part).map(work)));
        let shares: Vec<_> =
            items.chunks(items.len().div_ceil(threads).max(1)).map(share).collect();
        let done = shares.into_iter().map(|it| it.join());
        done.flat_map(|it| it.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
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
                assert_eq!(by_threads(threads, &items, |it| it * 2), doubled);
            }
            assert_eq!(in_parallel(&items, |it| it * 2), doubled);
        }
    }

    #[test]
    fn a_panic_in_a_thread_is_one_of_the_caller() {
        let panics = || by_threads(2, &[1, 2, 3, 4], |it| assert!(*it < 4, "four"));
        let panic = std::panic::catch_unwind(panics).unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"four"));
    }
}
