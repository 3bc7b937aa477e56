//! Numbers as bits.

/// Appends numbers of as many bits each, the first in the lowest bits.
pub(super) fn pack(numbers: &[u64], width: u32, to: &mut Vec<u8>) {
    let end = to.len() + (numbers.len() * width as usize).div_ceil(8);
    let (mut word, mut used) = (0, 0);
    for number in numbers {
        word |= number << used;
        used += width;
        if used >= u64::BITS {
            to.extend_from_slice(&word.to_le_bytes());
            used -= u64::BITS;
            // What of the number did not fit.
            word = number.checked_shr(width - used).unwrap_or(0);
        }
    }
    to.extend_from_slice(&word.to_le_bytes());
    to.truncate(end);
}

/// Appends a number whose sign is its lowest bit.
pub(super) fn put_zigzag(number: i64, to: &mut Vec<u8>) {
    put_varint(((number << 1) ^ (number >> 63)) as u64, to);
}

/// Appends a number in pieces of seven bits, the lowest first.
pub(super) fn put_varint(number: u64, to: &mut Vec<u8>) {
    let mut number = number;
    while number >= 0x80 {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}
