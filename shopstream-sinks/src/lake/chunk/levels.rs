//! Which rows of a page have a value.

use std::ops::Range;

use super::runs::{self, Groups};

/// Levels of 0 and 1, as the bits of Arrow's validity.
struct Levels<'a> {
    validity: &'a [u8],
    rows: usize,
}

impl Groups for Levels<'_> {
    fn width(&self) -> u32 {
        1
    }

    fn len(&self) -> usize {
        self.rows
    }

    fn alike(&self, group: usize) -> Option<u32> {
        match self.validity[group] {
            0 => Some(0),
            0xff => Some(1),
            _ => None,
        }
    }

    fn put_bits(&self, groups: Range<usize>, page: &mut Vec<u8>) {
        page.extend_from_slice(&self.validity[groups]);
    }
}

/// Appends the levels of rows, behind how many bytes they take.
pub(super) fn put(validity: &[u8], rows: usize, nulls: usize, page: &mut Vec<u8>) {
    let start = page.len();
    page.extend([0; 4]);
    match nulls {
        0 => runs::put_run(1, rows, 1, page),
        _ => runs::put(&Levels { validity, rows }, page),
    }
    let bytes = (page.len() - start - 4) as u32;
    page[start..start + 4].copy_from_slice(&bytes.to_le_bytes());
}
