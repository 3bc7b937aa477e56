//! Values as they lie in memory, texts behind their lengths. Parquet's PLAIN:
//! <https://parquet.apache.org/docs/file-format/data-pages/encodings/#PLAIN>.

use arrow::array::Array;
use parquet::basic::Encoding;
use std::marker::PhantomData;

use super::{super::text_extremes::TextExtremes, Values, numbers::Stored, texts::TakeTexts};

/// The numbers of a page.
#[derive(Default)]
pub(super) struct Numbers<T> {
    bytes: Vec<u8>,
    of: PhantomData<T>,
}

impl<T: Stored> Values for Numbers<T> {
    fn encoding(&self) -> Encoding {
        Encoding::PLAIN
    }

    fn bytes(&self) -> usize {
        self.bytes.len()
    }

    fn put(&mut self, rows: &dyn Array, _: usize, _: &mut TextExtremes) -> usize {
        T::append(&T::values(rows), &mut self.bytes);
        rows.len()
    }

    fn flush(&mut self, page: &mut Vec<u8>) {
        page.append(&mut self.bytes);
    }
}

/// The texts of a page.
#[derive(Default)]
pub(super) struct Texts(Vec<u8>);

/// Appends a text behind its length.
pub(super) fn append_text(text: &str, to: &mut Vec<u8>) {
    // A page that is larger than this counts is refused.
    to.extend_from_slice(&(text.len() as u32).to_le_bytes());
    to.extend_from_slice(text.as_bytes());
}

impl TakeTexts for Texts {
    fn add(&mut self, text: &str, _: &mut TextExtremes) {
        append_text(text, &mut self.0);
    }

    fn is_full(&self, room: usize) -> bool {
        self.0.len() >= room
    }
}

impl Values for Texts {
    fn encoding(&self) -> Encoding {
        Encoding::PLAIN
    }

    fn bytes(&self) -> usize {
        self.0.len()
    }

    fn put(&mut self, rows: &dyn Array, room: usize, extremes: &mut TextExtremes) -> usize {
        let taken = self.take(rows, room, extremes);
        extremes.update(&*rows.slice(0, taken));
        taken
    }

    fn flush(&mut self, page: &mut Vec<u8>) {
        page.append(&mut self.0);
    }
}
