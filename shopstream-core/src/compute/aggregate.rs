//! SUM, AVG, MIN and MAX of groups.

use arrow::array::Array;

use super::{
    arithmetic::{divide, too_large},
    group::Groups,
};
use crate::{Col, Column, Date, Decimal, Error, Result, Timestamp};

/// The numbers of a column, as integers.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub enum Units<'a> {
    I32(&'a [i32]),
    I64(&'a [i64]),
    I128(&'a [i128]),
}

impl Units<'_> {
    pub(super) fn get(&self, i: usize) -> i128 {
        match self {
            Units::I32(v) => v[i].into(),
            Units::I64(v) => v[i].into(),
            Units::I128(v) => v[i],
        }
    }
}

/// A column type of exact numbers: integers and decimals, nullable or not.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an exact number",
    note = "sums and ratios are of i32, i64 and Decimal columns"
)]
pub trait Number: Column {
    /// The column type of its sums.
    type Sum: Column;
    /// Digits behind the point.
    const SCALE: u8;
    /// The numbers as integers of that scale.
    #[doc(hidden)]
    fn units(column: &Col<Self>) -> Units<'_>;
    /// Sums as a column; `None` where no value was added.
    #[doc(hidden)]
    fn sums(sums: Vec<Option<i128>>) -> Result<Col<Self::Sum>>;
}

fn to_i64(units: i128) -> Result<i64> {
    i64::try_from(units).map_err(|_| Error::data("a sum is greater than 64 bits hold"))
}

macro_rules! numbers {
    ($([$($g:tt)*] $type:ty => $sum:ty, $scale:expr, $units:ident, |$u:ident| $make:expr;)*) => { $(
        impl<$($g)*> Number for $type {
            type Sum = $sum;
            const SCALE: u8 = $scale;
            fn units(column: &Col<Self>) -> Units<'_> { Units::$units(column.array().values()) }
            fn sums(sums: Vec<Option<i128>>) -> Result<Col<$sum>> {
                sums.into_iter().map(|sum| { let $u = sum.unwrap_or(0); $make }).collect::<Result<Vec<_>>>().map(|v| v.into_iter().collect())
            }
        }
        impl<$($g)*> Number for Option<$type> {
            type Sum = Option<$sum>;
            const SCALE: u8 = $scale;
            fn units(column: &Col<Self>) -> Units<'_> { Units::$units(column.array().values()) }
            fn sums(sums: Vec<Option<i128>>) -> Result<Col<Option<$sum>>> {
                sums.into_iter().map(|sum| sum.map(|$u| $make).transpose()).collect::<Result<Vec<_>>>().map(|v| v.into_iter().collect())
            }
        }
    )* };
}

numbers! {
    [] i32 => i64, 0, I32, |u| to_i64(u);
    [] i64 => i64, 0, I64, |u| to_i64(u);
    [const P: u8, const S: u8] Decimal<P, S> => Decimal<38, S>, S, I128, |u| Decimal::<38, S>::new(u).ok_or_else(|| too_large(38));
}

/// A column type whose least and greatest values are asked for.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no least value here",
    note = "min and max are of integers, decimals, dates and timestamps"
)]
pub trait Orderable: Column {
    /// The values as integers.
    #[doc(hidden)]
    fn ordinals(column: &Col<Self>) -> Units<'_>;
    /// A column of such integers.
    #[doc(hidden)]
    fn from_ordinals(values: impl Iterator<Item = Option<i128>>) -> Col<Self::Optional>;
}

macro_rules! orderables {
    ($([$($g:tt)*] $type:ty, $units:ident, |$u:ident| $make:expr;)*) => { $(
        orderables!(@ [$($g)*] $type, $type, $units, |$u| $make);
        orderables!(@ [$($g)*] Option<$type>, $type, $units, |$u| $make);
    )* };
    (@ [$($g:tt)*] $column:ty, $type:ty, $units:ident, |$u:ident| $make:expr) => {
        impl<$($g)*> Orderable for $column {
            fn ordinals(column: &Col<Self>) -> Units<'_> { Units::$units(column.array().values()) }
            fn from_ordinals(values: impl Iterator<Item = Option<i128>>) -> Col<Option<$type>> {
                values.map(|value| value.map(|$u| $make)).collect()
            }
        }
    };
}

// The values are within their type: they came from it.
orderables! {
    [] i32, I32, |u| u as i32;
    [] i64, I64, |u| u as i64;
    [] Date, I32, |u| Date::from_days(u as i32);
    [] Timestamp, I64, |u| Timestamp::from_micros(u as i64);
    [const P: u8, const S: u8] Decimal<P, S>, I128, |u| Decimal::trusted(u);
}

/// A sum in 64 bits that knows when they were not enough.
#[derive(Clone, Copy, Default)]
struct Narrow {
    sum: i64,
    count: i64,
    overflow: bool,
}

impl Narrow {
    fn add(&mut self, value: i64, fits: bool, count: i64) {
        let (sum, overflow) = self.sum.overflowing_add(value);
        *self = Self { sum, count: self.count + count, overflow: self.overflow | overflow | !fits };
    }
}

impl Groups {
    /// Of each group the sum, and how many values it has.
    fn totals(&self, units: Units<'_>, nulls: Option<&arrow::buffer::NullBuffer>) -> Result<Vec<(i128, i64)>> {
        let merge = |one: &mut Narrow, other: Narrow| {
            one.add(other.sum, !other.overflow, other.count);
        };
        if nulls.is_none() {
            // Nearly always 64 bits are enough, and much faster; where they were not, all is done again in 128.
            let narrow = match units {
                Units::I128(v) => {
                    self.fold(Narrow::default(), |a, i| a.add(v[i] as i64, v[i] as i64 as i128 == v[i], 1), merge)
                }
                Units::I64(v) => self.fold(Narrow::default(), |a, i| a.add(v[i], true, 1), merge),
                Units::I32(v) => self.fold(Narrow::default(), |a, i| a.add(v[i].into(), true, 1), merge),
            };
            if narrow.iter().all(|n| !n.overflow) {
                return Ok(narrow.into_iter().map(|n| (n.sum.into(), n.count)).collect());
            }
        }
        // 128 bits hold any 10^18 numbers of 20 digits, but not of 38: with high and low halves nothing can be lost.
        let wide = self.fold(
            (0i128, 0u128, 0i64),
            |(high, low, n), i| {
                if nulls.is_none_or(|b| b.is_valid(i)) {
                    let value = units.get(i);
                    (*high, *low, *n) = (*high + (value >> 64), *low + (value as u64 as u128), *n + 1);
                }
            },
            |one, other| *one = (one.0 + other.0, one.1 + other.1, one.2 + other.2),
        );
        let sum = |(high, low, n): (i128, u128, i64)| {
            let high = high.checked_add(i128::try_from(low >> 64).ok()?)?;
            // The high half must be one of 64 bits for the whole to be one of 128.
            i64::try_from(high).ok().map(|high| (i128::from(high) << 64 | i128::from(low as u64), n))
        };
        wide.into_iter().map(|total| sum(total).ok_or_else(|| too_large(38))).collect()
    }

    /// SUM: exact; NULL is skipped. Of a column that may hold NULL, the sum of no value is NULL; else it is 0.
    ///
    /// # Errors
    /// `Data` when a sum is greater than its type: 64 bits of integers, 38 digits of decimals.
    pub fn sum<T: Number>(&self, column: &Col<T>) -> Result<Col<T::Sum>> {
        self.check(column.len())?;
        let totals = self.totals(T::units(column), column.nulls().filter(|b| b.null_count() > 0))?;
        T::sums(totals.into_iter().map(|(sum, n)| (n > 0).then_some(sum)).collect())
    }

    /// AVG: exact, then rounded half away from zero to the scale of the result; NULL is skipped, and the mean of no
    /// value is NULL.
    ///
    /// # Errors
    /// `Data` when a mean has more digits than the result can have.
    pub fn mean<T: Number, const P: u8, const S: u8>(&self, column: &Col<T>) -> Result<Col<Option<Decimal<P, S>>>> {
        self.check(column.len())?;
        let totals = self.totals(T::units(column), column.nulls().filter(|b| b.null_count() > 0))?;
        let mean = |(sum, n): (i128, i64)| divide(sum, T::SCALE, n.into(), 0);
        totals.into_iter().map(mean).collect::<Result<Vec<_>>>().map(|v| v.into_iter().collect())
    }

    /// MIN: NULL is skipped, and the least of no value is NULL.
    ///
    /// # Errors
    /// `Internal` when the column has not as many rows as the table.
    pub fn min<T: Orderable>(&self, column: &Col<T>) -> Result<Col<T::Optional>> {
        self.extreme(column, i128::min)
    }

    /// MAX: NULL is skipped, and the greatest of no value is NULL.
    ///
    /// # Errors
    /// `Internal` when the column has not as many rows as the table.
    pub fn max<T: Orderable>(&self, column: &Col<T>) -> Result<Col<T::Optional>> {
        self.extreme(column, i128::max)
    }

    fn extreme<T: Orderable>(&self, column: &Col<T>, best: fn(i128, i128) -> i128) -> Result<Col<T::Optional>> {
        self.check(column.len())?;
        let (values, array) = (T::ordinals(column), column.array());
        let better = |a: Option<i128>, b: i128| Some(a.map_or(b, |a| best(a, b)));
        let extremes = self.fold(
            None,
            |a, i| {
                if array.is_valid(i) {
                    *a = better(*a, values.get(i));
                }
            },
            |a, b| {
                if let Some(b) = b {
                    *a = better(*a, b);
                }
            },
        );
        Ok(T::from_ordinals(extremes.into_iter()))
    }
}
