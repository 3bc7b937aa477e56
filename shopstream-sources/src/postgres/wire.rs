//! What the binary formats of reading and writing share.

/// How binary COPY starts, before flags and the header's extension.
pub(super) const SIGNATURE: [u8; 11] = *b"PGCOPY\n\xff\r\n\0";
/// 2000-01-01, where PostgreSQL counts from, in days and microseconds since 1970-01-01.
pub(super) const EPOCH_DAYS: i32 = 10_957;
pub(super) const EPOCH_MICROS: i64 = 946_684_800_000_000;
/// Microseconds of a day.
pub(super) const DAY_MICROS: i64 = 86_400_000_000;

/// Signs of a `numeric`.
pub(super) const POSITIVE: u16 = 0x0000;
pub(super) const NEGATIVE: u16 = 0x4000;
pub(super) const NAN: u16 = 0xC000;
pub(super) const INFINITY: u16 = 0xD000;
pub(super) const MINUS_INFINITY: u16 = 0xF000;

/// The version that a jsonb value starts with.
pub(super) const JSONB_VERSION: u8 = 1;

/// 10^0 to 10^38: all that an i128 holds.
pub(super) const POWERS: [u128; 39] = {
    let mut powers = [1; 39];
    let mut i = 1;
    while i < powers.len() {
        powers[i] = powers[i - 1] * 10;
        i += 1;
    }
    powers
};
