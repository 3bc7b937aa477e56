use super::*;
use crate::fixture::{assert_rows, dim_product, fact_order};
use shopstream_core::{ErrorKind, date, dec, timestamp};

fn performance(facts: &[FactOrders], products: &[DimProducts]) -> Result<Batch<MartProductPerformance>> {
    mart_product_performance(&Batch::from_rows(facts), &Batch::from_rows(products))
}

/// What the base fact makes.
fn row() -> MartProductPerformance {
    MartProductPerformance {
        product_key: 1,
        product_name: Some("Lamp".to_owned()),
        product_category: Some("Home".to_owned()),
        total_orders: 1,
        total_quantity_sold: 2,
        total_revenue: dec!(25.00),
        avg_unit_price: dec!(12.50),
        total_margin: dec!(5.00),
        margin_rate: Some(dec!(0.20)),
        first_sale_date: timestamp!("2026-01-10 12:00:00"),
        last_sale_date: timestamp!("2026-01-10 12:00:00"),
        revenue_rank: 1,
        revenue_pct: Some(dec!(1)),
        cumulative_revenue_pct: Some(dec!(1)),
        abc_class: "A".to_owned(),
        performance_tier: "Top 10".to_owned(),
    }
}

/// A line of a product, of no margin.
fn sale(product_key: i64, line_revenue: Decimal<10, 2>) -> FactOrders {
    FactOrders {
        order_item_key: product_key,
        order_key: product_key,
        product_key,
        line_revenue,
        estimated_margin: dec!(0),
        ..fact_order()
    }
}

/// The rows of one line each of the products 1, 2, …, by rank.
fn ranked(revenues: &[Decimal<10, 2>]) -> Vec<MartProductPerformance> {
    let facts: Vec<_> = (1..).zip(revenues).map(|(product, revenue)| sale(product, *revenue)).collect();
    performance(&facts, &[]).unwrap().rows()
}

#[test]
fn nothing_sold_is_no_row() {
    assert_rows(&performance(&[], &[]).unwrap(), &[]);
    assert_rows(&performance(&[], &[dim_product()]).unwrap(), &[]);
}

#[test]
fn one_line_is_one_row() {
    assert_rows(&performance(&[fact_order()], &[dim_product()]).unwrap(), &[row()]);
}

#[test]
fn only_completed_facts_count() {
    let pending = FactOrders { is_completed: false, order_key: 2, line_revenue: dec!(99.00), ..fact_order() };
    let other = FactOrders { product_key: 2, is_cancelled: true, ..pending.clone() };
    let products = [dim_product(), DimProducts { product_key: 2, ..dim_product() }];
    assert_rows(&performance(&[other, fact_order(), pending], &products).unwrap(), &[row()]);
}

#[test]
fn a_products_lines_are_one_row() {
    let line = |order_key, quantity_sold, unit_price, line_revenue, estimated_margin, order_timestamp| FactOrders {
        order_key,
        quantity_sold,
        unit_price,
        line_revenue,
        estimated_margin,
        order_timestamp,
        ..fact_order()
    };
    let (first, last) = (timestamp!("2025-03-01 00:00:00.000001"), timestamp!("2026-01-13 23:59:59.999999"));
    let between = timestamp!("2025-07-01 12:00:00");
    let facts = [
        line(1, 3, dec!(10.00), dec!(30.00), dec!(6.00), between),
        line(2, 1, dec!(20.00), dec!(19.99), dec!(3.998), last),
        line(1, 1, dec!(12.00), dec!(12.00), dec!(2.40), first),
    ];
    let expected = MartProductPerformance {
        total_orders: 2,
        total_quantity_sold: 5,
        total_revenue: dec!(61.99),
        // Over lines, not over pieces.
        avg_unit_price: dec!(14.00),
        total_margin: dec!(12.398),
        first_sale_date: first,
        last_sale_date: last,
        ..row()
    };
    assert_rows(&performance(&facts, &[dim_product()]).unwrap(), &[expected]);
}

#[test]
fn what_is_not_known_of_a_product_is_null() {
    let unsorted = DimProducts { product_category: None, ..dim_product() };
    let expected = MartProductPerformance { product_category: None, ..row() };
    assert_rows(&performance(&[fact_order()], &[unsorted]).unwrap(), std::slice::from_ref(&expected));

    let missing = MartProductPerformance { product_name: None, ..expected };
    let another = DimProducts { product_key: 2, ..dim_product() };
    assert_rows(&performance(&[fact_order()], &[another]).unwrap(), &[missing]);
}

#[test]
fn half_a_cent_is_rounded_away_from_zero() {
    for (price, mean) in [(dec!(0.01), dec!(0.01)), (dec!(0.03), dec!(0.02)), (dec!(0.05), dec!(0.03))] {
        let line = |unit_price| FactOrders { unit_price, ..fact_order() };
        let found = performance(&[line(price), line(dec!(0))], &[]).unwrap().rows();
        assert_eq!(found[0].avg_unit_price, mean, "{price}");
    }
}

#[test]
fn rates_are_rounded_half_away_from_zero_to_six_digits() {
    for (margin, rate) in
        [(dec!(0.0001), dec!(0.000001)), (dec!(0.0005), dec!(0.000003)), (dec!(-0.0001), dec!(-0.000001))]
    {
        let line = FactOrders { line_revenue: dec!(200.00), estimated_margin: margin, ..fact_order() };
        assert_eq!(performance(&[line], &[]).unwrap().rows()[0].margin_rate, Some(rate), "{margin}");
    }
    // 1 / 128 = 0.0078125
    let shares: Vec<_> = ranked(&[dec!(127.00), dec!(1.00)]).iter().map(|row| row.revenue_pct).collect();
    assert_eq!(shares, [Some(dec!(0.992188)), Some(dec!(0.007813))]);
}

#[test]
fn without_revenue_there_is_no_margin_rate() {
    let free = FactOrders { product_key: 2, line_revenue: dec!(0), estimated_margin: dec!(0), ..fact_order() };
    let gift = MartProductPerformance {
        product_key: 2,
        product_name: None,
        product_category: None,
        total_revenue: dec!(0),
        total_margin: dec!(0),
        margin_rate: None,
        revenue_rank: 2,
        revenue_pct: Some(dec!(0)),
        abc_class: "C".to_owned(),
        ..row()
    };
    assert_rows(&performance(&[free.clone(), fact_order()], &[dim_product()]).unwrap(), &[row(), gift.clone()]);

    // And where nothing at all was earned there are no shares: what is not below 80 % is not A.
    let alone = MartProductPerformance { revenue_rank: 1, revenue_pct: None, cumulative_revenue_pct: None, ..gift };
    let another = FactOrders { product_key: 3, ..free.clone() };
    let second = MartProductPerformance { product_key: 3, revenue_rank: 2, ..alone.clone() };
    assert_rows(&performance(&[another, free], &[]).unwrap(), &[alone, second]);
}

#[test]
fn the_most_revenue_comes_first_and_ties_go_by_key() {
    let facts =
        [sale(5, dec!(10.00)), sale(-3, dec!(10.00)), sale(9, dec!(10.01)), sale(1, dec!(9.99)), sale(4, dec!(10.00))];
    let found = performance(&facts, &[]).unwrap().rows();
    let places: Vec<_> = found.iter().map(|row| (row.revenue_rank, row.product_key)).collect();
    assert_eq!(places, [(1, 9), (2, -3), (3, 4), (4, 5), (5, 1)]);
}

#[test]
fn attributes_stay_with_their_product_when_rows_are_ranked() {
    let product = |product_key, name: &str| DimProducts { product_key, product_name: name.into(), ..dim_product() };
    let products = [product(3, "three"), product(1, "one"), product(2, "two")];
    let day = |day: Timestamp, fact| FactOrders { order_timestamp: day, date_key: day.date(), ..fact };
    let (one, two, three) =
        (date!("2026-01-01").midnight(), date!("2026-01-02").midnight(), date!("2026-01-03").midnight());
    let facts = [day(one, sale(1, dec!(1.00))), day(three, sale(3, dec!(3.00))), day(two, sale(2, dec!(2.00)))];
    let found = performance(&facts, &products).unwrap().rows();
    let kept: Vec<_> =
        found.iter().map(|row| (row.product_name.as_deref(), row.total_revenue, row.first_sale_date)).collect();
    assert_eq!(
        kept,
        [(Some("three"), dec!(3.00), three), (Some("two"), dec!(2.00), two), (Some("one"), dec!(1.00), one)]
    );
}

#[test]
fn shares_are_cumulated_exactly_and_rounded_at_the_end() {
    let found = ranked(&[dec!(1.00), dec!(1.00), dec!(1.00)]);
    let shares: Vec<_> = found.iter().map(|row| (row.revenue_pct, row.cumulative_revenue_pct)).collect();
    let third = Some(dec!(0.333333));
    assert_eq!(shares, [(third, third), (third, Some(dec!(0.666667))), (third, Some(dec!(1)))]);
}

#[test]
fn classes_go_by_the_exact_share_before() {
    for (revenues, classes) in [
        // 80 % and 95 % before are no longer below them.
        (vec![dec!(80.00), dec!(15.00), dec!(5.00)], "ABC"),
        (vec![dec!(79.99), dec!(15.00), dec!(5.01)], "AAB"),
        (vec![dec!(80.01), dec!(14.98), dec!(5.01)], "ABB"),
        (vec![dec!(40.00), dec!(40.00), dec!(10.00), dec!(5.00), dec!(5.00)], "AABBC"),
        // A first product is A, however dominant.
        (vec![dec!(96.00), dec!(3.00), dec!(1.00)], "ACC"),
        (vec![dec!(85.00), dec!(10.00), dec!(5.00)], "ABC"),
        (vec![dec!(0.01)], "A"),
    ] {
        let found: String = ranked(&revenues).iter().map(|row| row.abc_class.as_str()).collect();
        assert_eq!(found, classes, "{revenues:?}");
    }

    // Rounded, the shares before the second and third would be 80 % and 95 %.
    let found = ranked(&[dec!(79999999.99), dec!(15000000.00), dec!(5000000.00), dec!(0.01)]);
    let found: Vec<_> = found.iter().map(|row| (row.abc_class.as_str(), row.cumulative_revenue_pct.unwrap())).collect();
    assert_eq!(found, [("A", dec!(0.80)), ("A", dec!(0.95)), ("B", dec!(1)), ("C", dec!(1))]);
}

#[test]
fn tiers_end_at_10_and_50() {
    let revenues: Vec<_> = (1..=51).map(|cents| Decimal::new(cents).unwrap()).collect();
    let found = ranked(&revenues);
    let of = |rank: usize| (found[rank - 1].revenue_rank, found[rank - 1].performance_tier.as_str());
    assert_eq!(found.len(), 51);
    assert_eq!([of(1), of(10)], [(1, "Top 10"), (10, "Top 10")]);
    assert_eq!([of(11), of(50)], [(11, "Top 50"), (50, "Top 50")]);
    assert_eq!(of(51), (51, "Long Tail"));
}

#[test]
fn a_product_that_stands_twice_is_refused() {
    let error = performance(&[fact_order()], &[dim_product(), dim_product()]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Data);
}
