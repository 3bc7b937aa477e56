use super::*;
use crate::fixture::{assert_rows, dim_customer, fact_order, params};
use shopstream_core::{Date, ErrorKind, dec, timestamp};

fn ltv(facts: &[FactOrders], customers: &[DimCustomers]) -> Result<Batch<MartCustomerLtv>> {
    mart_customer_ltv(&Batch::from_rows(facts), &Batch::from_rows(customers), &params())
}

/// What the base fact makes.
fn row() -> MartCustomerLtv {
    MartCustomerLtv {
        customer_key: 1,
        email: Some("ada@example.org".to_owned()),
        full_name: Some("Ada Lovelace".to_owned()),
        country_code: Some("FRA".to_owned()),
        customer_segment: "Freemium".to_owned(),
        customer_status: Some("Active".to_owned()),
        last_order_date: timestamp!("2026-01-10 12:00:00"),
        days_since_last_order: 4,
        total_orders: 1,
        customer_lifespan_days: 0,
        lifetime_value: dec!(25.00),
        avg_order_value: dec!(25.00),
        first_order_date: timestamp!("2026-01-10 12:00:00"),
        recency_score: 1,
        frequency_score: 1,
        monetary_score: 1,
        rfm_total_score: 3,
        rfm_segment: "Hibernating".to_owned(),
        churn_risk: "Low".to_owned(),
    }
}

/// An order of a customer at an instant.
fn order(customer_key: i64, at: Timestamp) -> FactOrders {
    FactOrders { customer_key, date_key: at.date(), order_timestamp: at, ..fact_order() }
}

/// The first instant so many days before the build's day.
fn days_ago(days: i32) -> Timestamp {
    Date::from_days(params().as_of.days() - days).midnight()
}

#[test]
fn nothing_sold_is_no_row() {
    assert_rows(&ltv(&[], &[]).unwrap(), &[]);
    assert_rows(&ltv(&[], &[dim_customer()]).unwrap(), &[]);
}

#[test]
fn one_line_is_one_row() {
    assert_rows(&ltv(&[fact_order()], &[dim_customer()]).unwrap(), &[row()]);
}

#[test]
fn only_completed_facts_count() {
    let not = |customer_key, at| FactOrders { order_key: 2, is_completed: false, ..order(customer_key, at) };
    let facts = [
        not(1, timestamp!("2025-01-01 00:00:00")),
        fact_order(),
        not(1, timestamp!("2026-01-13 00:00:00")),
        FactOrders { is_cancelled: true, ..not(2, timestamp!("2026-01-10 12:00:00")) },
    ];
    let customers = [dim_customer(), DimCustomers { customer_key: 2, ..dim_customer() }];
    assert_rows(&ltv(&facts, &customers).unwrap(), &[row()]);
}

#[test]
fn what_is_not_known_of_a_customer_is_null() {
    let nameless = DimCustomers { full_name: None, country_code: None, ..dim_customer() };
    let expected = MartCustomerLtv { full_name: None, country_code: None, ..row() };
    assert_rows(&ltv(&[fact_order()], &[nameless]).unwrap(), std::slice::from_ref(&expected));

    let missing =
        MartCustomerLtv { email: None, customer_segment: "Unknown".to_owned(), customer_status: None, ..expected };
    let another = DimCustomers { customer_key: 2, ..dim_customer() };
    assert_rows(&ltv(&[fact_order()], &[another]).unwrap(), &[missing]);
}

#[test]
fn a_customers_lines_are_one_row() {
    let line = |order_key, order_timestamp, line_revenue, order_total| FactOrders {
        order_key,
        line_revenue,
        order_total,
        ..order(1, order_timestamp)
    };
    let (first, last) = (timestamp!("2025-12-31 23:59:59"), timestamp!("2026-01-02 00:00:01"));
    let facts = [
        line(2, last, dec!(10.00), dec!(10.01)),
        line(1, first, dec!(5.00), dec!(20.00)),
        line(1, first, dec!(7.00), dec!(20.00)),
        line(1, first, dec!(8.00), dec!(20.00)),
    ];
    let expected = MartCustomerLtv {
        first_order_date: first,
        last_order_date: last,
        days_since_last_order: 12,
        customer_lifespan_days: 2,
        total_orders: 2,
        // The lines; the orders say 30.01, of which each is counted once: 15.005.
        lifetime_value: dec!(30.00),
        avg_order_value: dec!(15.01),
        ..row()
    };
    assert_rows(&ltv(&facts, &[dim_customer()]).unwrap(), &[expected]);
}

#[test]
fn half_a_cent_is_rounded_away_from_zero() {
    for (total, mean) in [(dec!(0.01), dec!(0.01)), (dec!(0.03), dec!(0.02)), (dec!(0.05), dec!(0.03))] {
        let order = |order_key, order_total| FactOrders { order_key, order_total, ..fact_order() };
        let found = ltv(&[order(1, total), order(2, dec!(0))], &[]).unwrap().rows();
        assert_eq!(found[0].avg_order_value, mean, "{total}");
    }
}

#[test]
fn days_are_those_between_dates() {
    for (first, last, lifespan, since) in [
        (timestamp!("2026-01-10 00:00:00"), timestamp!("2026-01-10 23:59:59"), 0, 4),
        (timestamp!("2026-01-10 23:59:00"), timestamp!("2026-01-11 00:01:00"), 1, 3),
        (timestamp!("2024-02-28 12:00:00"), timestamp!("2024-03-01 11:00:00"), 2, 684),
        (timestamp!("2026-01-13 23:59:59.999999"), timestamp!("2026-01-14 00:00:00"), 1, 0),
        (timestamp!("2026-01-14 12:00:00"), timestamp!("2026-01-15 00:00:00"), 1, -1),
    ] {
        let row = ltv(&[order(1, last), order(1, first)], &[]).unwrap().rows().remove(0);
        assert_eq!((row.first_order_date, row.last_order_date), (first, last));
        assert_eq!((row.customer_lifespan_days, row.days_since_last_order), (lifespan, since), "{first} {last}");
    }
}

#[test]
fn risk_of_churn_by_days_since_the_last_order() {
    let risk = |days, params: &Params| {
        let facts = Batch::from_rows(&[order(1, days_ago(days))]);
        let row = mart_customer_ltv(&facts, &Batch::from_rows(&[]), params).unwrap().rows().remove(0);
        assert_eq!(row.days_since_last_order, i64::from(days));
        row.churn_risk
    };
    for (days, expected) in [(0, "Low"), (90, "Low"), (91, "Medium"), (180, "Medium"), (181, "High"), (1000, "High")] {
        assert_eq!(risk(days, &params()), expected, "{days}");
    }
    let mut sooner = params();
    (sooner.churn_medium_days, sooner.churn_high_days) = (5, 7);
    for (days, expected) in [(5, "Low"), (6, "Medium"), (7, "Medium"), (8, "High")] {
        assert_eq!(risk(days, &sooner), expected, "{days}");
    }
}

/// The tiles of 1 to 12 rows in order: the first ones have one row more.
const FIFTHS: [&str; 12] = [
    "1",
    "12",
    "123",
    "1234",
    "12345",
    "112345",
    "1122345",
    "11223345",
    "112233445",
    "1122334455",
    "11122334455",
    "111222334455",
];

/// The three scores by customer, each as a text of digits.
fn scores(facts: &[FactOrders]) -> [String; 3] {
    let rows = ltv(facts, &[]).unwrap().rows();
    for row in &rows {
        assert_eq!(row.rfm_total_score, row.recency_score + row.frequency_score + row.monetary_score);
    }
    let digits = |score: fn(&MartCustomerLtv) -> i64| rows.iter().map(|row| score(row).to_string()).collect();
    [digits(|row| row.recency_score), digits(|row| row.frequency_score), digits(|row| row.monetary_score)]
}

#[test]
fn scores_are_fifths_and_ties_go_by_key() {
    for (n, fifths) in (1..).zip(FIFTHS) {
        // Last in, first in key: the order of the facts does not matter.
        let same: Vec<_> = (1..=n).rev().map(|customer| order(customer, days_ago(7))).collect();
        assert_eq!(scores(&same), [fifths; 3], "{n}");
    }
}

#[test]
fn the_latest_the_most_frequent_and_the_most_valuable_score_best() {
    for (n, fifths) in (1i64..).zip(FIFTHS) {
        let reversed: String = fifths.chars().rev().collect();
        let facts = |days: fn(i64, i64) -> i64, orders: fn(i64, i64) -> i64, revenue: fn(i64, i64) -> i64| {
            let mut facts = vec![];
            for customer in 1..=n {
                for order_key in 1..=orders(customer, n) {
                    // All of the revenue is that of the first order.
                    let cents = if order_key == 1 { revenue(customer, n) } else { 0 };
                    facts.push(FactOrders {
                        order_key: customer * 100 + order_key,
                        line_revenue: Decimal::new(cents.into()).unwrap(),
                        ..order(customer, days_ago(days(customer, n) as i32))
                    });
                }
            }
            facts
        };
        let (same, rising, falling) = (|_, _| 3, |customer, _| customer, |customer, n| n + 1 - customer);
        assert_eq!(scores(&facts(falling, same, same)), [fifths; 3], "{n}");
        assert_eq!(scores(&facts(rising, same, same)), [reversed.as_str(), fifths, fifths], "{n}");
        assert_eq!(scores(&facts(same, falling, same)), [fifths, reversed.as_str(), fifths], "{n}");
        assert_eq!(scores(&facts(same, same, falling)), [fifths, fifths, reversed.as_str()], "{n}");
        assert_eq!(scores(&facts(same, rising, rising)), [fifths; 3], "{n}");
    }
}

#[test]
fn segments_go_by_the_customers_own_scores() {
    // Days, orders and cents that give five customers these scores.
    let wanted = [
        ((5, 1, 1), "New Customers"),
        ((1, 5, 2), "At Risk"),
        ((2, 2, 5), "Cannot Lose Them"),
        ((3, 4, 3), "Loyal Customers"),
        ((4, 3, 4), "Loyal Customers"),
    ];
    let mut facts = vec![];
    for (customer, ((recency, frequency, monetary), _)) in (1..).zip(wanted) {
        for order_key in 1..=frequency {
            let cents = if order_key == 1 { 100 * i128::from(monetary) } else { 0 };
            facts.push(FactOrders {
                order_key: customer * 10 + order_key,
                line_revenue: Decimal::new(cents).unwrap(),
                ..order(customer, days_ago(100 - recency))
            });
        }
    }
    let rows = ltv(&facts, &[]).unwrap().rows();
    let scored = |r: &MartCustomerLtv| (r.recency_score as i32, r.frequency_score, r.monetary_score);
    let found: Vec<_> = rows.iter().map(|r| (scored(r), &*r.rfm_segment)).collect();
    assert_eq!(found, wanted);
}

#[test]
fn every_combination_of_scores_has_its_segment() {
    // For each recency 1 to 5, for each frequency 1 to 5, the segment by monetary 1 to 5.
    const TABLE: [[&str; 5]; 5] = [
        ["HHHXX", "HHHXX", "AAAAA", "AAAAA", "AAAAA"],
        ["HHHXX", "HHHXX", "AAAAA", "AAAAA", "AAAAA"],
        ["OOPPP", "OOPPP", "OOLLL", "OOLLL", "OOLLL"],
        ["NNNNN", "NNNNN", "OOLLL", "OOLCC", "OOLCC"],
        ["NNNNN", "NNNNN", "OOLLL", "OOLCC", "OOLCC"],
    ];
    let mut found = vec![];
    for (recency, by_frequency) in (1..).zip(TABLE) {
        for (frequency, by_monetary) in (1..).zip(by_frequency) {
            for (monetary, letter) in (1..).zip(by_monetary.chars()) {
                let expected = match letter {
                    'C' => "Champions",
                    'L' => "Loyal Customers",
                    'N' => "New Customers",
                    'P' => "Potential Loyalists",
                    'A' => "At Risk",
                    'X' => "Cannot Lose Them",
                    'H' => "Hibernating",
                    _ => "Others",
                };
                let segment = rfm_segment(recency, frequency, monetary);
                assert_eq!(segment, expected, "{recency} {frequency} {monetary}");
                found.push(segment);
            }
        }
    }
    assert_eq!(found.len(), 125);
    found.sort_unstable();
    found.dedup();
    assert_eq!(found.len(), 8);
}

#[test]
fn rows_are_sorted_by_customer_and_keep_their_attributes() {
    let fact = |customer_key, line_revenue| FactOrders { customer_key, line_revenue, ..fact_order() };
    let customer =
        |customer_key, name: &str| DimCustomers { customer_key, full_name: Some(name.to_owned()), ..dim_customer() };
    let customers = [customer(20, "twenty"), customer(3, "three"), customer(-1, "minus one")];
    let facts = [fact(20, dec!(1.00)), fact(-1, dec!(2.00)), fact(3, dec!(3.00)), fact(20, dec!(4.00))];
    let rows = ltv(&facts, &customers).unwrap().rows();
    let found: Vec<_> = rows.iter().map(|r| (r.customer_key, r.full_name.as_deref(), r.lifetime_value)).collect();
    let expected =
        [(-1, Some("minus one"), dec!(2.00)), (3, Some("three"), dec!(3.00)), (20, Some("twenty"), dec!(5.00))];
    assert_eq!(found, expected);
}

#[test]
fn a_customer_that_stands_twice_is_refused() {
    let error = ltv(&[fact_order()], &[dim_customer(), dim_customer()]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Data);
}
