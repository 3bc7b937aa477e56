//! Columns of few texts: each once, and the rows by its number. Parquet's RLE_DICTIONARY:
//! <https://parquet.apache.org/docs/file-format/data-pages/encodings/#DICTIONARY>.

use arrow::array::{Array, ArrayAccessor};
use foldhash::fast::FixedState;
use hashbrown::{HashTable, hash_table::Entry};
use parquet::basic::Encoding;
use std::{hash::BuildHasher, ops::Range};

use super::{
    super::text_extremes::TextExtremes,
    Values,
    bits::pack,
    runs::{self, Groups},
    texts::{TakeTexts, Texts},
};

/// Numbers that are packed at once.
const PACKED: usize = 64;

/// The texts of a chunk, and a page's rows.
pub(super) struct Dictionary {
    texts: Entries,
    numbers: Vec<u32>,
    /// Bytes from which on it is full.
    limit: usize,
    /// What comes then.
    rest: Texts,
}

/// Texts, in the order in which they came.
#[derive(Default)]
struct Entries {
    /// Each behind its length, as a page has them.
    bytes: Vec<u8>,
    /// Where each of them is there.
    places: Vec<Range<usize>>,
    numbers: HashTable<u32>,
    hash: FixedState,
}

impl Entries {
    /// The number of a text, which is among the extremes if it is new.
    fn number(&mut self, text: &str, extremes: &mut TextExtremes) -> u32 {
        let Self { bytes, places, numbers, hash } = self;
        let same = |number: &u32| bytes[places[*number as usize].clone()] == *text.as_bytes();
        let rehash = |number: &u32| hash.hash_one(&bytes[places[*number as usize].clone()]);
        match numbers.entry(hash.hash_one(text.as_bytes()), same, rehash) {
            Entry::Occupied(found) => *found.get(),
            Entry::Vacant(free) => {
                // A dictionary is full long before its texts are more than this counts.
                let number = places.len() as u32;
                free.insert(number);
                bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
                places.push(bytes.len()..bytes.len() + text.len());
                bytes.extend_from_slice(text.as_bytes());
                extremes.add(text);
                number
            }
        }
    }

    /// Bits of a number.
    fn width(&self) -> u32 {
        u32::BITS - (self.places.len().saturating_sub(1) as u32).leading_zeros()
    }
}

impl Dictionary {
    pub(super) fn new(limit: usize) -> Self {
        Self { texts: Entries::default(), numbers: vec![], limit, rest: Texts::new() }
    }

    fn is_full(&self) -> bool {
        self.texts.bytes.len() >= self.limit
    }
}

impl TakeTexts for Dictionary {
    fn take<'a>(&mut self, rows: impl ArrayAccessor<Item = &'a str>, _: usize, extremes: &mut TextExtremes) -> usize {
        let mut taken = 0;
        while taken < rows.len() && !self.is_full() {
            if rows.is_valid(taken) {
                self.numbers.push(self.texts.number(rows.value(taken), extremes));
            }
            taken += 1;
        }
        taken
    }
}

impl Values for Dictionary {
    fn encoding(&self) -> Encoding {
        match self.numbers.is_empty() && self.is_full() {
            true => self.rest.encoding(),
            false => Encoding::RLE_DICTIONARY,
        }
    }

    fn bytes(&self) -> usize {
        match (self.is_full(), self.numbers.len()) {
            (true, 0) => self.rest.bytes(),
            // The page ends with the last of the numbers.
            (true, _) => usize::MAX,
            (false, count) => count * self.texts.width() as usize / 8,
        }
    }

    fn put(&mut self, rows: &dyn Array, room: usize, extremes: &mut TextExtremes) -> usize {
        match self.is_full() {
            true => self.rest.put(rows, room, extremes),
            false => self.take_any(rows, room, extremes),
        }
    }

    fn flush(&mut self, page: &mut Vec<u8>) {
        if self.encoding() != Encoding::RLE_DICTIONARY {
            return self.rest.flush(page);
        }
        let numbers = Numbers { numbers: &self.numbers, width: self.texts.width() };
        page.push(numbers.width as u8);
        runs::put(&numbers, page);
        self.numbers.clear();
    }

    fn dictionary(&self) -> Option<(&[u8], usize)> {
        Some((&self.texts.bytes, self.texts.places.len()))
    }
}

/// The rows of a page, by the numbers of their texts.
struct Numbers<'a> {
    numbers: &'a [u32],
    width: u32,
}

impl Groups for Numbers<'_> {
    fn width(&self) -> u32 {
        self.width
    }

    fn len(&self) -> usize {
        self.numbers.len()
    }

    fn alike(&self, group: usize) -> Option<u32> {
        let numbers = &self.numbers[8 * group..self.numbers.len().min(8 * group + 8)];
        numbers.iter().all(|number| *number == numbers[0]).then_some(numbers[0])
    }

    fn put_bits(&self, groups: Range<usize>, page: &mut Vec<u8>) {
        let numbers = &self.numbers[8 * groups.start..self.numbers.len().min(8 * groups.end)];
        for numbers in numbers.chunks(PACKED) {
            let mut values = [0; PACKED];
            for (value, number) in values.iter_mut().zip(numbers) {
                *value = u64::from(*number);
            }
            pack(&values[..numbers.len().next_multiple_of(8)], self.width, page);
        }
    }
}
