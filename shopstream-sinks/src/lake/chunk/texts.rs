//! Columns of texts: their lengths, by differences, and then all of their bytes. Parquet's DELTA_LENGTH_BYTE_ARRAY:
//! <https://parquet.apache.org/docs/file-format/data-pages/encodings/#DELTALENGTH>.

use arrow::{
    array::{Array, AsArray, StringViewArray},
    datatypes::DataType,
};
use parquet::basic::Encoding;

use super::{super::text_extremes::TextExtremes, Values, differences::Differences};

/// The texts of a page.
#[derive(Default)]
pub(super) struct Texts {
    lengths: Differences<i32>,
    bytes: Vec<u8>,
    /// Lengths that are not among the others yet.
    new: Vec<i32>,
}

/// What takes texts of any of Arrow's types.
pub(super) trait TakeTexts {
    fn add(&mut self, text: &str, extremes: &mut TextExtremes);

    /// Whether there are as many bytes as there is room for.
    fn is_full(&self, room: usize) -> bool;

    /// Adds the text of a row that has one.
    fn add_viewed(&mut self, rows: &StringViewArray, row: usize, extremes: &mut TextExtremes) {
        self.add(rows.value(row), extremes);
    }

    /// Adds the texts of rows, as [`Values::put`] does.
    fn take(&mut self, rows: &dyn Array, room: usize, extremes: &mut TextExtremes) -> usize {
        match rows.data_type() {
            DataType::Utf8 => {
                let texts = rows.as_string::<i32>();
                self.take_rows(rows, room, |to, row| to.add(texts.value(row), extremes))
            }
            DataType::LargeUtf8 => {
                let texts = rows.as_string::<i64>();
                self.take_rows(rows, room, |to, row| to.add(texts.value(row), extremes))
            }
            _ => {
                let texts = rows.as_string_view();
                self.take_rows(rows, room, |to, row| to.add_viewed(texts, row, extremes))
            }
        }
    }

    /// Does something with the rows that have a text.
    fn take_rows(&mut self, rows: &dyn Array, room: usize, mut add: impl FnMut(&mut Self, usize)) -> usize {
        let (count, nulls) = (rows.len(), rows.nulls());
        let mut taken = 0;
        while taken < count && (taken == 0 || !self.is_full(room)) {
            if nulls.is_none_or(|nulls| nulls.is_valid(taken)) {
                add(self, taken);
            }
            taken += 1;
        }
        taken
    }
}

impl TakeTexts for Texts {
    fn add(&mut self, text: &str, _: &mut TextExtremes) {
        self.bytes.extend_from_slice(text.as_bytes());
        // A page that is larger than this counts is refused.
        self.new.push(text.len() as i32);
    }

    fn is_full(&self, room: usize) -> bool {
        self.bytes.len() >= room
    }
}

impl Values for Texts {
    fn encoding(&self) -> Encoding {
        Encoding::DELTA_LENGTH_BYTE_ARRAY
    }

    fn bytes(&self) -> usize {
        self.lengths.bytes() + self.bytes.len()
    }

    fn put(&mut self, rows: &dyn Array, room: usize, extremes: &mut TextExtremes) -> usize {
        let taken = self.take(rows, room, extremes);
        self.lengths.put(&self.new);
        self.new.clear();
        // All at once is faster than one by one.
        extremes.update(&*rows.slice(0, taken));
        taken
    }

    fn flush(&mut self, page: &mut Vec<u8>) {
        self.lengths.flush(page);
        page.append(&mut self.bytes);
    }
}
