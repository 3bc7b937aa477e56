//! Orders, ranks, tiles and running sums.

use proptest::prelude::*;
use shopstream_core::{
    Batch, Col, Decimal, ErrorKind,
    compute::{Order, asc, desc, order_by, zip},
};
use std::cmp::{Ordering, Reverse};

use crate::random::{Cell, Facts, MANY, cells, facts, threads};

/// Compares, NULL last, whichever way.
fn compare(a: Cell<'_>, b: Cell<'_>, ascending: bool) -> Ordering {
    if ascending || a == Cell::Null || b == Cell::Null { a.cmp(&b) } else { Reverse(a).cmp(&Reverse(b)) }
}

/// The rows sorted by these columns, and in their order where those are equal.
fn sorted(by: &[(Vec<Cell<'_>>, bool)], rows: usize) -> Vec<u32> {
    let mut order: Vec<u32> = (0..rows as u32).collect();
    order.sort_by(|a, b| {
        let columns = by.iter().map(|(c, ascending)| compare(c[*a as usize], c[*b as usize], *ascending));
        columns.fold(Ordering::Equal, Ordering::then)
    });
    order
}

macro_rules! check_order {
    ($facts:expr, $($way:ident $column:ident),+) => {{
        let found = order_by([$($way(&$facts.$column)),+]).unwrap();
        let by = [$((cells(&$facts.$column), stringify!($way) == "asc")),+];
        assert_eq!(found.rows(), sorted(&by, $facts.num_rows()));
        found
    }};
}

/// The orders by every kind of column.
fn check_orders(f: &Batch<Facts>) -> Vec<Order> {
    vec![
        check_order!(f, asc dense),
        check_order!(f, desc far),
        check_order!(f, asc maybe_far, desc dense),
        check_order!(f, desc maybe_far),
        check_order!(f, desc maybe, asc maybe_small, desc small),
        check_order!(f, asc maybe_day, desc day),
        check_order!(f, desc at, asc short),
        check_order!(f, desc short, desc long),
        check_order!(f, asc long, asc never, desc maybe),
        check_order!(f, desc money),
        check_order!(f, asc maybe_money, desc wide),
        check_order!(f, desc maybe_wide, asc money),
        check_order!(f, desc wide, desc far, asc long),
        check_order!(f, asc never),
    ]
}

fn check_windows(order: &Order, f: &Batch<Facts>) {
    let rows = f.num_rows();
    let place = |row: usize| order.rows().iter().position(|r| *r as usize == row).unwrap();
    assert_eq!(order.rank().unwrap(), (0..rows).map(|row| place(row) as i64 + 1).collect());
    for tiles in [1, 2, 5, rows.max(1), rows + 3] {
        // Deals the places out, the first tiles being the larger ones.
        let sizes = (0..tiles).map(|t| rows / tiles + usize::from(t < rows % tiles));
        let by_place: Vec<i64> = sizes.enumerate().flat_map(|(t, size)| vec![t as i64 + 1; size]).collect();
        assert_eq!(order.ntile(tiles).unwrap(), (0..rows).map(|row| by_place[place(row)]).collect());
    }
    assert_eq!(order.ntile(0).unwrap(), order.ntile(1).unwrap());
    let sum = |row: usize| order.rows()[..=place(row)].iter().map(|r| f.money.get(*r as usize).units()).sum();
    let sums: Vec<Cell<'_>> = (0..rows).map(|row| Cell::Int(sum(row))).collect();
    assert_eq!(cells(&order.running_sum(&f.money).unwrap()), sums);
    let taken: Vec<Cell<'_>> = order.rows().iter().map(|r| cells(&f.short)[*r as usize]).collect();
    assert_eq!(cells(&order.take(&f.short).unwrap()), taken);
    let taken: Vec<Cell<'_>> = order.rows().iter().map(|r| cells(&f.maybe_wide)[*r as usize]).collect();
    assert_eq!(cells(&order.take(&f.maybe_wide).unwrap()), taken);
    let all = f.rows();
    let taken: Vec<Facts> = order.rows().iter().map(|r| all[*r as usize].clone()).collect();
    assert_eq!(order.take_batch(f).unwrap(), Batch::from_rows(&taken));
}

proptest! {
    #[test]
    fn orders(seed in any::<u64>(), rows in prop_oneof![Just(0usize), Just(1), 2..50usize]) {
        let f = facts(seed, rows);
        for order in check_orders(&f) {
            check_windows(&order, &f);
        }
    }

    #[test]
    fn zips(seed in any::<u64>(), rows in 0..20usize) {
        let f = facts(seed, rows);
        let zipped: Vec<_> = zip((&f.dense, &f.short, &f.flag)).collect();
        let expected: Vec<_> = (0..rows).map(|i| (f.dense.get(i), f.short.get(i), f.flag.get(i))).collect();
        prop_assert_eq!(zipped, expected);
        let shorter = facts(seed, rows / 2);
        prop_assert_eq!(zip((&f.dense, &shorter.dense)).count(), rows / 2);
    }
}

#[test]
fn many_rows_for_every_number_of_threads() {
    let f = facts(11, MANY);
    let by = |f: &Batch<Facts>| {
        [
            order_by([desc(&f.wide), asc(&f.far), asc(&f.long)]).unwrap(),
            order_by([asc(&f.maybe_money), desc(&f.short)]).unwrap(),
            order_by([desc(&f.maybe_far)]).unwrap(),
            order_by([desc(&f.money)]).unwrap(),
        ]
    };
    let all = threads(|| by(&f));
    let expected = [
        sorted(&[(cells(&f.wide), false), (cells(&f.far), true), (cells(&f.long), true)], MANY),
        sorted(&[(cells(&f.maybe_money), true), (cells(&f.short), false)], MANY),
        sorted(&[(cells(&f.maybe_far), false)], MANY),
        sorted(&[(cells(&f.money), false)], MANY),
    ];
    for orders in &all {
        for (order, expected) in orders.iter().zip(&expected) {
            assert!(order.rows() == expected);
        }
    }
    let order = &all[0][3];
    let (rank, tile, sums) = (order.rank().unwrap(), order.ntile(5).unwrap(), order.running_sum(&f.money).unwrap());
    let mut sum = 0;
    for (place, row) in order.rows().iter().map(|r| *r as usize).enumerate() {
        sum += f.money.get(row).units();
        assert_eq!((rank.get(row), tile.get(row)), (place as i64 + 1, (place / (MANY / 5)) as i64 + 1));
        assert_eq!(sums.get(row).units(), sum);
    }
}

#[test]
fn the_ends_of_all_types_have_their_place() {
    let nines = 10i128.pow(38) - 1;
    let money: Col<Option<Decimal<38, 0>>> =
        [Some(-nines), None, Some(nines), Some(0)].map(|u| u.map(|u| Decimal::new(u).unwrap())).into_iter().collect();
    assert_eq!(order_by([asc(&money)]).unwrap().rows(), [0, 3, 2, 1]);
    assert_eq!(order_by([desc(&money)]).unwrap().rows(), [2, 3, 0, 1]);
    let integers: Col<Option<i64>> = [Some(i64::MIN), None, Some(i64::MAX), Some(0)].into_iter().collect();
    assert_eq!(order_by([asc(&integers), desc(&money)]).unwrap().rows(), [0, 3, 2, 1]);
    assert_eq!(order_by([desc(&integers), desc(&money)]).unwrap().rows(), [2, 3, 0, 1]);
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let (f, other) = (facts(12, 10), facts(13, 9));
    assert_eq!(order_by([asc(&f.day), asc(&other.day)]).unwrap_err().kind(), ErrorKind::Internal);
    let order = order_by([desc(&f.money)]).unwrap();
    assert_eq!(order.take(&other.money).unwrap_err().kind(), ErrorKind::Internal);
    assert_eq!(order.running_sum(&other.money).unwrap_err().kind(), ErrorKind::Internal);
    assert_eq!(order.take_batch(&other).unwrap_err().kind(), ErrorKind::Internal);
    for rows in [vec![10], vec![0, 0]] {
        let some = Order::from_rows(rows);
        assert_eq!(some.rank().unwrap_err().kind(), ErrorKind::Internal);
        assert_eq!(some.ntile(5).unwrap_err().kind(), ErrorKind::Internal);
    }
    let beyond = Order::from_rows((1..11).collect());
    assert_eq!(beyond.take_batch(&f).unwrap_err().kind(), ErrorKind::Internal);
    assert_eq!(beyond.running_sum(&f.money).unwrap_err().kind(), ErrorKind::Internal);
    let nines: Col<Decimal<38, 0>> = [10i128.pow(38) - 1; 4].map(|u| Decimal::new(u).unwrap()).into_iter().collect();
    let order = order_by([asc(&nines)]).unwrap();
    assert_eq!(order.running_sum(&nines).unwrap_err().kind(), ErrorKind::Data);
}
