//! Small numbers by runs of the same and by their bits: Parquet's hybrid, in which it has levels and the numbers of
//! dictionaries. <https://parquet.apache.org/docs/file-format/data-pages/encodings/#RLE>

use std::ops::Range;

use super::bits::put_varint;

/// Numbers in groups of eight, the last filled up.
pub(super) trait Groups {
    /// Bits of a number.
    fn width(&self) -> u32;

    /// How many numbers there are.
    fn len(&self) -> usize;

    /// The number that a group has eight times.
    fn alike(&self, group: usize) -> Option<u32>;

    /// Appends groups bit by bit.
    fn put_bits(&self, groups: Range<usize>, page: &mut Vec<u8>);
}

/// Appends numbers: two groups and more that are alike as a run, the others bit by bit.
pub(super) fn put(numbers: &impl Groups, page: &mut Vec<u8>) {
    let groups = numbers.len().div_ceil(8);
    let (mut bits, mut at) = (0, 0);
    while at < groups {
        let run = run(numbers, at, groups);
        if let (Some(number), 2..) = (numbers.alike(at), run) {
            put_bits(numbers, bits..at, page);
            // Of the last group some may be beyond the end.
            put_run(number, (8 * run).min(numbers.len() - 8 * at), numbers.width(), page);
            bits = at + run;
        }
        at += run;
    }
    put_bits(numbers, bits..groups, page);
}

/// Appends a number so many times.
pub(super) fn put_run(number: u32, times: usize, width: u32, page: &mut Vec<u8>) {
    put_varint((times as u64) << 1, page);
    page.extend_from_slice(&number.to_le_bytes()[..width.div_ceil(8) as usize]);
}

fn put_bits(numbers: &impl Groups, groups: Range<usize>, page: &mut Vec<u8>) {
    if !groups.is_empty() {
        put_varint((groups.len() as u64) << 1 | 1, page);
        numbers.put_bits(groups, page);
    }
}

/// How many groups from one on are alike, itself counted.
fn run(numbers: &impl Groups, from: usize, groups: usize) -> usize {
    let number = numbers.alike(from);
    let others = (from + 1..groups).take_while(|group| number.is_some() && numbers.alike(*group) == number);
    1 + others.count()
}
