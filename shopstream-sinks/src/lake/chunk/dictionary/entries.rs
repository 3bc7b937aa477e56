//! The values of a dictionary.

use arrow::array::{Array, StringViewArray};
use foldhash::fast::FixedState;
use hashbrown::{HashTable, hash_table::Entry};
use std::{hash::BuildHasher, ops::Range};

use super::super::{
    super::text_extremes::TextExtremes,
    Values,
    numbers::Stored,
    plain,
    texts::{self, TakeTexts},
};

/// Values, each once, in the order in which they came.
pub(in crate::lake::chunk) trait Entries: Default + Send {
    /// What encodes those that come when there is no room for more.
    type Rest: Values + Default;

    /// The values as a page has them.
    fn bytes(&self) -> &[u8];

    fn len(&self) -> usize;

    /// Adds the numbers of rows' values, from the first on until there are as many bytes of values as the limit says, and
    /// answers of how many rows. Texts that are new are among the extremes then.
    fn take(&mut self, rows: &dyn Array, limit: usize, numbers: &mut Vec<u32>, extremes: &mut TextExtremes) -> usize;
}

/// Texts.
#[derive(Default)]
pub(in crate::lake::chunk) struct Texts {
    bytes: Vec<u8>,
    /// Where each of them is there, behind its length.
    places: Vec<Range<usize>>,
    numbers: HashTable<u32>,
    hash: FixedState,
    short: ShortTexts,
}

/// Short texts that came of late, by their views, and the numbers of them: a view that holds all of its text is compared
/// at once.
struct ShortTexts([(u128, u32); PLACES]);

/// Short texts that are known by their views, at most.
const PLACES: usize = 256;
/// Bytes of a text that its view holds.
const INLINE: u32 = 12;

impl Default for ShortTexts {
    fn default() -> Self {
        // A view of more bytes than are ever short.
        Self([(u128::MAX, 0); PLACES])
    }
}

impl ShortTexts {
    /// Where a view is if it is there.
    fn place(&mut self, view: u128) -> &mut (u128, u32) {
        // Any odd number of mostly random bits spreads the others into the upper ones.
        let mixed = ((view >> 64) as u64 ^ view as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        &mut self.0[(mixed >> 56) as usize % PLACES]
    }
}

impl Texts {
    /// The number of a row's text.
    #[inline]
    fn number_of(&mut self, rows: &StringViewArray, row: usize, extremes: &mut TextExtremes) -> u32 {
        let view = rows.views()[row];
        // Its first four bytes are the length.
        if view as u32 > INLINE {
            return self.number(rows.value(row), extremes);
        }
        let (known, number) = *self.short.place(view);
        if known == view {
            return number;
        }
        let number = self.number(rows.value(row), extremes);
        *self.short.place(view) = (view, number);
        number
    }

    /// The number of a text.
    fn number(&mut self, text: &str, extremes: &mut TextExtremes) -> u32 {
        let Self { bytes, places, numbers, hash, .. } = self;
        let same = |number: &u32| bytes[places[*number as usize].clone()] == *text.as_bytes();
        let rehash = |number: &u32| hash.hash_one(&bytes[places[*number as usize].clone()]);
        match numbers.entry(hash.hash_one(text.as_bytes()), same, rehash) {
            Entry::Occupied(found) => *found.get(),
            Entry::Vacant(free) => {
                // A dictionary is full long before its texts are more than this counts.
                let number = places.len() as u32;
                free.insert(number);
                plain::append_text(text, bytes);
                places.push(bytes.len() - text.len()..bytes.len());
                extremes.add(text);
                number
            }
        }
    }
}

/// Where the numbers of texts go.
struct Taking<'a> {
    texts: &'a mut Texts,
    numbers: &'a mut Vec<u32>,
}

impl TakeTexts for Taking<'_> {
    fn add(&mut self, text: &str, extremes: &mut TextExtremes) {
        self.numbers.push(self.texts.number(text, extremes));
    }

    fn add_viewed(&mut self, rows: &StringViewArray, row: usize, extremes: &mut TextExtremes) {
        self.numbers.push(self.texts.number_of(rows, row, extremes));
    }

    fn is_full(&self, room: usize) -> bool {
        self.texts.bytes.len() >= room
    }
}

impl Entries for Texts {
    type Rest = texts::Texts;

    fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn len(&self) -> usize {
        self.places.len()
    }

    fn take(&mut self, rows: &dyn Array, limit: usize, numbers: &mut Vec<u32>, extremes: &mut TextExtremes) -> usize {
        Taking { texts: self, numbers }.take(rows, limit, extremes)
    }
}

/// Whole numbers.
#[derive(Default)]
pub(in crate::lake::chunk) struct Numbers<T> {
    bytes: Vec<u8>,
    values: Vec<T>,
    numbers: HashTable<u32>,
    hash: FixedState,
}

impl<T: Stored> Entries for Numbers<T> {
    type Rest = plain::Numbers<T>;

    fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn len(&self) -> usize {
        self.values.len()
    }

    fn take(&mut self, rows: &dyn Array, _: usize, numbers: &mut Vec<u32>, _: &mut TextExtremes) -> usize {
        // A few more than there is room for do no harm: they are small.
        for value in &*T::values(rows) {
            let Self { bytes, values, numbers: known, hash } = self;
            let same = |number: &u32| values[*number as usize] == *value;
            let rehash = |number: &u32| hash.hash_one(values[*number as usize].wide());
            numbers.push(match known.entry(hash.hash_one(value.wide()), same, rehash) {
                Entry::Occupied(found) => *found.get(),
                Entry::Vacant(free) => {
                    let number = values.len() as u32;
                    free.insert(number);
                    T::append(&[*value], bytes);
                    values.push(*value);
                    number
                }
            });
        }
        rows.len()
    }
}
