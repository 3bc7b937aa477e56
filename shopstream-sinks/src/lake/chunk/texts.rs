//! Columns of texts: their lengths, by differences, and then all of their bytes. Parquet's DELTA_LENGTH_BYTE_ARRAY:
//! <https://parquet.apache.org/docs/file-format/data-pages/encodings/#DELTALENGTH>.

use arrow::{
    array::{Array, ArrayAccessor, AsArray},
    datatypes::DataType,
};
use parquet::basic::Encoding;

use super::{super::text_extremes::TextExtremes, Values, differences::Differences};

/// The texts of a page.
pub(super) struct Texts {
    lengths: Differences<i32>,
    bytes: Vec<u8>,
    /// Lengths that are not among the others yet.
    new: Vec<i32>,
}

impl Texts {
    pub(super) fn new() -> Self {
        Self { lengths: Differences::new(), bytes: vec![], new: vec![] }
    }
}

/// What takes texts of any of Arrow's types.
pub(super) trait TakeTexts {
    /// Adds the texts of rows, as [`Values::put`] does.
    fn take<'a>(&mut self, rows: impl ArrayAccessor<Item = &'a str>, room: usize, extremes: &mut TextExtremes)
    -> usize;

    fn take_any(&mut self, rows: &dyn Array, room: usize, extremes: &mut TextExtremes) -> usize {
        match rows.data_type() {
            DataType::Utf8 => self.take(rows.as_string::<i32>(), room, extremes),
            DataType::LargeUtf8 => self.take(rows.as_string::<i64>(), room, extremes),
            _ => self.take(rows.as_string_view(), room, extremes),
        }
    }
}

impl TakeTexts for Texts {
    fn take<'a>(&mut self, rows: impl ArrayAccessor<Item = &'a str>, room: usize, _: &mut TextExtremes) -> usize {
        let mut taken = 0;
        while taken < rows.len() && (taken == 0 || self.bytes.len() < room) {
            if rows.is_valid(taken) {
                let text = rows.value(taken);
                self.bytes.extend_from_slice(text.as_bytes());
                // A page that is larger than this counts is refused.
                self.new.push(text.len() as i32);
            }
            taken += 1;
        }
        self.lengths.put(&self.new);
        self.new.clear();
        taken
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
        let taken = self.take_any(rows, room, extremes);
        // All at once is faster than one by one.
        extremes.update(&*rows.slice(0, taken));
        taken
    }

    fn flush(&mut self, page: &mut Vec<u8>) {
        self.lengths.flush(page);
        page.append(&mut self.bytes);
    }
}
