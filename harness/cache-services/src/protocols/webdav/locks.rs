//! Write locks: owners, depths and timeouts (RFC 4918, 6 and 7). A pure state machine with time
//! passed in, in seconds; it must not know a request or the store.

use std::collections::BTreeMap;

use super::path::{ancestors, is_below};
use super::requests::Scope;

/// The limit of locks: they take memory.
const MOST: usize = 4096;
/// The limit of locks on one resource: its description lists each of them.
const MOST_ON_ONE: usize = 32;
/// The limit of an owner element, in bytes.
const LONGEST_OWNER: usize = 1024;
/// The limit of all locks together, in bytes.
const MOST_BYTES: usize = 1 << 20;

/// A lock.
#[derive(Clone, Debug, PartialEq)]
pub struct Lock {
    /// Its lock token, a URI that nobody can guess.
    pub token: String,
    /// The name of the locked resource.
    pub root: String,
    /// Whether others may share it.
    pub scope: Scope,
    /// Its depth.
    pub depth: Depth,
    /// The owner element; empty where there is none.
    pub owner: String,
    /// When it expires, in seconds.
    pub ends: f64,
}

/// A lock's depth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// The resource alone; of a folder also its membership.
    Zero,
    /// The resource and all below it.
    Infinity,
}

/// All locks.
#[derive(Debug, Default)]
pub struct Locks {
    /// By root. No list is empty.
    by_root: BTreeMap<String, Vec<Lock>>,
    count: usize,
    bytes: usize,
    /// No lock expires before, in seconds.
    next_end: f64,
}

/// Why a lock is refused.
#[derive(Debug, PartialEq)]
pub enum Denied {
    /// It conflicts with the lock of this root.
    Conflict(String),
    /// There are too many, or it is too large.
    TooMany,
}

impl Lock {
    /// Its size, in bytes.
    fn bytes(&self) -> usize {
        self.root.len() + self.token.len() + self.owner.len()
    }
}

impl Locks {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Drops expired locks.
    pub fn expire(&mut self, now: f64) {
        if self.is_empty() || now < self.next_end {
            return;
        }
        self.retain(|lock| now < lock.ends);
    }

    /// Grants a lock.
    ///
    /// # Errors
    /// When it conflicts with another lock, or there are too many.
    pub fn lock(&mut self, lock: Lock) -> Result<(), Denied> {
        let is_large = lock.owner.len() > LONGEST_OWNER || self.bytes + lock.bytes() > MOST_BYTES;
        let on_one = self.by_root.get(&lock.root).map_or(0, Vec::len);
        if self.count >= MOST || on_one >= MOST_ON_ONE || is_large {
            return Err(Denied::TooMany);
        }
        let below = (lock.depth == Depth::Infinity).then(|| self.below(&lock.root));
        let conflict =
            |other: &&Lock| lock.scope == Scope::Exclusive || other.scope == Scope::Exclusive;
        let mut others = self.covering(&lock.root).chain(below.into_iter().flatten());
        if let Some(other) = others.find(conflict) {
            return Err(Denied::Conflict(other.root.clone()));
        }
        drop(others);
        self.next_end = if self.is_empty() { lock.ends } else { self.next_end.min(lock.ends) };
        self.count += 1;
        self.bytes += lock.bytes();
        self.by_root.entry(lock.root.clone()).or_default().push(lock);
        Ok(())
    }

    /// Sets the expiry of a lock that covers a name.
    pub fn refresh(&mut self, path: &str, token: &str, ends: f64) -> Option<&Lock> {
        let root = self.covering(path).find(|lock| lock.token == token)?.root.clone();
        self.next_end = self.next_end.min(ends);
        let lock = self.by_root.get_mut(&root)?.iter_mut().find(|lock| lock.token == token)?;
        lock.ends = ends;
        Some(lock)
    }

    /// Removes a lock that covers a name; false where there is none.
    pub fn unlock(&mut self, path: &str, token: &str) -> bool {
        let found = self.covering(path).any(|lock| lock.token == token);
        if found {
            self.retain(|lock| lock.token != token);
        }
        found
    }

    /// Removes the locks of a removed resource and of everything below it.
    pub fn forget(&mut self, path: &str) {
        if !self.is_empty() {
            self.retain(|lock| lock.root != path && !is_below(&lock.root, path));
        }
    }

    /// The locks that cover a name: its own, and those of infinite depth on folders above.
    pub fn covering<'a, 'p>(
        &'a self,
        path: &'p str,
    ) -> impl Iterator<Item = &'a Lock> + use<'a, 'p> {
        let on = |path: &str| self.by_root.get(path).into_iter().flatten();
        let above = (!self.is_empty()).then(|| ancestors(path)).into_iter().flatten();
        let deep = above.flat_map(on).filter(|lock| lock.depth == Depth::Infinity);
        on(path).chain(deep)
    }

    /// The root of a lock that forbids a client with these tokens to change a resource, or the
    /// membership of a folder; none where none does.
    pub fn blocking_lock(&self, path: &str, tokens: &[&str]) -> Option<&str> {
        let mut first = None;
        for lock in self.covering(path) {
            // The token of one shared lock is enough; of exclusive locks there is but one.
            if tokens.contains(&lock.token.as_str()) {
                return None;
            }
            first = first.or(Some(lock.root.as_str()));
        }
        first
    }

    /// The same for everything below a resource.
    pub fn blocking_lock_below(&self, path: &str, tokens: &[&str]) -> Option<&str> {
        self.below(path).find_map(|lock| self.blocking_lock(&lock.root, tokens))
    }

    fn below<'a>(&'a self, path: &str) -> impl Iterator<Item = &'a Lock> + use<'a> {
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        let path = path.to_owned();
        let from = self.by_root.range(prefix.clone()..);
        from.take_while(move |(root, _)| root.starts_with(&prefix))
            .filter(move |(root, _)| **root != path)
            .flat_map(|(_, locks)| locks)
    }

    fn retain(&mut self, stays: impl Fn(&Lock) -> bool) {
        self.by_root.retain(|_, locks| {
            locks.retain(&stays);
            !locks.is_empty()
        });
        let left = self.by_root.values().flatten();
        self.next_end = left.clone().map(|lock| lock.ends).fold(f64::INFINITY, f64::min);
        self.bytes = left.clone().map(Lock::bytes).sum();
        self.count = left.count();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lock(token: &str, root: &str, scope: Scope, depth: Depth) -> Lock {
        let (token, root) = (token.to_owned(), root.to_owned());
        Lock { token, root, scope, depth, owner: String::new(), ends: 100.0 }
    }

    fn held(locks: &[(&str, &str, Scope, Depth)]) -> Locks {
        let mut held = Locks::default();
        for (token, root, scope, depth) in locks {
            held.lock(lock(token, root, *scope, *depth)).unwrap();
        }
        held
    }

    use Depth::{Infinity, Zero};
    use Scope::{Exclusive, Shared};

    #[test]
    fn only_the_holder_may_change_what_is_locked() {
        let locks = held(&[("t", "a", Exclusive, Infinity), ("u", "f", Exclusive, Zero)]);
        for path in ["a", "a/b", "a/b/c"] {
            assert_eq!(locks.blocking_lock(path, &[]), Some("a"), "{path}");
            assert_eq!(locks.blocking_lock(path, &["u"]), Some("a"), "{path}");
            assert_eq!(locks.blocking_lock(path, &["x", "t"]), None, "{path}");
        }
        for path in ["", "ab", "f/x", "b"] {
            assert_eq!(locks.blocking_lock(path, &[]), None, "{path}");
        }
        assert_eq!(locks.blocking_lock("f", &[]), Some("f"));
        assert_eq!(locks.blocking_lock_below("", &["t"]), Some("f"));
        assert_eq!(locks.blocking_lock_below("", &["t", "u"]), None);
        assert_eq!(
            locks.blocking_lock_below("a", &[]),
            None,
            "nothing below has a lock of its own"
        );
    }

    #[test]
    fn locks_are_exclusive_or_shared_with_those_who_share() {
        let mut locks = held(&[("t", "a/b", Shared, Zero)]);
        let denied = |root: &str| Err(Denied::Conflict(root.to_owned()));
        assert_eq!(locks.lock(lock("u", "a/b", Exclusive, Zero)), denied("a/b"));
        assert_eq!(locks.lock(lock("u", "a", Exclusive, Infinity)), denied("a/b"));
        assert_eq!(locks.lock(lock("u", "", Exclusive, Zero)), Ok(()));
        assert_eq!(locks.lock(lock("v", "a/b", Shared, Infinity)), Ok(()));
        assert_eq!(locks.lock(lock("w", "a/b/c", Exclusive, Zero)), denied("a/b"));
        assert_eq!(locks.blocking_lock("a/b", &["v"]), None, "one of those who share is enough");
        assert_eq!(
            locks.blocking_lock("a/b/c", &["t"]),
            Some("a/b"),
            "t reaches no further than a/b"
        );
        assert_eq!(locks.lock(lock("x", "", Shared, Infinity)), denied(""));
    }

    #[test]
    fn locks_end_and_can_be_made_to_last() {
        let mut locks = held(&[("t", "a", Exclusive, Infinity)]);
        locks.expire(99.9);
        assert_eq!(locks.refresh("a/b", "t", 200.0).map(|lock| lock.ends), Some(200.0));
        assert_eq!(locks.refresh("a", "u", 200.0), None);
        assert_eq!(locks.refresh("b", "t", 200.0), None);
        locks.expire(199.0);
        assert_eq!(locks.covering("a").count(), 1);
        locks.refresh("a", "t", 150.0);
        locks.expire(200.0);
        assert!(locks.is_empty() && locks.covering("a").next().is_none());
        assert_eq!(locks.lock(lock("u", "a", Exclusive, Zero)), Ok(()));
    }

    #[test]
    fn locks_are_taken_back_from_anywhere_in_them_and_go_with_their_resource() {
        let mut locks = held(&[("t", "a", Exclusive, Infinity), ("u", "b/c", Exclusive, Zero)]);
        assert!(!locks.unlock("b", "t") && !locks.unlock("a", "u"));
        assert!(locks.unlock("a/x", "t") && !locks.unlock("a/x", "t"));
        locks.forget("b/cd");
        assert_eq!(locks.blocking_lock("b/c", &[]), Some("b/c"));
        locks.forget("b");
        assert!(locks.is_empty());
    }

    #[test]
    fn their_number_is_bounded() {
        let mut locks = Locks::default();
        for number in 0..MOST {
            let token = number.to_string();
            assert_eq!(locks.lock(lock(&token, &token, Exclusive, Zero)), Ok(()));
        }
        assert_eq!(locks.lock(lock("one more", "x", Exclusive, Zero)), Err(Denied::TooMany));
        locks.expire(100.0);
        assert_eq!(locks.lock(lock("one more", "x", Exclusive, Zero)), Ok(()));
    }

    #[test]
    fn their_size_is_bounded() {
        let mut locks = Locks::default();
        let owned = |token: &str, root: &str, owner: usize| Lock {
            owner: "o".repeat(owner),
            ..lock(token, root, Shared, Zero)
        };
        let large = owned("t", "a", LONGEST_OWNER + 1);
        assert_eq!(locks.lock(large), Err(Denied::TooMany));
        for number in 0..MOST_ON_ONE {
            assert_eq!(locks.lock(owned(&number.to_string(), "a", 10)), Ok(()));
        }
        assert_eq!(locks.lock(owned("t", "a", 10)), Err(Denied::TooMany));
        let mut many = (0..MOST).map(|number| owned("t", &number.to_string(), LONGEST_OWNER));
        assert_eq!(many.find_map(|lock| locks.lock(lock).err()), Some(Denied::TooMany));
        assert!(locks.bytes <= MOST_BYTES && locks.count < 1100);
        locks.expire(100.0);
        assert_eq!((locks.bytes, locks.lock(owned("t", "a", 10))), (0, Ok(())));
    }

    fn any_lock() -> impl Strategy<Value = Lock> {
        let path = prop::sample::select(vec!["", "a", "a/b", "a/b/c", "ab", "b"]);
        let ends = 1..50_u32;
        (any::<u16>(), path, any::<bool>(), any::<bool>(), ends).prop_map(
            |(token, root, shared, deep, ends)| Lock {
                ends: f64::from(ends),
                ..lock(
                    &token.to_string(),
                    root,
                    if shared { Shared } else { Exclusive },
                    if deep { Infinity } else { Zero },
                )
            },
        )
    }

    proptest! {
        /// Against a plain list of what was given.
        #[test]
        fn no_two_holders_exclude_each_other(
            wanted in prop::collection::vec(any_lock(), 0..20),
            now in 0..60_u32,
        ) {
            let mut locks = Locks::default();
            let mut given: Vec<Lock> = Vec::new();
            let reaches = |lock: &Lock, path: &str| {
                lock.root == path || (lock.depth == Infinity && is_below(path, &lock.root))
            };
            for lock in wanted {
                let excluded = given.iter().any(|other| {
                    (lock.scope == Exclusive || other.scope == Exclusive)
                        && (reaches(&lock, &other.root) || reaches(other, &lock.root))
                });
                prop_assert_eq!(locks.lock(lock.clone()).is_err(), excluded);
                if !excluded {
                    given.push(lock);
                }
            }
            locks.expire(f64::from(now));
            given.retain(|lock| lock.ends > f64::from(now));
            for path in ["", "a", "a/b", "a/b/c", "ab", "b", "c"] {
                let wanted = given.iter().filter(|lock| reaches(lock, path)).count();
                prop_assert_eq!(locks.covering(path).count(), wanted);
                prop_assert_eq!(locks.blocking_lock(path, &[]).is_some(), wanted > 0);
            }
        }
    }
}
