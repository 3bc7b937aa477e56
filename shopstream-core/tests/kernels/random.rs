//! Random rows, and values that any column's can be compared as.

use shopstream_core::{Batch, Col, Column, Date, Decimal, Table, Timestamp};

/// SplitMix64: the same numbers for the same seed.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    pub(crate) fn within(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low) as u64) as i64
    }

    /// Mostly a value, sometimes NULL.
    pub(crate) fn maybe<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.below(5) > 0).then(|| value(self))
    }

    /// One of about `n` integers that lie far apart, the least and the greatest among them.
    pub(crate) fn far(&mut self, n: u64) -> i64 {
        match self.below(n + 3) {
            0 => i64::MIN,
            1 => i64::MAX,
            2 => -1,
            k => Random(k).next() as i64,
        }
    }

    fn text(&mut self, n: u64) -> String {
        match self.below(n) {
            0 => String::new(),
            1 => "\0".into(),
            2 => "twelve bytes".into(),
            3 => "é".into(),
            k => format!("{k}"),
        }
    }
}

/// Rows with a column of every kind.
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "core", grain(dense))]
pub(crate) struct Facts {
    /// Integers close together.
    pub dense: i64,
    /// Integers far apart.
    pub far: i64,
    /// Integers close together, or none.
    pub maybe: Option<i64>,
    /// Integers far apart, or none.
    pub maybe_far: Option<i64>,
    /// Small integers.
    pub small: i32,
    /// Integers of all 32 bits, or none.
    pub maybe_small: Option<i32>,
    /// Flags.
    pub flag: bool,
    /// Flags, or none.
    pub maybe_flag: Option<bool>,
    /// Days.
    pub day: Date,
    /// Days, or none.
    pub maybe_day: Option<Date>,
    /// Instants, or none.
    pub at: Option<Timestamp>,
    /// Texts of at most 12 bytes, or none.
    pub short: Option<String>,
    /// Texts of any length.
    pub long: String,
    /// Never a value.
    pub never: Option<i64>,
    /// Money.
    pub money: Decimal<10, 2>,
    /// Money, or none.
    pub maybe_money: Option<Decimal<10, 2>>,
    /// More than 64 bits hold.
    pub wide: Decimal<38, 4>,
    /// More than 64 bits hold, or none.
    pub maybe_wide: Option<Decimal<38, 4>>,
}

/// So many rows, with about a third as many keys.
pub(crate) fn facts(seed: u64, rows: usize) -> Batch<Facts> {
    let (mut r, keys) = (Random(seed), rows as u64 / 3 + 1);
    let money = |r: &mut Random| Decimal::new(r.within(-50_000, 50_000).into()).unwrap();
    let wide = |r: &mut Random| Decimal::new(i128::from(r.next() as i64) * i128::from(r.below(1 << 40))).unwrap();
    let row = |_| Facts {
        dense: r.below(keys) as i64 - 7,
        far: r.far(keys),
        maybe: r.maybe(|r| r.within(-9, 9)),
        maybe_far: r.maybe(|r| r.far(keys)),
        small: r.within(-5, 5) as i32,
        maybe_small: r.maybe(|r| r.far(9) as i32),
        flag: r.below(2) == 0,
        maybe_flag: r.maybe(|r| r.below(2) == 0),
        day: Date::from_days(r.within(-20, 20) as i32),
        maybe_day: r.maybe(|r| Date::from_days(r.far(9) as i32)),
        at: r.maybe(|r| Timestamp::from_micros(r.far(30))),
        short: r.maybe(|r| r.text(8)),
        long: match r.below(3) {
            0 => format!("longer than the twelve bytes of a view: {}", r.below(5)),
            _ => r.text(8),
        },
        never: None,
        money: money(&mut r),
        maybe_money: r.maybe(money),
        wide: wide(&mut r),
        maybe_wide: r.maybe(wide),
    };
    Batch::from_rows(&(0..rows).map(row).collect::<Vec<_>>())
}

/// A value of any type. NULL is the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cell<'a> {
    Int(i128),
    Text(&'a str),
    Null,
}

impl Cell<'_> {
    pub(crate) fn int(self) -> Option<i128> {
        match self {
            Cell::Int(value) => Some(value),
            _ => None,
        }
    }
}

/// What has a [`Cell`].
pub(crate) trait IntoCell<'a> {
    fn cell(self) -> Cell<'a>;
}

macro_rules! into_cell {
    ($([$($g:tt)*] $type:ty: |$v:ident| $cell:expr;)*) => { $(
        impl<'a, $($g)*> IntoCell<'a> for $type {
            fn cell(self) -> Cell<'a> { let $v = self; $cell }
        }
    )* };
}

into_cell! {
    [] bool: |v| Cell::Int(v.into());
    [] i32: |v| Cell::Int(v.into());
    [] i64: |v| Cell::Int(v.into());
    [] Date: |v| Cell::Int(v.days().into());
    [] Timestamp: |v| Cell::Int(v.micros().into());
    [const P: u8, const S: u8] Decimal<P, S>: |v| Cell::Int(v.units());
    [] &'a str: |v| Cell::Text(v);
    [T: IntoCell<'a>] Option<T>: |v| v.map_or(Cell::Null, T::cell);
}

pub(crate) fn cells<'a, T: Column<Ref<'a>: IntoCell<'a>>>(column: &'a Col<T>) -> Vec<Cell<'a>> {
    column.values().map(IntoCell::cell).collect()
}

/// Runs it in pools of 1, 2, 3 and 8 threads.
pub(crate) fn threads<R: Send>(f: impl Fn() -> R + Send + Sync) -> Vec<R> {
    let pool = |n| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap().install(&f);
    [1, 2, 3, 8].map(pool).into()
}

/// Enough rows for every parallel path.
pub(crate) const MANY: usize = 150_000;
