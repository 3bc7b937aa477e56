//! Lookups by a unique key.

use proptest::prelude::*;
use shopstream_core::{
    Batch, Col, Column, Date, ErrorKind,
    compute::{Lookup, LookupKey, Matches},
};
use std::collections::BTreeMap;

use crate::random::{Cell, Facts, IntoCell, MANY, Random, cells, facts, threads};

/// For each key the row that has it.
fn rows_of(keys: &[Cell<'_>], wanted: &[Cell<'_>]) -> Vec<Option<usize>> {
    let by_key: BTreeMap<Cell<'_>, usize> = keys.iter().enumerate().map(|(i, key)| (*key, i)).collect();
    wanted.iter().map(|key| if *key == Cell::Null { None } else { by_key.get(key).copied() }).collect()
}

fn check_find<T: LookupKey, K: Column<Array = T::Array>>(
    keys: &Col<T>,
    wanted: &Col<K>,
) -> (Matches, Vec<Option<usize>>)
where
    for<'a> T::Ref<'a>: IntoCell<'a>,
    for<'a> K::Ref<'a>: IntoCell<'a>,
{
    let found = Lookup::new(keys).unwrap().find(wanted).unwrap();
    let expected = rows_of(&cells(keys), &cells(wanted));
    assert_eq!(found.rows().collect::<Vec<_>>(), expected);
    assert_eq!(found.misses(), expected.iter().filter(|row| row.is_none()).count());
    assert_eq!(found.found(), expected.iter().map(Option::is_some).collect());
    (found, expected)
}

/// Columns of the other table, NULL or a default where no row was found; the same as keys to group by.
fn check_picked(found: &Matches, rows: &[Option<usize>], of: &Batch<Facts>, f: &Batch<Facts>) {
    fn pick<'a>(column: &[Cell<'a>], rows: &[Option<usize>], miss: Cell<'a>) -> Vec<Cell<'a>> {
        rows.iter().map(|row| row.map_or(miss, |row| column[row])).collect()
    }
    macro_rules! check {
        ($column:ident, $default:expr) => {{
            let (got, or) = (found.get(&of.$column), found.get_or(&of.$column, $default));
            let (got_col, or_col) = (got.to_col().unwrap(), or.to_col().unwrap());
            assert_eq!(cells(&got_col), pick(&cells(&of.$column), rows, Cell::Null));
            assert_eq!(cells(&or_col), pick(&cells(&of.$column), rows, IntoCell::cell($default)));
            for selection in [f.all(), f.filter(&f.flag)] {
                let (groups, (a, b)) = selection.group_by((&got_col, &or_col)).unwrap();
                let (picked, (c, d)) =
                    selection.group_by((found.get(&of.$column), found.get_or(&of.$column, $default))).unwrap();
                assert_eq!((cells(&a), cells(&b)), (cells(&c), cells(&d)));
                assert_eq!(groups.count(), picked.count());
                assert_eq!(groups.max(&f.far).unwrap(), picked.max(&f.far).unwrap());
                let distinct = found.get(&of.$column);
                assert_eq!(groups.count_distinct(&got_col).unwrap(), picked.count_distinct(distinct).unwrap());
            }
        }};
    }
    check!(far, -1);
    check!(maybe, Some(3));
    check!(maybe_small, None::<i32>);
    check!(flag, true);
    check!(maybe_day, None::<Date>);
    check!(short, Some("Unknown"));
    check!(long, "a default of more than twelve bytes");
}

/// Different integers: close together or far apart, one of them NULL.
fn integers(r: &mut Random, n: usize, far: bool) -> Col<Option<i64>> {
    let mut keys: Vec<Option<i64>> = match far {
        true => [i64::MIN, i64::MAX, 0]
            .into_iter()
            .chain((0..).map(|k| Random(k).next() as i64))
            .map(Some)
            .take(n)
            .collect(),
        false => (0..n as i64).map(|k| Some(k * 2 - 5)).collect(),
    };
    for i in (1..keys.len()).rev() {
        keys.swap(i, r.below(i as u64 + 1) as usize);
    }
    if let Some(last) = keys.last_mut() {
        *last = None;
    }
    keys.into_iter().collect()
}

/// Integers of which about half are among the keys.
fn wanted(r: &mut Random, keys: &Col<Option<i64>>, n: usize) -> Col<Option<i64>> {
    let one = |_| match r.below(4) {
        0 => Some(r.far(1000)),
        1 => None,
        2 => Some(r.within(-20, 2 * keys.len() as i64 + 20)),
        _ if keys.is_empty() => Some(7),
        _ => keys.get(r.below(keys.len() as u64) as usize),
    };
    (0..n).map(one).collect()
}

fn check_lookup(seed: u64, there: usize, here: usize, far: bool) {
    let (mut r, of, f) = (Random(seed), facts(seed, there), facts(seed + 1, here));
    let keys = integers(&mut r, there, far);
    let wanted = wanted(&mut r, &keys, here);
    let (found, rows) = check_find(&keys, &wanted);
    check_picked(&found, &rows, &of, &f);

    let text =
        |key: Option<i64>| key.map(|k| if k % 3 == 0 { format!("a long text of the key {k}") } else { k.to_string() });
    let texts = |column: &Col<Option<i64>>| -> Vec<Option<String>> { column.values().map(text).collect() };
    let (there, here) = (texts(&keys), texts(&wanted));
    let column = |texts: &[Option<String>]| -> Col<Option<String>> { texts.iter().map(Option::as_deref).collect() };
    assert_eq!(check_find(&column(&there), &column(&here)).1, rows);

    // The same without NULL on either side.
    let dense: Col<i64> = keys.values().flatten().collect();
    check_find(&dense, &wanted.or(1));
    check_find(&dense, &wanted);
    check_find(&keys, &wanted.or(1));
    let strings: Col<String> = there.iter().flatten().map(String::as_str).collect();
    check_find(&strings, &column(&here).or("3"));
}

proptest! {
    #[test]
    fn lookups(seed in 0..u64::MAX, there in 0..30usize, here in 0..30usize, far in any::<bool>()) {
        check_lookup(seed, there, here, far);
    }
}

#[test]
fn many_rows_by_dense_keys() {
    check_lookup(21, 50_000, MANY, false);
}

#[test]
fn many_rows_by_sparse_keys() {
    check_lookup(22, 50_000, MANY, true);
}

#[test]
fn the_same_rows_for_every_number_of_threads() {
    let (of, f) = (facts(23, 50_000), facts(24, MANY));
    for far in [false, true] {
        let mut r = Random(25);
        let keys = integers(&mut r, 50_000, far);
        let wanted = wanted(&mut r, &keys, MANY);
        let all = threads(|| {
            let found = Lookup::new(&keys).unwrap().find(&wanted).unwrap();
            let (groups, keys) = f.all().group_by((found.get(&of.maybe_far), found.get_or(&of.long, ""))).unwrap();
            (found.rows().collect::<Vec<_>>(), found.get(&of.short).to_col().unwrap(), keys, groups.count())
        });
        assert!(all.iter().all(|other| *other == all[0]));
    }
}

#[test]
fn a_key_that_stands_twice_is_an_error() {
    for keys in [[1i64, 5, 1], [i64::MIN, i64::MAX, i64::MIN]] {
        let keys: Col<i64> = keys.into_iter().collect();
        assert_eq!(Lookup::new(&keys).unwrap_err().kind(), ErrorKind::Data);
    }
    let texts: Col<String> = ["a", "b", "a"].into_iter().collect();
    let error = Lookup::new(&texts).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Data);
    let nulls: Col<Option<i64>> = [None, Some(1), None].into_iter().collect();
    assert_eq!(Lookup::new(&nulls).unwrap().find(&nulls).unwrap().misses(), 2);
}

#[test]
fn a_column_of_another_table_is_refused() {
    let keys: Col<i64> = [1i64, 2].into_iter().collect();
    let found = Lookup::new(&keys).unwrap().find(&keys).unwrap();
    let other: Col<i64> = [1i64, 2, 3].into_iter().collect();
    assert_eq!(found.get(&other).to_col().unwrap_err().kind(), ErrorKind::Internal);
    assert_eq!(found.get_or(&other, 0).to_col().unwrap_err().kind(), ErrorKind::Internal);
}
