//! The free-space map of the pack. Adjacent free slots are merged, so that bodies of mixed sizes do
//! not fragment it, and free space at the end is cut off. Pure: it must not touch the file.

use std::collections::{BTreeMap, BTreeSet};

/// How much free space the file may keep at its end, in bytes: growing it again takes time.
const SLACK: u64 = 16 << 20;
/// The most that is truncated at once, in bytes: the kernel takes its time for more.
const STEP: u64 = 64 << 20;

/// The free slots of the pack.
#[derive(Debug, Default)]
pub struct Room {
    /// Lengths by offset.
    by_place: BTreeMap<u64, u64>,
    /// The same slots, ordered by length and offset.
    by_length: BTreeSet<(u64, u64)>,
    /// The end of the used space, in bytes.
    end: u64,
    /// An upper bound of the file's length, in bytes.
    reached: u64,
}

impl Room {
    /// Allocates in the smallest free slot that is large enough, else at the end; returns the
    /// offset.
    pub fn take(&mut self, length: u64) -> u64 {
        let Some((size, place)) = self.by_length.range((length, 0)..).next().copied() else {
            self.end += length;
            self.reached = self.reached.max(self.end);
            return self.end - length;
        };
        self.remove(place, size);
        if size > length {
            self.insert(place + length, size - length);
        }
        place
    }

    /// Marks a slot as used when a store is opened, in ascending order; the space before it is
    /// free.
    pub fn occupy(&mut self, place: u64, length: u64) {
        if place > self.end {
            self.insert(self.end, place - self.end);
        }
        self.end = self.end.max(place + length);
        self.reached = self.reached.max(self.end);
    }

    /// Frees a slot.
    pub fn give(&mut self, place: u64, length: u64) {
        let (mut start, mut end) = (place, place + length);
        if let Some((before, size)) = self.by_place.range(..place).next_back()
            && before + size == place
        {
            let (before, size) = (*before, *size);
            self.remove(before, size);
            start = before;
        }
        if let Some(size) = self.by_place.get(&end).copied() {
            self.remove(end, size);
            end += size;
        }
        match end == self.end {
            true => self.end = start,
            false => self.insert(start, end - start),
        }
    }

    /// The length to truncate the file to; none where little of its end is free.
    pub fn surplus(&mut self) -> Option<u64> {
        if self.reached - self.end < SLACK {
            return None;
        }
        self.reached = self.end.max(self.reached.saturating_sub(STEP));
        Some(self.reached)
    }

    /// The end of the used space, in bytes.
    pub fn end(&self) -> u64 {
        self.end
    }

    fn insert(&mut self, place: u64, length: u64) {
        self.by_place.insert(place, length);
        self.by_length.insert((length, place));
    }

    fn remove(&mut self, place: u64, length: u64) {
        self.by_place.remove(&place);
        self.by_length.remove(&(length, place));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_one_body_leaves_the_next_uses() {
        let mut room = Room::default();
        assert_eq!([room.take(4096), room.take(8192), room.take(4096)], [0, 4096, 12288]);
        room.give(4096, 8192);
        assert_eq!([room.take(4096), room.take(4096), room.take(4096)], [4096, 8192, 16384]);
    }

    #[test]
    fn neighbours_that_are_free_are_one_place() {
        let mut room = Room::default();
        let places: Vec<u64> = (0..4).map(|_| room.take(4096)).collect();
        // In the middle, before and behind.
        [places[1], places[0], places[2]].into_iter().for_each(|place| room.give(place, 4096));
        assert_eq!(room.take(3 * 4096), 0, "three small ones make room for a large one");
        room.give(0, 3 * 4096);
        room.give(places[3], 4096);
        assert_eq!((room.end(), room.by_place.len(), room.by_length.len()), (0, 0, 0));
    }

    #[test]
    fn the_file_is_cut_when_much_of_its_end_is_free() {
        let mut room = Room::default();
        let kept = room.take(4096);
        let large = room.take(2 * STEP);
        let small = room.take(SLACK - 4096);
        room.give(small, SLACK - 4096);
        assert_eq!(room.surplus(), None);
        room.give(large, 2 * STEP);
        assert_eq!(room.surplus(), Some(STEP + SLACK), "a step at a time");
        assert_eq!(room.surplus(), Some(SLACK));
        assert_eq!(room.surplus(), None, "it may be a little longer than it need be");
        room.give(kept, 4096);
        assert_eq!((room.surplus(), room.end()), (Some(0), 0));
    }

    proptest! {
        /// Against a plain list of what is in use.
        #[test]
        fn no_two_bodies_share_a_byte_and_nothing_free_is_lost(
            steps in prop::collection::vec((1..20_u64, any::<prop::sample::Index>(), 0..3), 1..200)
        ) {
            let mut room = Room::default();
            let mut used: Vec<(u64, u64)> = Vec::new();
            for (pages, which, what) in steps {
                if what == 0 && !used.is_empty() {
                    let (place, length) = used.swap_remove(which.index(used.len()));
                    room.give(place, length);
                } else {
                    let length = pages * 4096;
                    let place = room.take(length);
                    let apart = |(other, size): &(u64, u64)| {
                        place + length <= *other || other + size <= place
                    };
                    prop_assert!(used.iter().all(apart));
                    used.push((place, length));
                }
                let taken: u64 = used.iter().map(|(_, length)| length).sum();
                let free: u64 = room.by_place.values().sum();
                prop_assert_eq!(taken + free, room.end());
            }
            used.into_iter().for_each(|(place, length)| room.give(place, length));
            prop_assert_eq!((room.end(), room.by_place.len()), (0, 0));
        }
    }
}
