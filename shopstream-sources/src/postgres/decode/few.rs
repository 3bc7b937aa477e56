//! Texts of a column that has few of them, such as a status or a country: each is kept once, and the rows have its number.
//! Their views are then taken from those of the texts, so that no row's text is copied, checked and made a view of anew.

use arrow::{
    array::{Array, ArrayRef, StringArray, StringViewArray, UInt32Array},
    buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer},
    compute,
};
use std::array;

use super::{Fault, column::append};

/// Texts that are few, at most.
const FEW: usize = 64;
/// Places for short ones, several for each: most are found at once.
const PLACES: usize = 4 * FEW;
/// Bytes of a short one, at most.
const SHORT: usize = 15;

/// The texts of a column so far, and which of them each row of the batch under way has.
#[derive(Debug)]
pub(super) struct Few {
    pub(super) texts: Texts,
    /// The number of each row's text. That of a row without one means nothing.
    pub(super) rows: Vec<u32>,
    /// The texts, as of the last batch.
    views: StringViewArray,
}

/// Texts by their numbers.
#[derive(Debug)]
pub(super) struct Texts {
    /// Where each ends, after a first 0, and all of them in a row.
    ends: Vec<i32>,
    bytes: Vec<u8>,
    /// The keys of short ones, and their numbers.
    places: Box<[(u128, u32); PLACES]>,
}

/// No text's key: it would be longer than a short one.
const FREE: u128 = u128::MAX;

/// What a short text is known by: its bytes and, in the last byte, its length.
#[inline]
fn key(text: &[u8], rest: &[u8]) -> u128 {
    // As many bytes as are always read are read faster than as many as there are.
    let bytes = match rest.first_chunk() {
        Some(bytes) => u128::from_le_bytes(*bytes),
        None => u128::from_le_bytes(array::from_fn(|i| text.get(i).copied().unwrap_or(0))),
    };
    bytes & ((1 << (8 * text.len())) - 1) | (text.len() as u128) << (8 * SHORT)
}

impl Texts {
    fn len(&self) -> usize {
        self.ends.len() - 1
    }

    /// The number of the text that the first bytes of these are. Of one that is not short, or for which there is no place,
    /// it is a new one each time.
    #[inline]
    pub(super) fn number(&mut self, rest: &[u8], length: usize) -> Result<u32, Fault> {
        let text = rest.get(..length).unwrap_or_default();
        if length > SHORT {
            return self.add(text);
        }
        let key = key(text, rest);
        // Any odd number of mostly random bits spreads the others into the upper ones.
        let mixed = ((key >> 64) as u64 ^ key as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut place = (mixed >> 56) as usize % PLACES;
        loop {
            match self.places[place] {
                (known, number) if known == key => return Ok(number),
                (FREE, _) => break,
                _ => place = (place + 1) % PLACES,
            }
        }
        let number = self.add(text)?;
        // With more than these the texts are few no more. So most places stay free, at which every search ends.
        if self.len() <= FEW {
            self.places[place] = (key, number);
        }
        Ok(number)
    }

    #[cold]
    fn add(&mut self, text: &[u8]) -> Result<u32, Fault> {
        let number = self.len() as u32;
        self.ends.push(append(&mut self.bytes, text)?);
        Ok(number)
    }
}

impl Few {
    pub(super) fn new() -> Self {
        let texts = Texts { ends: vec![0], bytes: vec![], places: Box::new([(FREE, 0); PLACES]) };
        Self { texts, rows: vec![], views: StringViewArray::new_null(0) }
    }

    /// Whether they are few no more.
    pub(super) fn are_many(&self) -> bool {
        self.texts.len() > FEW
    }

    /// The texts of the rows: where each ends, after a first 0, and all of them in a row.
    pub(super) fn texts_of_rows(&self) -> Result<(Vec<i32>, Vec<u8>), Fault> {
        let Texts { ends, bytes, .. } = &self.texts;
        let (mut row_ends, mut row_bytes) = (Vec::with_capacity(self.rows.len() + 1), vec![]);
        row_ends.push(0);
        for number in &self.rows {
            let number = *number as usize;
            let text = ends.get(number..number + 2).map_or(0..0, |of| of[0] as usize..of[1] as usize);
            row_ends.push(append(&mut row_bytes, &bytes[text])?);
        }
        Ok((row_ends, row_bytes))
    }

    /// The array of the rows; the next batch's begin.
    pub(super) fn finish(&mut self, nulls: Option<NullBuffer>) -> Result<ArrayRef, Fault> {
        let Self { texts, rows, views } = self;
        if views.len() < texts.len() {
            let offsets = OffsetBuffer::new(ScalarBuffer::from(texts.ends.clone()));
            let texts = StringArray::try_new(offsets, Buffer::from(texts.bytes.as_slice()), None);
            *views = StringViewArray::from(&texts.map_err(|_| Fault::NotUtf8)?);
        }
        let next = Vec::with_capacity(rows.len() + rows.len() / 16);
        let rows = UInt32Array::new(std::mem::replace(rows, next).into(), nulls);
        // Each row's number is one of a text, or the row has none.
        compute::take(views, &rows, None).map_err(|_| Fault::Malformed)
    }

    /// Bytes that it has room for, but for the places, which any has.
    #[cfg(test)]
    pub(super) fn room(&self) -> usize {
        self.rows.capacity() * 4 + self.texts.ends.capacity() * 4 + self.texts.bytes.capacity()
    }
}
