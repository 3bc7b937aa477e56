//! COUNT(DISTINCT …) of groups, and groups over distinct rows.

use rayon::prelude::*;
use std::sync::{Arc, OnceLock};

use super::{
    group::Groups,
    keys::{Codes, Key},
};
use crate::{Col, Result};

/// Rows that are worth a thread of their own.
const GRAIN: usize = 65_536;

impl Groups {
    /// COUNT(DISTINCT key): NULL is not counted.
    ///
    /// # Errors
    /// `Internal` when the key has not as many rows as the table.
    pub fn count_distinct<K: Key>(&self, key: K) -> Result<Col<i64>> {
        let counts = self.firsts::<_, ()>(&key.codes()?)?;
        Ok(counts.into_iter().flat_map(|(counts, ())| counts).collect())
    }

    /// The same groups, over one row (the first) of each different key in each; rows without a key are left out.
    /// So that `groups.distinct(&orders.order_key)?.mean(&orders.order_total)?` takes an order's total once.
    ///
    /// # Errors
    /// `Internal` when the key has not as many rows as the table.
    pub fn distinct<K: Key>(&self, key: K) -> Result<Groups> {
        let parts = self.firsts::<_, Vec<u32>>(&key.codes()?)?;
        let mut only = vec![0u64; self.rows().div_ceil(64)];
        let mut counts = Vec::with_capacity(self.len());
        for (part, rows) in parts {
            counts.extend(part);
            for i in rows {
                only[i as usize / 64] |= 1 << (i % 64);
            }
        }
        Ok(self.restricted(only, OnceLock::from(Arc::new(counts))))
    }

    /// Of each group, in parts of consecutive groups, how many different keys it has, and what `R` keeps of the first
    /// row of each.
    ///
    /// Each thread owns a range of groups: it sorts their rows by group (a counting sort, so that rows stay in
    /// order) and marks each key with the last group that had it.
    fn firsts<D: Sync, R: First>(&self, codes: &Codes<D>) -> Result<Vec<(Vec<i64>, R)>> {
        self.check(codes.code.len())?;
        let mut starts = Vec::with_capacity(self.len() + 1);
        starts.push(0usize);
        for n in self.counts().iter() {
            starts.push(starts[starts.len() - 1] + *n as usize);
        }
        let total = starts[self.len()];
        let threads = rayon::current_num_threads().min(total / GRAIN + 1);
        let cut = |k: usize| {
            if k == threads { self.len() } else { starts.partition_point(|s| *s < total * k / threads).min(self.len()) }
        };
        let cuts: Vec<(usize, usize)> = (0..threads).map(|k| (cut(k), cut(k + 1))).collect();
        let part = |(first, last): (usize, usize)| {
            let base = starts[first];
            let mut next: Vec<usize> = starts[first..last].iter().map(|s| s - base).collect();
            let mut sorted = vec![(0u32, 0u32); starts[last] - base];
            let groups = self.group_of();
            self.each(0..self.rows(), |i| {
                let g = groups[i] as usize;
                if (first..last).contains(&g) {
                    let place = &mut next[g - first];
                    sorted[*place] = (codes.code[i], i as u32);
                    *place += 1;
                }
            });
            let mut seen_by = vec![u32::MAX; codes.cardinality];
            let (mut counts, mut kept) = (vec![0i64; last - first], R::default());
            for g in first..last {
                for (code, row) in &sorted[starts[g] - base..starts[g + 1] - base] {
                    let seen = &mut seen_by[*code as usize];
                    if *seen != g as u32 && Some(*code) != codes.null {
                        *seen = g as u32;
                        counts[g - first] += 1;
                        kept.keep(*row);
                    }
                }
            }
            (counts, kept)
        };
        Ok(cuts.into_par_iter().map(part).collect())
    }
}

/// What is kept of the first row of a key.
trait First: Default + Send {
    fn keep(&mut self, row: u32);
}

impl First for () {
    fn keep(&mut self, _row: u32) {}
}

impl First for Vec<u32> {
    fn keep(&mut self, row: u32) {
        self.push(row);
    }
}
