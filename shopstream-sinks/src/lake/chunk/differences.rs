//! Whole numbers by their differences: Parquet's encoding DELTA_BINARY_PACKED.
//!
//! A block of differences has the least of them, and is packed in four parts of as many bits a value as the part's
//! largest needs: <https://parquet.apache.org/docs/file-format/data-pages/encodings/#DELTAENC>.

use std::array;

use super::bits::{pack, put_varint, put_zigzag};

/// Parts of a block, each with a width of its own.
const PARTS: usize = 4;
/// Values of the largest block there is.
const LARGEST_BLOCK: usize = 256;

/// A number of 32 or 64 bits.
pub(super) trait Whole: Copy + Default + PartialEq + Send + 'static {
    /// Values of a block, as many as Parquet's own writer takes.
    const BLOCK: usize;

    /// The difference to another, which wraps as the numbers do.
    fn minus(self, other: Self) -> i64;

    fn wide(self) -> i64;

    /// Appends numbers as they lie in memory, the lowest byte first.
    fn append(numbers: &[Self], to: &mut Vec<u8>);
}

impl Whole for i32 {
    const BLOCK: usize = 128;

    fn minus(self, other: Self) -> i64 {
        i64::from(self.wrapping_sub(other))
    }

    fn wide(self) -> i64 {
        i64::from(self)
    }

    fn append(numbers: &[Self], to: &mut Vec<u8>) {
        append(numbers, Self::to_le_bytes, to);
    }
}

impl Whole for i64 {
    const BLOCK: usize = 256;

    fn minus(self, other: Self) -> i64 {
        self.wrapping_sub(other)
    }

    fn wide(self) -> i64 {
        self
    }

    fn append(numbers: &[Self], to: &mut Vec<u8>) {
        append(numbers, Self::to_le_bytes, to);
    }
}

fn append<T: Copy, const BYTES: usize>(numbers: &[T], bytes: impl Fn(T) -> [u8; BYTES], to: &mut Vec<u8>) {
    let start = to.len();
    to.resize(start + numbers.len() * BYTES, 0);
    for (place, number) in to[start..].as_chunks_mut().0.iter_mut().zip(numbers) {
        *place = bytes(*number);
    }
}

/// The numbers of a page.
pub(super) struct Differences<T> {
    count: usize,
    first: T,
    last: T,
    /// The block under way: the differences to the number before each.
    block: [i64; LARGEST_BLOCK],
    filled: usize,
    /// The blocks before.
    packed: Vec<u8>,
}

impl<T: Whole> Default for Differences<T> {
    fn default() -> Self {
        let (first, last) = (T::default(), T::default());
        Self { count: 0, first, last, block: [0; LARGEST_BLOCK], filled: 0, packed: vec![] }
    }
}

impl<T: Whole> Differences<T> {
    /// Bytes so far, but for the block under way.
    pub(super) fn bytes(&self) -> usize {
        self.packed.len()
    }

    /// Adds numbers.
    pub(super) fn put(&mut self, numbers: &[T]) {
        let mut numbers = numbers;
        if let (0, [first, rest @ ..]) = (self.count, numbers) {
            (self.count, self.first, self.last) = (1, *first, *first);
            numbers = rest;
        }
        self.count += numbers.len();
        while let [next, ..] = numbers {
            let (now, later) = numbers.split_at(numbers.len().min(T::BLOCK - self.filled));
            let differences = &mut self.block[self.filled..self.filled + now.len()];
            differences[0] = next.minus(self.last);
            for (difference, pair) in differences[1..].iter_mut().zip(now.windows(2)) {
                *difference = pair[1].minus(pair[0]);
            }
            self.last = now[now.len() - 1];
            self.filled += now.len();
            if self.filled == T::BLOCK {
                self.end_block();
            }
            numbers = later;
        }
    }

    fn end_block(&mut self) {
        if self.filled == 0 {
            return;
        }
        let block = &mut self.block[..T::BLOCK];
        let least = least(&block[..self.filled]);
        // What fills it up takes no bits.
        block[self.filled..].fill(least);
        let (mut values, mut widths) = ([0; LARGEST_BLOCK], [0; PARTS]);
        let part = T::BLOCK / PARTS;
        for ((values, block), width) in values.chunks_mut(part).zip(block.chunks(part)).zip(&mut widths) {
            let mut all = 0;
            for (value, difference) in values.iter_mut().zip(block) {
                *value = difference.wrapping_sub(least) as u64;
                all |= *value;
            }
            *width = (u64::BITS - all.leading_zeros()) as u8;
        }
        put_zigzag(least, &mut self.packed);
        self.packed.extend(widths);
        for (values, width) in values.chunks(part).zip(widths) {
            pack(values, width.into(), &mut self.packed);
        }
        self.filled = 0;
    }

    /// Appends what there is, and begins anew.
    pub(super) fn flush(&mut self, page: &mut Vec<u8>) {
        self.end_block();
        put_varint(T::BLOCK as u64, page);
        put_varint(PARTS as u64, page);
        put_varint(self.count as u64, page);
        put_zigzag(self.first.wide(), page);
        page.append(&mut self.packed);
        (self.count, self.first) = (0, T::default());
    }
}

/// The least, four by four: one after the other each would wait for the one before.
fn least(numbers: &[i64]) -> i64 {
    let (fours, rest) = numbers.as_chunks::<4>();
    let fours = fours.iter().fold([i64::MAX; 4], |least, four| array::from_fn(|i| least[i].min(four[i])));
    fours.iter().chain(rest).copied().fold(i64::MAX, i64::min)
}
