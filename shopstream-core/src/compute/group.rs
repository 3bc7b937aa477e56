//! GROUP BY.

use arrow::array::BooleanArray;
use rayon::prelude::*;
use std::sync::{Arc, OnceLock};

use super::{
    keys::{Key, KeyColumn, check_rows, intern},
    parallel::{part_len, parts},
};
use crate::{Batch, Col, Error, Result, Table};

/// Rows of a table: all of them, or those that pass a filter.
#[derive(Clone, Debug)]
pub struct Selection {
    rows: usize,
    mask: Option<BooleanArray>,
}

impl<T: Table> Batch<T> {
    /// All rows.
    pub fn all(&self) -> Selection {
        Selection { rows: self.num_rows(), mask: None }
    }

    /// WHERE: the rows with this flag.
    pub fn filter(&self, flag: &Col<bool>) -> Selection {
        Selection { rows: self.num_rows(), mask: Some(flag.array().clone()) }
    }
}

impl Selection {
    /// GROUP BY: the groups of rows with the same keys, in the order of the keys (NULL last), and the keys of each
    /// group.
    ///
    /// `let (groups, (day, country)) = facts.filter(&facts.is_completed).group_by((&facts.date_key, &facts.country_code))?;`
    ///
    /// # Errors
    /// `Internal` when a key or the filter has not as many rows as the table; `Data` beyond 4 billion rows.
    pub fn group_by<K: Keys>(&self, keys: K) -> Result<(Groups, K::Columns)> {
        check_rows(self.rows)?;
        if let Some(mask) = &self.mask
            && mask.len() != self.rows
        {
            return Err(wrong_length("the filter", mask.len(), self.rows));
        }
        let (group, count, columns) = keys.group(self.rows, self.mask.as_ref())?;
        Ok((Groups { rows: self.rows, group: Arc::new(group), count, only: None, counts: OnceLock::new() }, columns))
    }
}

fn wrong_length(what: &str, found: usize, rows: usize) -> Error {
    Error::internal(format!("{what} of a group has not as many rows as the table"))
        .with("found", found)
        .with("rows", rows)
}

/// A tuple of one to five keys.
pub trait Keys {
    /// The keys of each group.
    type Columns;
    /// The group of each row (the number of groups for rows that the mask leaves out), the number of groups, and
    /// their keys.
    #[doc(hidden)]
    fn group(self, rows: usize, mask: Option<&BooleanArray>) -> Result<(Vec<u32>, usize, Self::Columns)>;
}

macro_rules! keys_tuple {
    ($($k:ident $v:ident),+) => {
        impl<$($k: Key),+> Keys for ($($k,)+) {
            type Columns = ($(Col<$k::Column>,)+);
            fn group(self, rows: usize, mask: Option<&BooleanArray>) -> Result<(Vec<u32>, usize, Self::Columns)> {
                let ($($v,)+) = self;
                $(let $v = $v.codes()?;)+
                let (group, count, codes) = combine(rows, mask, &[$((&$v.code[..], $v.cardinality)),+])?;
                let mut codes = codes.iter();
                let columns = ($($k::Column::decode(&$v, codes.next().map_or(&[], Vec::as_slice))?,)+);
                Ok((group, count, columns))
            }
        }
    };
}

keys_tuple!(A a);
keys_tuple!(A a, B b);
keys_tuple!(A a, B b, C c);
keys_tuple!(A a, B b, C c, D d);
keys_tuple!(A a, B b, C c, D d, E e);

/// The group of each row by the codes of its keys, the number of groups, and for each key the code of each group.
fn combine(
    rows: usize,
    mask: Option<&BooleanArray>,
    keys: &[(&[u32], usize)],
) -> Result<(Vec<u32>, usize, Vec<Vec<u32>>)> {
    if let Some((codes, _)) = keys.iter().find(|(codes, _)| codes.len() != rows) {
        return Err(wrong_length("a key", codes.len(), rows));
    }
    let sizes: Vec<u64> = keys.iter().map(|(_, n)| *n as u64).collect();
    let combinations = sizes.iter().try_fold(1u64, |all, n| all.checked_mul((*n).max(1)));
    let combinations = combinations.ok_or_else(|| Error::data("more than 2^64 combinations of keys to group by"))?;
    let (group, live) = if combinations <= (2 * rows as u64 + (1 << 20)).min(u64::from(u32::MAX) - 1) {
        dense(rows, mask, keys, combinations as u32)
    } else {
        let selected = |i: usize| mask.is_none_or(|m| m.value(i));
        let combined = |i: usize| keys.iter().fold(0u64, |all, (codes, n)| all * *n as u64 + u64::from(codes[i]));
        intern(rows, |i| selected(i).then(|| combined(i)))
    };
    let mut codes: Vec<Vec<u32>> = keys.iter().map(|_| Vec::with_capacity(live.len())).collect();
    for mut combination in live.iter().copied() {
        for (codes, n) in codes.iter_mut().zip(&sizes).rev() {
            codes.push((combination % n) as u32);
            combination /= n;
        }
    }
    Ok((group, live.len(), codes))
}

/// [`combine`] by an array of all combinations: without hashing.
fn dense(
    rows: usize,
    mask: Option<&BooleanArray>,
    keys: &[(&[u32], usize)],
    combinations: u32,
) -> (Vec<u32>, Vec<u64>) {
    let mut group = vec![0u32; rows];
    let len = part_len(rows);
    let seen: Vec<Vec<bool>> = group
        .par_chunks_mut(len)
        .enumerate()
        .map(|(k, part)| {
            let mut seen = vec![false; combinations as usize + 1];
            // Blocks that stay in the nearest cache, each key one pass over them.
            for (b, block) in part.chunks_mut(4096).enumerate() {
                let first = k * len + b * 4096;
                let rows = first..first + block.len();
                for (codes, n) in keys {
                    for (combined, code) in block.iter_mut().zip(&codes[rows.clone()]) {
                        *combined = *combined * *n as u32 + *code;
                    }
                }
                if let Some(mask) = mask {
                    for (combined, i) in block.iter_mut().zip(rows) {
                        *combined = if mask.value(i) { *combined } else { combinations };
                    }
                }
                for combined in block {
                    seen[*combined as usize] = true;
                }
            }
            seen
        })
        .collect();
    let mut number = vec![0u32; combinations as usize + 1];
    let mut live = vec![];
    for combination in 0..combinations {
        if seen.iter().any(|s| s[combination as usize]) {
            number[combination as usize] = live.len() as u32;
            live.push(u64::from(combination));
        }
    }
    number[combinations as usize] = live.len() as u32;
    group.par_chunks_mut(len).for_each(|part| part.iter_mut().for_each(|g| *g = number[*g as usize]));
    (group, live)
}

/// The groups of a table's rows. Every aggregate has one value a group, in the order of the groups' keys.
#[derive(Clone, Debug)]
pub struct Groups {
    /// Rows of the table.
    rows: usize,
    /// The group of each row; `count` for rows that are in none.
    group: Arc<Vec<u32>>,
    count: usize,
    /// The rows that count, a bit each; all of them when there is none.
    only: Option<Arc<Vec<u64>>>,
    counts: OnceLock<Arc<Vec<i64>>>,
}

impl Groups {
    /// The number of groups.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is no group.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The same groups, over only those of their rows that have a flag; a group may be left with none.
    ///
    /// # Errors
    /// `Internal` when the flag has not as many rows as the table.
    pub fn only(&self, flag: &Col<bool>) -> Result<Groups> {
        self.check(flag.len())?;
        let flags = flag.array();
        let word = |w: usize| {
            (w * 64..self.rows.min(w * 64 + 64)).fold(0u64, |bits, i| bits | u64::from(flags.value(i)) << (i % 64))
        };
        let mut bits: Vec<u64> = (0..self.rows.div_ceil(64)).map(word).collect();
        if let Some(before) = &self.only {
            bits.iter_mut().zip(before.iter()).for_each(|(now, before)| *now &= before);
        }
        Ok(self.restricted(bits, OnceLock::new()))
    }

    /// The same groups over other rows; their counts, where they are known.
    pub(super) fn restricted(&self, only: Vec<u64>, counts: OnceLock<Arc<Vec<i64>>>) -> Groups {
        Groups { only: Some(Arc::new(only)), counts, ..self.clone() }
    }

    /// COUNT(*)
    pub fn count(&self) -> Col<i64> {
        self.counts().iter().copied().collect()
    }

    pub(super) fn counts(&self) -> &Arc<Vec<i64>> {
        self.counts.get_or_init(|| Arc::new(self.fold(0i64, |n, _| *n += 1, |n, m| *n += m)))
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    pub(super) fn group_of(&self) -> &[u32] {
        &self.group
    }

    pub(super) fn check(&self, rows: usize) -> Result<()> {
        if rows == self.rows { Ok(()) } else { Err(wrong_length("a column", rows, self.rows)) }
    }

    /// Calls `f` with each row of a range that counts, in order.
    pub(super) fn each(&self, range: std::ops::Range<usize>, mut f: impl FnMut(usize)) {
        let Some(only) = &self.only else { return range.for_each(f) };
        for w in range.start / 64..range.end.div_ceil(64) {
            let mut bits = only[w];
            while bits != 0 {
                let i = w * 64 + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                if range.contains(&i) {
                    f(i);
                }
            }
        }
    }

    /// One accumulator a group: rows are added in any order, in several sets that are then merged, so that both
    /// must be commutative.
    pub(super) fn fold<A: Clone + Send + Sync>(
        &self,
        init: A,
        add: impl Fn(&mut A, usize) + Sync,
        merge: impl Fn(&mut A, A),
    ) -> Vec<A> {
        let mut sets = parts(self.rows, |range| {
            // The last one takes the rows that are in no group.
            let mut set = vec![init.clone(); self.count + 1];
            self.each(range, |i| add(&mut set[self.group[i] as usize], i));
            set
        })
        .into_iter();
        let mut all = sets.next().unwrap_or_else(|| vec![init; self.count]);
        for set in sets {
            for (one, other) in all.iter_mut().zip(set) {
                merge(one, other);
            }
        }
        all.truncate(self.count);
        all
    }
}
