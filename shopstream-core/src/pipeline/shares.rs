//! How tables are shared out among those who read them.
//!
//! To read a table in parts costs a source more than to read it as a whole: PostgreSQL goes through a range of pages by
//! way of all of its buffers, and through a whole table by way of a few that stay in the processor's caches. So tables are
//! read whole, side by side, and only those are divided that would keep one reader at work when the others are done.

use std::{cmp::Reverse, collections::BinaryHeap};

/// A reader may have so much more than an even share, in hundredths of it.
const SLACK: u128 = 10;
/// More readers than these share as so many would.
const MOST_READERS: usize = 1024;

/// One of several tables to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share {
    /// Which of the tables.
    pub(super) table: usize,
    /// Parts that it is to be read in, at most.
    pub(super) parts: usize,
}

/// Shares out tables of these sizes among so many readers, in the order in which they are to begin: those of unknown size,
/// then the largest first. The same sizes make the same shares.
pub(super) fn share_out(sizes: &[Option<u64>], readers: usize) -> Vec<Share> {
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|table| sizes[*table].map_or((0, Reverse(0)), |size| (1, Reverse(size))));
    let count = readers.clamp(1, MOST_READERS);
    // In so many times a byte as there are readers, which is exact.
    let times = count as u128;
    let most = sizes.iter().flatten().map(|size| u128::from(*size)).sum::<u128>() * (100 + SLACK) / 100;
    let mut loads: BinaryHeap<Reverse<u128>> = (0..count).map(|_| Reverse(0)).collect();
    let share = |table: usize| {
        let size = sizes[table].map_or(0, u128::from);
        let fits = loads.peek().is_some_and(|least| least.0 + size * times <= most);
        if sizes[table].is_some() && fits {
            take(&mut loads, size * times);
            return Share { table, parts: 1 };
        }
        (0..count).for_each(|_| take(&mut loads, size));
        Share { table, parts: readers.max(1) }
    };
    order.into_iter().map(share).collect()
}

/// Whoever is free first takes what comes next.
fn take(loads: &mut BinaryHeap<Reverse<u128>>, load: u128) {
    if let Some(mut least) = loads.peek_mut() {
        least.0 += load;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shared(sizes: &[u64], readers: usize) -> Vec<(usize, usize)> {
        let sizes: Vec<Option<u64>> = sizes.iter().copied().map(Some).collect();
        share_out(&sizes, readers).into_iter().map(|share| (share.table, share.parts)).collect()
    }

    #[test]
    fn only_what_would_keep_one_reader_at_work_is_divided() {
        // A shop's six tables, in megabytes.
        assert_eq!(shared(&[35, 14, 108, 259, 457, 18], 2), [(4, 1), (3, 1), (2, 1), (0, 1), (5, 1), (1, 1)]);
        assert_eq!(shared(&[35, 14, 108, 259, 457, 18], 4), [(4, 4), (3, 4), (2, 4), (0, 1), (5, 1), (1, 1)]);
        // Alone, far larger than the others, and one too many.
        assert_eq!(shared(&[457], 2), [(0, 2)]);
        assert_eq!(shared(&[1, 10], 2), [(1, 2), (0, 1)]);
        assert_eq!(shared(&[5, 5, 5], 2), [(0, 1), (1, 1), (2, 2)]);
        assert_eq!(shared(&[5, 5, 5, 0], 1), [(0, 1), (1, 1), (2, 1), (3, 1)]);
        assert_eq!(shared(&[], 2), []);
    }

    #[test]
    fn tables_of_unknown_size_begin_and_may_be_divided() {
        let found = share_out(&[Some(5), None, Some(5), None], 2);
        let parts = |table, parts| Share { table, parts };
        assert_eq!(found, [parts(1, 2), parts(3, 2), parts(0, 1), parts(2, 1)]);
        assert_eq!(share_out(&[Some(u64::MAX), None], usize::MAX), [parts(1, usize::MAX), parts(0, usize::MAX)]);
    }

    proptest! {
        #[test]
        fn each_table_is_shared_out_once_and_nobody_has_much_more_than_others(
            sizes in proptest::collection::vec(proptest::option::weighted(0.9, 0u64..1000), 0..20),
            readers in 1usize..9,
        ) {
            let shares = share_out(&sizes, readers);
            let mut tables: Vec<usize> = shares.iter().map(|share| share.table).collect();
            tables.sort_unstable();
            prop_assert_eq!(tables, (0..sizes.len()).collect::<Vec<_>>());
            // As readers who are free take what comes next: a whole table, or a part.
            let mut loads = vec![0.0_f64; readers];
            for share in &shares {
                let size = sizes[share.table].unwrap_or(0) as f64;
                for _ in 0..share.parts {
                    loads.sort_by(f64::total_cmp);
                    loads[0] += size / share.parts as f64;
                }
            }
            let even = loads.iter().sum::<f64>() / readers as f64;
            let parts = shares.iter().filter(|share| share.parts > 1).filter_map(|share| sizes[share.table]);
            let largest_part = parts.max().unwrap_or(0) as f64 / readers as f64;
            prop_assert!(loads.iter().all(|load| *load <= even * 1.1 + largest_part + 1e-6), "{:?}", loads);
        }
    }
}
