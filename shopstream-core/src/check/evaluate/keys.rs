//! Sets and indexes of values.

use foldhash::fast::FixedState;
use hashbrown::{HashMap, HashTable, hash_table::Entry};
use std::hash::BuildHasher;

use super::values::Key;

/// Different byte strings, numbered as they come.
#[derive(Debug, Default)]
pub(super) struct Interner {
    /// The hash and number of each.
    table: HashTable<(u64, usize)>,
    bytes: Vec<u8>,
    ends: Vec<usize>,
    state: FixedState,
}

fn slice<'a>(bytes: &'a [u8], ends: &[usize], id: usize) -> &'a [u8] {
    let start = if id == 0 { 0 } else { ends[id - 1] };
    &bytes[start..ends[id]]
}

impl Interner {
    /// The number of a string, and whether it is new.
    pub(super) fn insert(&mut self, value: &[u8]) -> (usize, bool) {
        let hash = self.state.hash_one(value);
        let same = |&(h, id): &(u64, usize)| h == hash && slice(&self.bytes, &self.ends, id) == value;
        match self.table.entry(hash, same, |&(h, _)| h) {
            Entry::Occupied(entry) => (entry.get().1, false),
            Entry::Vacant(entry) => {
                let id = self.ends.len();
                entry.insert((hash, id));
                self.bytes.extend_from_slice(value);
                self.ends.push(self.bytes.len());
                (id, true)
            }
        }
    }

    /// The number of a string that is there.
    pub(super) fn find(&self, value: &[u8]) -> Option<usize> {
        let hash = self.state.hash_one(value);
        let same = |&(h, id): &(u64, usize)| h == hash && slice(&self.bytes, &self.ends, id) == value;
        self.table.find(hash, same).map(|&(_, id)| id)
    }
}

/// Different values of a column.
#[derive(Debug, Default)]
pub(super) struct ValueSet {
    /// 64 neighbours share an entry, a bit each, so that dense keys are a small bitmap and sparse ones a hash set.
    near: HashMap<i64, u64, FixedState>,
    /// Numbers beyond an i64, and texts.
    far: Interner,
    len: u64,
}

impl ValueSet {
    /// Adds a value; whether it is new.
    #[inline]
    pub(super) fn insert(&mut self, key: Key<'_>) -> bool {
        let new = match key {
            Key::Text(text) => self.far.insert(text.as_bytes()).1,
            Key::Units(units) => match i64::try_from(units) {
                Ok(near) => {
                    let (word, bit) = (self.near.entry(near >> 6).or_insert(0), 1 << (near & 63));
                    let new = *word & bit == 0;
                    *word |= bit;
                    new
                }
                Err(_) => self.far.insert(&units.to_le_bytes()).1,
            },
        };
        self.len += u64::from(new);
        new
    }

    /// Whether a value is there.
    #[inline]
    pub(super) fn contains(&self, key: Key<'_>) -> bool {
        match key {
            Key::Text(text) => self.far.find(text.as_bytes()).is_some(),
            Key::Units(units) => match i64::try_from(units) {
                Ok(near) => self.near.get(&(near >> 6)).is_some_and(|word| word & (1 << (near & 63)) != 0),
                Err(_) => self.far.find(&units.to_le_bytes()).is_some(),
            },
        }
    }

    /// How many different values there are.
    pub(super) fn len(&self) -> u64 {
        self.len
    }
}

/// A number for each value of a column: 0, 1, 2 … as they come.
#[derive(Debug, Default)]
pub(super) struct ValueIndex {
    near: HashMap<i64, usize, FixedState>,
    far: Interner,
    far_ids: Vec<usize>,
    len: usize,
}

impl ValueIndex {
    /// The number of a value, a new one if it is new.
    #[inline]
    pub(super) fn insert(&mut self, key: Key<'_>) -> usize {
        let units = match key {
            Key::Text(text) => return self.insert_far(text.as_bytes()),
            Key::Units(units) => units,
        };
        let Ok(near) = i64::try_from(units) else { return self.insert_far(&units.to_le_bytes()) };
        let id = *self.near.entry(near).or_insert(self.len);
        self.len += usize::from(id == self.len);
        id
    }

    fn insert_far(&mut self, value: &[u8]) -> usize {
        let (far, new) = self.far.insert(value);
        if new {
            self.far_ids.push(self.len);
            self.len += 1;
        }
        self.far_ids[far]
    }

    /// The number of a value that is there.
    #[inline]
    pub(super) fn find(&self, key: Key<'_>) -> Option<usize> {
        let units = match key {
            Key::Text(text) => return self.find_far(text.as_bytes()),
            Key::Units(units) => units,
        };
        match i64::try_from(units) {
            Ok(near) => self.near.get(&near).copied(),
            Err(_) => self.find_far(&units.to_le_bytes()),
        }
    }

    fn find_far(&self, value: &[u8]) -> Option<usize> {
        self.far.find(value).map(|far| self.far_ids[far])
    }
}
