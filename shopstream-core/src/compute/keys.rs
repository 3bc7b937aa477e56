//! Keys as dense codes: what groups and distinct counts are made of.

use arrow::{
    array::{Array, StringViewArray, UInt32Array},
    buffer::NullBuffer,
    compute::take,
};
use hashbrown::HashMap;
use std::hash::{BuildHasher, Hash};

use super::parallel::{fill, parts};
use crate::{Col, Column, Date, Error, Json, Result, Timestamp};

pub(super) type Map<K, V> = HashMap<K, V, foldhash::fast::FixedState>;

/// A column as codes from 0 that sort as its values do, NULL last.
#[derive(Debug)]
pub struct Codes<D> {
    /// The code of each row.
    pub(super) code: Vec<u32>,
    /// How many codes there are, used or not.
    pub(super) cardinality: usize,
    /// The code of NULL, if the column holds one.
    pub(super) null: Option<u32>,
    /// What the codes stand for.
    pub(super) dictionary: D,
}

/// What can be grouped by or counted distinct: a column of keys, or one that was looked up.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a key",
    note = "keys are columns of integers, flags, dates, timestamps and texts, nullable or not; group money by an integer made of it"
)]
pub trait Key {
    /// The column type of the key.
    type Column: KeyColumn;
    /// The key of each row as a code.
    #[doc(hidden)]
    fn codes(&self) -> Result<Codes<<Self::Column as KeyColumn>::Dictionary>>;
}

/// A column type that can be a key.
pub trait KeyColumn: Column {
    /// What codes stand for.
    #[doc(hidden)]
    type Dictionary: Sync;
    /// The column as codes.
    #[doc(hidden)]
    fn encode(column: &Col<Self>) -> Result<Codes<Self::Dictionary>>;
    /// The values of codes.
    #[doc(hidden)]
    fn decode(codes: &Codes<Self::Dictionary>, of: &[u32]) -> Result<Col<Self>>;
}

impl<T: KeyColumn> Key for &Col<T> {
    type Column = T;

    fn codes(&self) -> Result<Codes<T::Dictionary>> {
        T::encode(self)
    }
}

/// Row numbers and codes are 32 bits wide.
pub(super) fn check_rows(rows: usize) -> Result<()> {
    match u32::try_from(rows) {
        Ok(n) if n < u32::MAX - 1 => Ok(()),
        _ => Err(Error::data("a table has more than 4 billion rows: split it")),
    }
}

/// What the codes of integers stand for.
#[derive(Debug)]
pub enum Integers {
    /// Code + this.
    Dense(i64),
    /// The code's place in here.
    Sparse(Vec<i64>),
}

impl Integers {
    fn value(&self, code: u32) -> i64 {
        match self {
            Integers::Dense(low) => low.wrapping_add(i64::from(code)),
            Integers::Sparse(values) => values[code as usize],
        }
    }
}

fn encode_integers(n: usize, get: impl Fn(usize) -> i64 + Sync, nulls: Option<&NullBuffer>) -> Result<Codes<Integers>> {
    check_rows(n)?;
    let nulls = nulls.filter(|b| b.null_count() > 0);
    let valid = |i: usize| nulls.is_none_or(|b| b.is_valid(i));
    let extremes = parts(n, |range| {
        range.filter(|i| valid(*i)).map(&get).fold((i64::MAX, i64::MIN), |(low, high), x| (low.min(x), high.max(x)))
    });
    let (low, high) = extremes.into_iter().fold((i64::MAX, i64::MIN), |(a, b), (c, d)| (a.min(c), b.max(d)));
    let span = (i128::from(high) - i128::from(low) + 1).max(0);
    // Dense as long as the codes are not many more than the rows.
    if let Ok(span) = usize::try_from(span)
        && span <= 2 * n + 65_536
    {
        let null = span as u32;
        let code = match nulls {
            None => fill(n, |i| get(i).wrapping_sub(low) as u32),
            Some(b) => fill(n, |i| if b.is_valid(i) { get(i).wrapping_sub(low) as u32 } else { null }),
        };
        let null = nulls.map(|_| null);
        return Ok(Codes {
            code,
            cardinality: span + usize::from(null.is_some()),
            null,
            dictionary: Integers::Dense(low),
        });
    }
    let (code, values) = intern(n, |i| valid(i).then(|| get(i)));
    let null = nulls.map(|_| values.len() as u32);
    Ok(Codes {
        code,
        cardinality: values.len() + usize::from(null.is_some()),
        null,
        dictionary: Integers::Sparse(values),
    })
}

/// The codes of values, in the order of the values; `None` has the code behind the last. And the values.
pub(super) fn intern<K: Hash + Ord + Copy + Send + Sync>(
    n: usize,
    get: impl Fn(usize) -> Option<K> + Sync,
) -> (Vec<u32>, Vec<K>) {
    let hasher = foldhash::fast::FixedState::default();
    let interned = parts(n, |range| {
        let (mut map, mut keys, mut codes): (Map<K, u32>, Vec<K>, _) =
            (Map::default(), vec![], Vec::with_capacity(range.len()));
        // Neighbours are often the same: a small cache spares the map.
        let mut cache: Vec<Option<(K, u32)>> = vec![None; 256];
        for i in range {
            let Some(key) = get(i) else {
                codes.push(u32::MAX);
                continue;
            };
            let slot = &mut cache[(hasher.hash_one(key) >> 56) as usize];
            codes.push(match slot {
                Some((cached, code)) if *cached == key => *code,
                _ => {
                    let code = *map.entry(key).or_insert_with(|| {
                        keys.push(key);
                        keys.len() as u32 - 1
                    });
                    *slot = Some((key, code));
                    code
                }
            });
        }
        (codes, keys)
    });
    let mut all: Vec<K> = interned.iter().flat_map(|(_, keys)| keys.iter().copied()).collect();
    all.sort_unstable();
    all.dedup();
    let null = all.len() as u32;
    let mut code = Vec::with_capacity(n);
    for (codes, keys) in interned {
        let place: Vec<u32> = keys.iter().map(|key| all.partition_point(|k| k < key) as u32).collect();
        code.extend(codes.into_iter().map(|c| place.get(c as usize).copied().unwrap_or(null)));
    }
    (code, all)
}

macro_rules! integer_keys {
    ($($type:ty: |$v:ident| $value:expr;)*) => { $(
        impl KeyColumn for $type {
            type Dictionary = Integers;
            fn encode(column: &Col<Self>) -> Result<Codes<Integers>> {
                let values = column.array().values();
                encode_integers(values.len(), |i| i64::from(values[i]), None)
            }
            fn decode(codes: &Codes<Integers>, of: &[u32]) -> Result<Col<Self>> {
                Ok(of.iter().map(|c| { let $v = codes.dictionary.value(*c); $value }).collect())
            }
        }
        impl KeyColumn for Option<$type> {
            type Dictionary = Integers;
            fn encode(column: &Col<Self>) -> Result<Codes<Integers>> {
                let values = column.array().values();
                encode_integers(values.len(), |i| i64::from(values[i]), column.array().nulls())
            }
            fn decode(codes: &Codes<Integers>, of: &[u32]) -> Result<Col<Self>> {
                let value = |c: &u32| (Some(*c) != codes.null).then(|| { let $v = codes.dictionary.value(*c); $value });
                Ok(of.iter().map(value).collect())
            }
        }
    )* };
}

// The values are within their type: they came from it.
integer_keys! {
    i32: |v| v as i32;
    i64: |v| v;
    Date: |v| Date::from_days(v as i32);
    Timestamp: |v| Timestamp::from_micros(v);
}

macro_rules! flag_keys {
    ($($type:ty: |$c:ident, $codes:ident| $value:expr;)*) => { $(
        impl KeyColumn for $type {
            type Dictionary = ();
            fn encode(column: &Col<Self>) -> Result<Codes<()>> {
                let flags = column.array();
                check_rows(flags.len())?;
                let null = (flags.null_count() > 0).then_some(2);
                let code = fill(flags.len(), |i| if flags.is_valid(i) { u32::from(flags.value(i)) } else { 2 });
                Ok(Codes { code, cardinality: 2 + usize::from(null.is_some()), null, dictionary: () })
            }
            fn decode($codes: &Codes<()>, of: &[u32]) -> Result<Col<Self>> {
                Ok(of.iter().map(|c| { let $c = *c; $value }).collect())
            }
        }
    )* };
}

flag_keys! {
    bool: |c, _codes| c == 1;
    Option<bool>: |c, codes| (Some(c) != codes.null).then_some(c == 1);
}

/// Texts of up to 12 bytes stand in their view itself; as a number of this form they sort as their bytes do.
fn inline_key(view: u128) -> u128 {
    // The view: 4 bytes length, 12 bytes text padded with 0, little-endian.
    (view >> 32).swap_bytes() | u128::from(view as u32)
}

fn is_inline(view: u128) -> bool {
    view as u32 <= 12
}

fn encode_texts(texts: &StringViewArray) -> Result<Codes<StringViewArray>> {
    check_rows(texts.len())?;
    let nulls = texts.nulls().filter(|b| b.null_count() > 0);
    let valid = |i: usize| nulls.is_none_or(|b| b.is_valid(i));
    let views = texts.views();
    let (code, mut values): (_, Vec<Option<String>>) = if views.iter().all(|v| is_inline(*v)) {
        let (code, keys) = intern(texts.len(), |i| valid(i).then(|| inline_key(views[i])));
        let text = |key: &u128| String::from_utf8_lossy(&key.to_be_bytes()[..*key as u32 as usize]).into_owned();
        (code, keys.iter().map(|key| Some(text(key))).collect())
    } else {
        let (code, keys) = intern(texts.len(), |i| valid(i).then(|| texts.value(i)));
        (code, keys.into_iter().map(|key| Some(key.to_owned())).collect())
    };
    let null = nulls.map(|_| values.len() as u32);
    values.extend(null.map(|_| None));
    Ok(Codes { code, cardinality: values.len(), null, dictionary: values.into_iter().collect() })
}

macro_rules! text_keys {
    ($($type:ty),*) => { $(
        impl KeyColumn for $type {
            type Dictionary = StringViewArray;
            fn encode(column: &Col<Self>) -> Result<Codes<StringViewArray>> {
                encode_texts(column.array())
            }
            fn decode(codes: &Codes<StringViewArray>, of: &[u32]) -> Result<Col<Self>> {
                Col::try_new(take(&codes.dictionary, &UInt32Array::from(of.to_vec()), None)?)
            }
        }
    )* };
}

text_keys!(String, Option<String>, Json, Option<Json>);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn inline_keys_sort_as_texts_do(a in "[\\x00-\\x02a-c\u{e9}]{0,6}", b in "[\\x00-\\x02a-c\u{e9}]{0,6}") {
            let array = StringViewArray::from_iter_values([&a, &b]);
            prop_assume!(array.views().iter().all(|v| is_inline(*v)));
            let [x, y] = [inline_key(array.views()[0]), inline_key(array.views()[1])];
            prop_assert_eq!(x.cmp(&y), a.as_bytes().cmp(b.as_bytes()));
        }
    }
}
