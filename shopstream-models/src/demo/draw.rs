//! Randomness that can be repeated.

use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng, seq::IndexedRandom};
use shopstream_core::Timestamp;

/// What is drawn: each has a stream of its own, so that one table's rows do not depend on another's.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stream {
    Users = 1,
    Products = 2,
    Orders = 3,
    Sessions = 4,
    Visitors = 5,
    Contacts = 6,
    Campaigns = 7,
}

/// The draws of one row. ChaCha is random access: a row's draws are found by its number, whoever asks first.
pub(super) struct Draw(ChaCha8Rng);

/// 32-bit words of a stream that are set aside for a row.
const WORDS: u128 = 1 << 16;

impl Draw {
    pub(super) fn row(seed: u64, stream: Stream, row: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let mut rng = ChaCha8Rng::from_seed(key);
        rng.set_stream(stream as u64);
        rng.set_word_pos(u128::from(row) * WORDS);
        Self(rng)
    }

    /// For what draws by itself.
    pub(super) fn rng(&mut self) -> &mut ChaCha8Rng {
        &mut self.0
    }

    pub(super) fn bits(&mut self) -> u64 {
        self.0.random()
    }

    /// A number below `n`; 0 when there is none.
    pub(super) fn below(&mut self, n: u64) -> u64 {
        if n == 0 { 0 } else { self.0.random_range(0..n) }
    }

    /// An index of `n`, the low ones more often: the first is twice as likely as the middle one.
    pub(super) fn low_index(&mut self, n: usize) -> usize {
        let n = n as u64;
        self.below(n).min(self.below(n)) as usize
    }

    /// A number from `low` to `high`.
    pub(super) fn between(&mut self, low: i32, high: i32) -> i32 {
        self.0.random_range(low..=high)
    }

    pub(super) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// An instant from `from` on, before `to`; `from` when there is none.
    pub(super) fn instant(&mut self, from: Timestamp, to: Timestamp) -> Timestamp {
        from.plus_micros(self.below((to.micros() - from.micros()).max(0) as u64) as i64)
    }

    /// One of `choices`, which are not empty.
    pub(super) fn pick<T: Copy + Default>(&mut self, choices: &[T]) -> T {
        choices.choose(&mut self.0).copied().unwrap_or_default()
    }

    /// One of `choices`, by weight.
    pub(super) fn weighted<T: Copy + Default>(&mut self, choices: &[(T, u64)]) -> T {
        let mut at = self.below(choices.iter().map(|c| c.1).sum());
        for &(choice, weight) in choices {
            if at < weight {
                return choice;
            }
            at -= weight;
        }
        T::default()
    }
}

/// An instant in slot `i` of the `n` that the time from `from` to `to` is cut into: rows that take theirs so are
/// spread over it evenly, and in order.
pub(super) fn slot(draw: &mut Draw, from: Timestamp, to: Timestamp, i: u64, n: u64) -> Timestamp {
    let span = i128::from((to.micros() - from.micros()).max(0));
    let (i, n) = (i128::from(i), i128::from(n.max(1)));
    let start = from.plus_micros((span * i / n) as i64);
    start.plus_micros(draw.below((span / n) as u64) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shopstream_core::timestamp;

    /// The numbers of ChaCha8 itself, worked out by another implementation: they differ on no machine.
    #[test]
    fn a_row_is_drawn_by_its_number() {
        let draws = |stream, row| {
            let mut draw = Draw::row(42, stream, row);
            [draw.bits(), draw.bits()]
        };
        assert_eq!(draws(Stream::Users, 0), [0xc6e0_8c69_e846_98be, 0x33b4_ab76_6015_6b49]);
        assert_eq!(draws(Stream::Users, 4_000_000_000), [0xeb7b_3c5b_2b6b_442e, 0x08b5_64ca_7a0d_56df]);
        assert_eq!(draws(Stream::Orders, 0), [0x74ee_5ce4_4646_5e4e, 0xac05_b87a_3d4a_0cbe]);
    }

    #[test]
    fn slots_follow_each_other() {
        let (from, to) = (timestamp!("2026-01-01 00:00:00"), timestamp!("2026-01-01 00:00:01"));
        let mut last = from;
        for i in 0..999 {
            let t = slot(&mut Draw::row(1, Stream::Users, i), from, to, i, 999);
            assert!(last <= t && t < to);
            last = t;
        }
        assert!(last.micros() > to.micros() - 2002);
        let mut draw = Draw::row(1, Stream::Users, 0);
        assert_eq!(draw.instant(to, from), to);
    }
}
