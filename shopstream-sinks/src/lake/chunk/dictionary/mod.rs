//! Columns of few values: each once, and the rows by its number. Parquet's RLE_DICTIONARY:
//! <https://parquet.apache.org/docs/file-format/data-pages/encodings/#DICTIONARY>.

mod entries;

use arrow::array::Array;
use parquet::basic::Encoding;
use std::ops::Range;

use super::{
    super::text_extremes::TextExtremes,
    Values,
    bits::pack,
    runs::{self, Groups},
};
use entries::Entries;

pub(super) use entries::{Numbers, Texts};

/// Numbers that are packed at once.
const PACKED: usize = 64;

/// The values of a chunk, and a page's rows.
pub(super) struct Dictionary<E: Entries> {
    entries: E,
    numbers: Vec<u32>,
    /// Bytes from which on it is full.
    limit: usize,
    /// What comes then.
    rest: E::Rest,
}

impl<E: Entries> Dictionary<E> {
    pub(super) fn new(limit: usize) -> Self {
        Self { entries: E::default(), numbers: vec![], limit, rest: E::Rest::default() }
    }

    fn is_full(&self) -> bool {
        self.entries.bytes().len() >= self.limit
    }

    /// Bits of a row's number.
    fn width(&self) -> u32 {
        u32::BITS - (self.entries.len().saturating_sub(1) as u32).leading_zeros()
    }
}

impl<E: Entries> Values for Dictionary<E> {
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
            (false, count) => count * self.width() as usize / 8,
        }
    }

    fn put(&mut self, rows: &dyn Array, room: usize, extremes: &mut TextExtremes) -> usize {
        match self.is_full() {
            true => self.rest.put(rows, room, extremes),
            false => self.entries.take(rows, self.limit, &mut self.numbers, extremes),
        }
    }

    fn flush(&mut self, page: &mut Vec<u8>) {
        if self.encoding() != Encoding::RLE_DICTIONARY {
            return self.rest.flush(page);
        }
        let numbers = Rows { numbers: &self.numbers, width: self.width() };
        page.push(numbers.width as u8);
        runs::put(&numbers, page);
        self.numbers.clear();
    }

    fn dictionary(&self) -> Option<(&[u8], usize)> {
        Some((self.entries.bytes(), self.entries.len()))
    }
}

/// The rows of a page, by the numbers of their values.
struct Rows<'a> {
    numbers: &'a [u32],
    width: u32,
}

impl Groups for Rows<'_> {
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
