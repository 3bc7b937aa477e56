//! LEFT JOIN on a unique key.

use arrow::{
    array::{Array, StringViewArray, UInt32Array},
    compute::take,
};

use super::{
    keys::{Codes, Key, KeyColumn, Map, check_rows},
    parallel::fill,
};
use crate::{Col, Column, Error, Result};

const MISS: u32 = u32::MAX;

/// The rows of a table by their unique key, to be found from another table.
///
/// ```
/// # use shopstream_core::{Col, compute::Lookup};
/// let key: Col<i64> = [10, 20].into_iter().collect();
/// let name: Col<String> = ["ten", "twenty"].into_iter().collect();
///
/// let found = Lookup::new(&key)?.find(&[20i64, 30].into_iter().collect::<Col<i64>>())?;
/// assert_eq!(found.get(&name).to_col()?, [Some("twenty"), None].into_iter().collect());
/// assert_eq!(found.get_or(&name, "many").to_col()?, ["twenty", "many"].into_iter().collect());
/// # Ok::<(), shopstream_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Lookup<T: LookupKey> {
    index: T::Index,
    rows: usize,
}

/// A column type by which rows are looked up: `i64` and `String`, nullable or not. NULL is never found.
#[diagnostic::on_unimplemented(message = "rows are not looked up by `{Self}`", note = "look up by i64 or String")]
pub trait LookupKey: Column {
    /// The rows by key.
    #[doc(hidden)]
    type Index: std::fmt::Debug;
    #[doc(hidden)]
    fn index(keys: &Col<Self>) -> Result<Self::Index>;
    /// For each key its row, or [`MISS`].
    #[doc(hidden)]
    fn find(index: &Self::Index, keys: &Self::Array) -> Vec<u32>;
}

/// Rows by integers: by an array where the keys are dense, else by hash.
#[doc(hidden)]
#[derive(Debug)]
pub enum IntegerIndex {
    Dense { low: i64, rows: Vec<u32> },
    Sparse(Map<i64, u32>),
}

fn twice() -> Error {
    Error::data("a key to look up by stands twice")
}

fn index_integers(keys: &[i64], valid: impl Fn(usize) -> bool) -> Result<IntegerIndex> {
    check_rows(keys.len())?;
    let rows = || (0..keys.len()).filter(|i| valid(*i));
    let (low, high) = rows().fold((i64::MAX, i64::MIN), |(low, high), i| (low.min(keys[i]), high.max(keys[i])));
    let span = (i128::from(high) - i128::from(low) + 1).max(0);
    if let Ok(span) = usize::try_from(span)
        && span <= 16 * keys.len() + 1024
    {
        let mut index = vec![MISS; span];
        for i in rows() {
            if std::mem::replace(&mut index[(keys[i] - low) as usize], i as u32) != MISS {
                return Err(twice());
            }
        }
        return Ok(IntegerIndex::Dense { low, rows: index });
    }
    let mut index = Map::default();
    for i in rows() {
        if index.insert(keys[i], i as u32).is_some() {
            return Err(twice());
        }
    }
    Ok(IntegerIndex::Sparse(index))
}

fn find_integers(index: &IntegerIndex, keys: &[i64], valid: impl Fn(usize) -> bool + Sync) -> Vec<u32> {
    match index {
        IntegerIndex::Dense { low, rows } => {
            // A key below the first wraps to one far behind the last. The span is below 2^63, so that none wraps into it.
            let row = |key: i64| rows.get(key.wrapping_sub(*low) as u64 as usize).copied().unwrap_or(MISS);
            fill(keys.len(), |i| if valid(i) { row(keys[i]) } else { MISS })
        }
        IntegerIndex::Sparse(rows) => {
            fill(keys.len(), |i| if valid(i) { rows.get(&keys[i]).copied().unwrap_or(MISS) } else { MISS })
        }
    }
}

macro_rules! integer_lookup {
    ($($type:ty),*) => { $(
        impl LookupKey for $type {
            type Index = IntegerIndex;
            fn index(keys: &Col<Self>) -> Result<IntegerIndex> {
                index_integers(keys.array().values(), |i| keys.is_valid(i))
            }
            fn find(index: &IntegerIndex, keys: &Self::Array) -> Vec<u32> {
                match keys.null_count() {
                    0 => find_integers(index, keys.values(), |_| true),
                    _ => find_integers(index, keys.values(), |i| keys.is_valid(i)),
                }
            }
        }
    )* };
}

integer_lookup!(i64, Option<i64>);

macro_rules! text_lookup {
    ($($type:ty),*) => { $(
        impl LookupKey for $type {
            type Index = Map<Box<str>, u32>;
            fn index(keys: &Col<Self>) -> Result<Self::Index> {
                index_texts(keys.array())
            }
            fn find(index: &Self::Index, keys: &StringViewArray) -> Vec<u32> {
                fill(keys.len(), |i| if keys.is_valid(i) { index.get(keys.value(i)).copied().unwrap_or(MISS) } else { MISS })
            }
        }
    )* };
}

text_lookup!(String, Option<String>);

fn index_texts(keys: &StringViewArray) -> Result<Map<Box<str>, u32>> {
    check_rows(keys.len())?;
    let mut index = Map::default();
    for i in (0..keys.len()).filter(|i| keys.is_valid(*i)) {
        if index.insert(keys.value(i).into(), i as u32).is_some() {
            return Err(twice());
        }
    }
    Ok(index)
}

impl<T: LookupKey> Lookup<T> {
    /// The rows of a table by its key. Rows whose key is NULL are never found.
    ///
    /// # Errors
    /// `Data` when a key stands twice.
    pub fn new(keys: &Col<T>) -> Result<Self> {
        Ok(Self { index: T::index(keys)?, rows: keys.len() })
    }

    /// For each key the row that has it, if one does.
    ///
    /// # Errors
    /// `Data` beyond 4 billion rows.
    pub fn find<K: Column<Array = T::Array>>(&self, keys: &Col<K>) -> Result<Matches> {
        check_rows(keys.len())?;
        Ok(Matches { rows: T::find(&self.index, keys.array()), of: self.rows })
    }
}

/// For each row of one table the row of another that was found, if one was.
#[derive(Clone, Debug)]
pub struct Matches {
    rows: Vec<u32>,
    /// Rows of the other table.
    of: usize,
}

impl Matches {
    /// For how many rows none was found.
    pub fn misses(&self) -> usize {
        self.rows.iter().filter(|row| **row == MISS).count()
    }

    /// Whether a row was found.
    pub fn found(&self) -> Col<bool> {
        self.rows.iter().map(|row| *row != MISS).collect()
    }

    /// The rows that were found, in order and with repetition.
    pub fn rows(&self) -> impl Iterator<Item = Option<usize>> {
        self.rows.iter().map(|row| (*row != MISS).then_some(*row as usize))
    }

    /// A column of the other table, NULL where no row was found.
    pub fn get<T: Column>(&self, column: &Col<T>) -> Picked<'_, T::Optional> {
        Picked { matches: self, column: column.optional(), default: None }
    }

    /// A column of the other table, `default` where no row was found; a NULL that was found stays NULL.
    pub fn get_or<'a, T: Column>(&'a self, column: &Col<T>, default: T::Ref<'a>) -> Picked<'a, T> {
        Picked { matches: self, column: column.clone(), default: Some(T::collect([default])) }
    }
}

/// A column of another table, by the rows that were found. A key to group by, or a column to keep.
pub struct Picked<'a, T: Column> {
    matches: &'a Matches,
    column: Col<T>,
    /// One row, of the value for misses; without it they are NULL.
    default: Option<T::Array>,
}

impl<T: Column> std::fmt::Debug for Picked<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Picked").field("matches", &self.matches.rows.len()).finish_non_exhaustive()
    }
}

impl<T: Column> Picked<'_, T> {
    /// The other table's column with one row behind its last: the value for misses.
    fn extended(&self) -> Result<Col<T>> {
        if self.column.len() != self.matches.of {
            return Err(Error::internal("a column is not of the table that was looked up"));
        }
        let column: &dyn Array = self.column.array();
        let extended = match &self.default {
            Some(default) => arrow::compute::concat(&[column, default])?,
            None => take(column, &UInt32Array::from_iter((0..self.matches.of as u32).map(Some).chain([None])), None)?,
        };
        Col::try_new(extended)
    }

    /// As a column of the table that looked up.
    ///
    /// # Errors
    /// `Internal` when the column is of another table than was looked up.
    pub fn to_col(&self) -> Result<Col<T>> {
        let (extended, last) = (self.extended()?, self.matches.of as u32);
        let rows = UInt32Array::from(fill(self.matches.rows.len(), |i| self.matches.rows[i].min(last)));
        Col::try_new(take(extended.array(), &rows, None)?)
    }
}

impl<T: KeyColumn> Key for Picked<'_, T> {
    type Column = T;

    fn codes(&self) -> Result<Codes<T::Dictionary>> {
        // The few values of the other table are encoded, not the many rows of this one.
        let (codes, last) = (T::encode(&self.extended()?)?, self.matches.of as u32);
        let code = fill(self.matches.rows.len(), |i| codes.code[self.matches.rows[i].min(last) as usize]);
        Ok(Codes { code, ..codes })
    }
}
