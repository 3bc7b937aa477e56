//! ORDER BY, and what follows an order: ranks, tiles, running sums.

use arrow::{array::UInt32Array, compute::take};
use rayon::prelude::*;
use std::cmp::Ordering;

use super::{
    arithmetic::too_large,
    keys::{KeyColumn, check_rows},
};
use crate::{Batch, Col, Column, Columns, Date, Decimal, Error, Result, Table, Timestamp};

/// A column to order by, and which way.
#[derive(Debug)]
pub struct By(Result<Vec<i128>>);

/// A column type to order by. NULL comes last, whichever way.
#[diagnostic::on_unimplemented(
    message = "rows are not ordered by `{Self}`",
    note = "order by integers, decimals, dates, timestamps or texts"
)]
pub trait SortColumn: Column {
    /// Integers that sort as the values do; `None` for NULL.
    #[doc(hidden)]
    fn sort_keys(column: &Col<Self>) -> Result<Vec<Option<i128>>>;
}

macro_rules! sort_numbers {
    ($([$($g:tt)*] $type:ty),*) => { $(
        impl<$($g)*> SortColumn for $type {
            fn sort_keys(column: &Col<Self>) -> Result<Vec<Option<i128>>> {
                Ok(column.array().values().iter().map(|v| Some(i128::from(*v))).collect())
            }
        }
        impl<$($g)*> SortColumn for Option<$type> {
            fn sort_keys(column: &Col<Self>) -> Result<Vec<Option<i128>>> {
                Ok(column.array().iter().map(|v| v.map(i128::from)).collect())
            }
        }
    )* };
}

sort_numbers!([] i32, [] i64, [] Date, [] Timestamp, [const P: u8, const S: u8] Decimal<P, S>);

macro_rules! sort_texts {
    ($($type:ty),*) => { $(
        impl SortColumn for $type {
            fn sort_keys(column: &Col<Self>) -> Result<Vec<Option<i128>>> {
                let codes = <$type>::encode(column)?;
                Ok(codes.code.iter().map(|code| (Some(*code) != codes.null).then_some(i128::from(*code))).collect())
            }
        }
    )* };
}

sort_texts!(String, Option<String>);

/// The least value first, NULL last.
pub fn asc<T: SortColumn>(column: &Col<T>) -> By {
    // Decimals have at most 38 digits: the greatest i128 is none of them.
    By(T::sort_keys(column).map(|keys| keys.into_iter().map(|k| k.unwrap_or(i128::MAX)).collect()))
}

/// The greatest value first, NULL last.
pub fn desc<T: SortColumn>(column: &Col<T>) -> By {
    By(T::sort_keys(column).map(|keys| keys.into_iter().map(|k| k.map_or(i128::MAX, |k| -k)).collect()))
}

/// Rows in an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order(Vec<u32>);

/// ORDER BY: `order_by([desc(&revenue), asc(&product_key)])?`. Rows that are equal in all of it stay in their order.
///
/// # Errors
/// `Internal` when the columns differ in length; `Data` beyond 4 billion rows.
pub fn order_by<const N: usize>(by: [By; N]) -> Result<Order> {
    let keys = by.into_iter().map(|by| by.0).collect::<Result<Vec<_>>>()?;
    let rows = keys.first().map_or(0, Vec::len);
    check_rows(rows)?;
    if keys.iter().any(|k| k.len() != rows) {
        return Err(Error::internal("columns to order by differ in length"));
    }
    if (1..rows).all(|i| compare(&keys, i - 1, i).is_le()) {
        return Ok(Order((0..rows as u32).collect()));
    }
    Ok(packed(&keys, rows).unwrap_or_else(|| {
        let mut order: Vec<u32> = (0..rows as u32).collect();
        order.par_sort_by(|a, b| compare(&keys, *a as usize, *b as usize));
        Order(order)
    }))
}

fn compare(keys: &[Vec<i128>], a: usize, b: usize) -> Ordering {
    keys.iter().map(|k| k[a].cmp(&k[b])).find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
}

/// Sorts by one number a row, if all keys and the row's own number fit into 128 bits of it.
fn packed(keys: &[Vec<i128>], rows: usize) -> Option<Order> {
    let row_bits = usize::BITS - rows.leading_zeros();
    let mut ranges = Vec::with_capacity(keys.len());
    let mut bits = row_bits;
    for key in keys {
        let (low, high) = key.iter().fold((i128::MAX, i128::MIN), |(low, high), k| (low.min(*k), high.max(*k)));
        let width = u128::BITS - high.checked_sub(low)?.unsigned_abs().leading_zeros();
        ranges.push((low, width));
        bits += width;
    }
    if bits > u128::BITS {
        return None;
    }
    // A shift by all 128 bits happens only onto an empty number.
    let push = |number: u128, width: u32, digits: u128| number.checked_shl(width).unwrap_or(0) | digits;
    let pack = |i: usize| {
        let keys = keys.iter().zip(&ranges);
        push(
            keys.fold(0, |number, (key, (low, width))| push(number, *width, (key[i] - low) as u128)),
            row_bits,
            i as u128,
        )
    };
    let mut packed: Vec<u128> = (0..rows).map(pack).collect();
    packed.par_sort_unstable();
    let row = (1u128 << row_bits) - 1;
    Some(Order(packed.into_iter().map(|number| (number & row) as u32).collect()))
}

impl Order {
    /// These rows, in this order.
    pub fn from_rows(rows: Vec<u32>) -> Self {
        Self(rows)
    }

    /// The rows.
    pub fn rows(&self) -> &[u32] {
        &self.0
    }

    /// A column in this order.
    ///
    /// # Errors
    /// `Internal` when the column has not all of the rows.
    pub fn take<T: Column>(&self, column: &Col<T>) -> Result<Col<T>> {
        self.check(column.len())?;
        if self.is_identity(column.len()) {
            return Ok(column.clone());
        }
        Col::try_new(take(column.array(), &UInt32Array::from(self.0.clone()), None)?)
    }

    /// A batch in this order.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub fn take_batch<T: Table>(&self, batch: &Batch<T>) -> Result<Batch<T>> {
        self.check(batch.num_rows())?;
        if self.is_identity(batch.num_rows()) {
            return Ok(batch.clone());
        }
        let rows = UInt32Array::from(self.0.clone());
        let arrays =
            batch.record_batch().columns().iter().map(|c| Ok(take(c, &rows, None)?)).collect::<Result<Vec<_>>>()?;
        T::Columns::try_from_arrays(&arrays)?.batch()
    }

    fn check(&self, rows: usize) -> Result<()> {
        match self.0.iter().any(|row| *row as usize >= rows) {
            true => Err(Error::internal("a column has fewer rows than are asked of it")),
            false => Ok(()),
        }
    }

    fn is_identity(&self, rows: usize) -> bool {
        self.0.len() == rows && self.0.iter().enumerate().all(|(i, row)| i == *row as usize)
    }

    /// A number a row, by its place; from 1.
    fn scatter(&self, f: impl Fn(usize) -> i64) -> Result<Col<i64>> {
        let mut values = vec![0; self.0.len()];
        for (place, row) in self.0.iter().enumerate() {
            match values.get_mut(*row as usize) {
                Some(value) if *value == 0 => *value = f(place),
                _ => return Err(Error::internal("places are asked of an order that has not each row once")),
            }
        }
        Ok(values.into_iter().collect())
    }

    /// ROW_NUMBER(): of each row its place in the order, from 1.
    ///
    /// # Errors
    /// `Internal` when it is not an order of all rows.
    pub fn rank(&self) -> Result<Col<i64>> {
        self.scatter(|place| place as i64 + 1)
    }

    /// NTILE(`tiles`): of each row its tile, from 1; the first (rows mod tiles) tiles have one row more. 0 tiles
    /// count as 1.
    ///
    /// # Errors
    /// `Internal` when it is not an order of all rows.
    pub fn ntile(&self, tiles: usize) -> Result<Col<i64>> {
        let tiles = tiles.max(1);
        let (each, more) = (self.0.len() / tiles, self.0.len() % tiles);
        let larger = more * (each + 1);
        self.scatter(|place| match place < larger {
            true => (place / (each + 1)) as i64 + 1,
            false => (more + (place - larger) / each.max(1)) as i64 + 1,
        })
    }

    /// SUM() OVER (ORDER BY …): of each row the sum up to and with it.
    ///
    /// # Errors
    /// `Data` when a sum has more than 38 digits; `Internal` when the column has not as many rows.
    pub fn running_sum<const P: u8, const S: u8>(&self, column: &Col<Decimal<P, S>>) -> Result<Col<Decimal<38, S>>> {
        if column.len() != self.0.len() {
            return Err(Error::internal("a running sum of a column that is not of the ordered table"));
        }
        self.check(column.len())?;
        let (mut sums, mut sum) = (vec![Decimal::default(); self.0.len()], 0i128);
        for row in &self.0 {
            sum = sum.checked_add(column.array().value(*row as usize)).ok_or_else(|| too_large(38))?;
            sums[*row as usize] = Decimal::new(sum).ok_or_else(|| too_large(38))?;
        }
        Ok(sums.into_iter().collect())
    }
}
