//! Groups and their aggregates.

use arrow::array::{Array, ArrayData};
use proptest::prelude::*;
use shopstream_core::{
    Batch, Col, Column, Decimal, ErrorKind, Result,
    compute::{Groups, Key, Number, Orderable, Selection},
};
use std::collections::{BTreeMap, BTreeSet};

use crate::{
    arithmetic::quotient,
    random::{Cell, Facts, IntoCell, MANY, cells, facts, threads},
};

/// The rows of each group, by their keys.
fn grouped<'a>(keys: &[Vec<Cell<'a>>], rows: impl Iterator<Item = usize>) -> BTreeMap<Vec<Cell<'a>>, Vec<usize>> {
    let mut groups = BTreeMap::<_, Vec<usize>>::new();
    for i in rows {
        groups.entry(keys.iter().map(|k| k[i]).collect()).or_default().push(i);
    }
    groups
}

/// Groups by these columns, compares the keys, and answers the groups and the rows that each must have.
macro_rules! group_by {
    ($facts:expr, $selection:expr, $rows:expr, $($key:ident),+) => {{
        let (groups, columns) = $selection.group_by(($(&$facts.$key,)+)).unwrap();
        let expected = grouped(&[$(cells(&$facts.$key)),+], $rows);
        let ($($key,)+) = &columns;
        let found = [$(cells($key)),+];
        assert_eq!(groups.len(), expected.len());
        for (g, keys) in expected.keys().enumerate() {
            assert!(found.iter().map(|k| k[g]).eq(keys.iter().copied()), "group {g}: {keys:?}");
        }
        let rows: Vec<Vec<usize>> = expected.into_values().collect();
        (groups, rows)
    }};
}

fn numbers<'a>(values: &'a [Cell<'_>], rows: &'a [usize]) -> impl Iterator<Item = i128> {
    rows.iter().filter_map(|i| values[*i].int())
}

fn check_sum<T: Number>(groups: &Groups, rows: &[Vec<usize>], column: &Col<T>)
where
    for<'a> T::Ref<'a>: IntoCell<'a>,
    for<'a> <T::Sum as Column>::Ref<'a>: IntoCell<'a>,
{
    let values = cells(column);
    let limit = if T::SCALE == 0 { i64::MAX.into() } else { 10i128.pow(38) - 1 };
    let least = if T::SCALE == 0 { i64::MIN.into() } else { -limit };
    let sums: Vec<i128> = rows.iter().map(|rows| numbers(&values, rows).sum()).collect();
    let found = groups.sum(column);
    if sums.iter().any(|s| *s > limit || *s < least) {
        assert_eq!(found.unwrap_err().kind(), ErrorKind::Data);
        return;
    }
    let none = |rows: &Vec<usize>| T::NULLABLE && numbers(&values, rows).next().is_none();
    let expected = sums.iter().zip(rows).map(|(sum, rows)| if none(rows) { Cell::Null } else { Cell::Int(*sum) });
    assert_eq!(cells(&found.unwrap()), expected.collect::<Vec<_>>());
}

fn check_mean<T: Number, const P: u8, const S: u8>(groups: &Groups, rows: &[Vec<usize>], column: &Col<T>)
where
    for<'a> T::Ref<'a>: IntoCell<'a>,
{
    let values = cells(column);
    let mean = |rows: &Vec<usize>| {
        let n = numbers(&values, rows).count() as i128;
        quotient::<P>(numbers(&values, rows).sum(), n, i32::from(S) - i32::from(T::SCALE))
    };
    let expected: Option<Vec<_>> = rows.iter().map(mean).collect();
    let found: Result<Col<Option<Decimal<P, S>>>> = groups.mean(column);
    match expected {
        None => assert_eq!(found.unwrap_err().kind(), ErrorKind::Data),
        Some(expected) => assert_eq!(cells(&found.unwrap()), expected),
    }
}

fn check_extremes<T: Orderable>(groups: &Groups, rows: &[Vec<usize>], column: &Col<T>)
where
    for<'a> T::Ref<'a>: IntoCell<'a>,
    for<'a> <T::Optional as Column>::Ref<'a>: IntoCell<'a>,
{
    let values = cells(column);
    let least = |rows: &Vec<usize>| numbers(&values, rows).min().map_or(Cell::Null, Cell::Int);
    let greatest = |rows: &Vec<usize>| numbers(&values, rows).max().map_or(Cell::Null, Cell::Int);
    assert_eq!(cells(&groups.min(column).unwrap()), rows.iter().map(least).collect::<Vec<_>>());
    assert_eq!(cells(&groups.max(column).unwrap()), rows.iter().map(greatest).collect::<Vec<_>>());
}

/// Of each group, the first row of each key.
fn firsts(rows: &[Vec<usize>], keys: &[Cell<'_>]) -> Vec<Vec<usize>> {
    let first = |rows: &Vec<usize>| {
        let mut seen = BTreeSet::new();
        rows.iter().copied().filter(|i| keys[*i] != Cell::Null && seen.insert(keys[*i])).collect()
    };
    rows.iter().map(first).collect()
}

fn check_distinct<'a, T: Column<Ref<'a>: IntoCell<'a>>>(groups: &Groups, rows: &[Vec<usize>], column: &'a Col<T>)
where
    &'a Col<T>: Key,
{
    let firsts = firsts(rows, &cells(column));
    let counts: Vec<i64> = firsts.iter().map(|rows| rows.len() as i64).collect();
    assert_eq!(groups.count_distinct(column).unwrap(), counts.iter().copied().collect());
    assert_eq!(groups.distinct(column).unwrap().count(), counts.into_iter().collect());
}

fn check_aggregates(groups: &Groups, rows: &[Vec<usize>], f: &Batch<Facts>) {
    assert_eq!(groups.count(), rows.iter().map(|rows| rows.len() as i64).collect());
    check_sum(groups, rows, &f.small);
    check_sum(groups, rows, &f.maybe_small);
    check_sum(groups, rows, &f.dense);
    check_sum(groups, rows, &f.far);
    check_sum(groups, rows, &f.maybe_far);
    check_sum(groups, rows, &f.never);
    check_sum(groups, rows, &f.money);
    check_sum(groups, rows, &f.maybe_money);
    check_sum(groups, rows, &f.wide);
    check_sum(groups, rows, &f.maybe_wide);
    check_mean::<_, 38, 2>(groups, rows, &f.money);
    check_mean::<_, 38, 2>(groups, rows, &f.maybe_money);
    check_mean::<_, 38, 0>(groups, rows, &f.wide);
    check_mean::<_, 38, 6>(groups, rows, &f.maybe_wide);
    check_mean::<_, 18, 6>(groups, rows, &f.maybe);
    check_mean::<_, 5, 0>(groups, rows, &f.money);
    check_mean::<_, 3, 2>(groups, rows, &f.small);
    check_mean::<_, 38, 2>(groups, rows, &f.far);
    check_extremes(groups, rows, &f.far);
    check_extremes(groups, rows, &f.maybe_small);
    check_extremes(groups, rows, &f.maybe_day);
    check_extremes(groups, rows, &f.at);
    check_extremes(groups, rows, &f.maybe_wide);
    check_extremes(groups, rows, &f.never);
}

fn check_all_distinct(groups: &Groups, rows: &[Vec<usize>], f: &Batch<Facts>) {
    check_distinct(groups, rows, &f.dense);
    check_distinct(groups, rows, &f.far);
    check_distinct(groups, rows, &f.maybe_far);
    check_distinct(groups, rows, &f.maybe_small);
    check_distinct(groups, rows, &f.maybe_flag);
    check_distinct(groups, rows, &f.day);
    check_distinct(groups, rows, &f.at);
    check_distinct(groups, rows, &f.short);
    check_distinct(groups, rows, &f.long);
    check_distinct(groups, rows, &f.never);
}

/// The groups themselves, over some of their rows, and over distinct ones, one after the other and both.
fn check_groups(groups: &Groups, rows: &[Vec<usize>], f: &Batch<Facts>) {
    check_aggregates(groups, rows, f);
    check_all_distinct(groups, rows, f);

    let flagged = |rows: &[Vec<usize>]| -> Vec<Vec<usize>> {
        rows.iter().map(|rows| rows.iter().copied().filter(|i| f.flag.get(*i)).collect()).collect()
    };
    let (only, only_rows) = (groups.only(&f.flag).unwrap(), flagged(rows));
    check_aggregates(&only, &only_rows, f);
    check_all_distinct(&only, &only_rows, f);

    let (distinct, distinct_rows) = (groups.distinct(&f.maybe_far).unwrap(), firsts(rows, &cells(&f.maybe_far)));
    check_aggregates(&distinct, &distinct_rows, f);
    check_aggregates(&distinct.only(&f.flag).unwrap(), &flagged(&distinct_rows), f);
    let again = firsts(&only_rows, &cells(&f.short));
    check_aggregates(&only.distinct(&f.short).unwrap(), &again, f);
}

/// All rows, or those with a flag.
fn selections(f: &Batch<Facts>) -> [(Selection, Vec<usize>); 2] {
    let flagged = (0..f.num_rows()).filter(|i| f.flag.get(*i)).collect();
    [(f.all(), (0..f.num_rows()).collect()), (f.filter(&f.flag), flagged)]
}

proptest! {
    #[test]
    fn every_kind_of_key(seed in any::<u64>(), rows in prop_oneof![Just(0usize), Just(1), 2..60usize]) {
        let f = facts(seed, rows);
        for (selection, chosen) in selections(&f) {
            let all = || chosen.iter().copied();
            for (groups, rows) in [
                group_by!(f, selection, all(), dense),
                group_by!(f, selection, all(), far),
                group_by!(f, selection, all(), maybe),
                group_by!(f, selection, all(), maybe_far),
                group_by!(f, selection, all(), small),
                group_by!(f, selection, all(), maybe_small),
                group_by!(f, selection, all(), flag),
                group_by!(f, selection, all(), maybe_flag),
                group_by!(f, selection, all(), day),
                group_by!(f, selection, all(), maybe_day),
                group_by!(f, selection, all(), at),
                group_by!(f, selection, all(), short),
                group_by!(f, selection, all(), long),
                group_by!(f, selection, all(), never),
                group_by!(f, selection, all(), maybe, short),
                group_by!(f, selection, all(), far, maybe_flag, long),
                group_by!(f, selection, all(), at, never, maybe_far, day),
                group_by!(f, selection, all(), maybe_day, short, maybe, long, maybe_small),
            ] {
                check_all_distinct(&groups, &rows, &f);
                check_aggregates(&groups, &rows, &f);
            }
        }
    }

    #[test]
    fn every_aggregate(seed in any::<u64>(), rows in 0..60usize) {
        let f = facts(seed, rows);
        for (selection, chosen) in selections(&f) {
            let (groups, rows) = group_by!(f, selection, chosen.iter().copied(), maybe);
            check_groups(&groups, &rows, &f);
        }
    }
}

#[test]
fn many_rows_in_few_dense_groups() {
    let f = facts(1, MANY);
    let (groups, rows) = group_by!(f, f.all(), 0..MANY, maybe, short, maybe_flag);
    check_groups(&groups, &rows, &f);
}

#[test]
fn many_rows_in_many_hashed_groups() {
    let f = facts(2, MANY);
    let flagged = (0..MANY).filter(|i| f.flag.get(*i));
    let (groups, rows) = group_by!(f, f.filter(&f.flag), flagged, maybe_far, long);
    assert!(groups.len() > 50_000);
    check_groups(&groups, &rows, &f);
}

/// The buffers of all results over many rows.
fn bits(f: &Batch<Facts>) -> Vec<ArrayData> {
    fn of<T: Column>(column: &Col<T>) -> ArrayData {
        column.array().to_data()
    }
    let mut all = vec![];
    for selection in [f.all(), f.filter(&f.flag)] {
        let (few, (a, b)) = selection.group_by((&f.maybe, &f.long)).unwrap();
        let (many, (c, d)) = selection.group_by((&f.maybe_far, &f.dense)).unwrap();
        all.extend([of(&a), of(&b), of(&c), of(&d)]);
        for groups in [few, many] {
            let orders = groups.distinct(&f.far).unwrap();
            let means: Col<Option<Decimal<38, 2>>> = orders.mean(&f.maybe_money).unwrap();
            all.extend([
                of(&groups.count()),
                of(&groups.sum(&f.maybe_money).unwrap()),
                of(&groups.sum(&f.wide).unwrap()),
                of(&groups.count_distinct(&f.maybe_far).unwrap()),
                of(&groups.count_distinct(&f.short).unwrap()),
                of(&groups.max(&f.at).unwrap()),
                of(&orders.min(&f.wide).unwrap()),
                of(&means),
            ]);
        }
    }
    all
}

#[test]
fn the_same_bits_for_every_number_of_threads() {
    let f = facts(3, MANY);
    let all = threads(|| bits(&f));
    assert!(all[0].iter().all(|data| !data.is_empty()));
    for other in &all[1..] {
        for (a, b) in all[0].iter().zip(other) {
            assert_eq!(a.buffers(), b.buffers());
            assert_eq!(a.nulls().map(|n| n.inner()), b.nulls().map(|n| n.inner()));
        }
    }
}

#[test]
fn a_sum_that_passes_through_an_overflow_is_right() {
    let rows = |sparse: &[i64]| {
        let one = facts(4, 1).rows().remove(0);
        let row = |far: &i64| Facts { far: *far, maybe_far: Some(*far), ..one.clone() };
        Batch::from_rows(&sparse.iter().map(row).collect::<Vec<_>>())
    };
    let fits = rows(&[i64::MAX, i64::MAX, i64::MIN, i64::MIN, 2, -7]);
    let (groups, _) = fits.all().group_by((&fits.flag,)).unwrap();
    assert_eq!(groups.sum(&fits.far).unwrap(), [-7i64].into_iter().collect());
    assert_eq!(groups.sum(&fits.maybe_far).unwrap(), [Some(-7i64)].into_iter().collect());
    for too_much in [rows(&[i64::MAX, 1]), rows(&[i64::MIN, -1])] {
        let (groups, _) = too_much.all().group_by((&too_much.flag,)).unwrap();
        assert_eq!(groups.sum(&too_much.far).unwrap_err().kind(), ErrorKind::Data);
        assert_eq!(groups.sum(&too_much.maybe_far).unwrap_err().kind(), ErrorKind::Data);
    }
}

#[test]
fn a_sum_of_more_than_38_digits_is_an_error() {
    let nines = 10i128.pow(38) - 1;
    let rows = |units: &[i128]| {
        let one = facts(5, 1).rows().remove(0);
        let wide = |u: &i128| Decimal::new(*u).unwrap();
        let row = |u: &i128| Facts { wide: wide(u), maybe_wide: Some(wide(u)), ..one.clone() };
        Batch::from_rows(&units.iter().map(row).collect::<Vec<_>>())
    };
    let fits = rows(&[nines, nines, nines, -nines, -nines, 0]);
    let (groups, _) = fits.all().group_by((&fits.flag,)).unwrap();
    assert_eq!(groups.sum(&fits.wide).unwrap().get(0).units(), nines);
    for units in [&[nines, 1][..], &[-nines, -1], &[nines; 7], &[-nines; 40]] {
        let f = rows(units);
        let (groups, _) = f.all().group_by((&f.flag,)).unwrap();
        assert_eq!(groups.sum(&f.wide).unwrap_err().kind(), ErrorKind::Data, "{}", units.len());
        assert_eq!(groups.sum(&f.maybe_wide).unwrap_err().kind(), ErrorKind::Data);
    }
}

#[test]
fn columns_of_another_table_are_refused() {
    let (f, other) = (facts(6, 10), facts(7, 9));
    let (groups, _) = f.all().group_by((&f.day,)).unwrap();
    let errors = [
        f.all().group_by((&f.day, &other.day)).unwrap_err(),
        f.filter(&other.flag).group_by((&f.day,)).unwrap_err(),
        groups.sum(&other.money).unwrap_err(),
        groups.mean::<_, 38, 2>(&other.money).unwrap_err(),
        groups.min(&other.money).unwrap_err(),
        groups.count_distinct(&other.long).unwrap_err(),
        groups.distinct(&other.long).unwrap_err(),
        groups.only(&other.flag).unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Internal);
    }
}
