//! Orders, cleaned.

use serde::{Deserialize, Serialize};
use shopstream_core::{Batch, Cleaned, Columns, Decimal, Landed, Result, Table, Timestamp};

use super::clean::{ONCE, keep, latest, lower, upper, wide};
use crate::oltp::Orders;

/// The shop's orders: cleaned, typed, renamed; only those with a positive amount.
#[derive(Table, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[table(layer = "staging", grain(order_id))]
pub struct StgOrders {
    /// Number of the order.
    pub order_id: i64,
    /// Who ordered.
    pub customer_id: i64,
    /// When, UTC.
    pub order_date: Option<Timestamp>,
    /// Sum of the order's lines.
    #[column(unit = "EUR")]
    pub order_amount: Decimal<10, 2>,
    /// PENDING, PAID, SHIPPED, DELIVERED or CANCELLED.
    pub order_status: Option<String>,
    /// Country of the order, ISO 3166 alpha-3, in upper case.
    pub country_code: Option<String>,
    /// How it was paid, in lower case.
    pub payment_method: Option<String>,
    /// When the row was loaded.
    pub _loaded_at: Timestamp,
}

/// `raw.orders` → `staging.stg_orders`.
///
/// # Errors
/// None but those of the kernels.
pub fn stg_orders(orders: &Batch<Landed<Orders>>) -> Result<Cleaned<StgOrders>> {
    let once = latest(&orders.id, orders)?;
    let (rows, not_positive) = keep(&once, |row| orders.total_amount.get(row).units() > 0);
    let batch = StgOrdersColumns {
        order_id: wide(&rows.take(&orders.id)?),
        customer_id: wide(&rows.take(&orders.user_id)?),
        order_date: rows.take(&orders.created_at)?,
        order_amount: rows.take(&orders.total_amount)?,
        order_status: upper(&rows.take(&orders.status)?)?,
        country_code: upper(&rows.take(&orders.country)?)?,
        payment_method: lower(&rows.take(&orders.payment_method)?)?,
        _loaded_at: rows.take(&orders._loaded_at)?,
    }
    .batch()?;
    let twice = (orders.num_rows() - once.rows().len()) as u64;
    Ok(Cleaned::new(batch).with_dropped(ONCE, twice).with_dropped("order_amount > 0", not_positive))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{LOADED_AT, assert_rows, landed, landed_at, stg_order};
    use shopstream_core::{Dropped, dec, timestamp};

    fn order() -> Orders {
        Orders {
            id: 1,
            user_id: 1,
            created_at: Some(timestamp!("2026-01-10 12:00:00")),
            total_amount: dec!(25.00),
            status: Some("paid".to_owned()),
            country: Some("FRA".to_owned()),
            payment_method: Some("stripe".to_owned()),
        }
    }

    fn run(orders: &[Landed<Orders>]) -> Cleaned<StgOrders> {
        stg_orders(&Batch::from_rows(orders)).unwrap()
    }

    fn dropped(twice: u64, not_positive: u64) -> [Dropped; 2] {
        [Dropped { rule: ONCE, rows: twice }, Dropped { rule: "order_amount > 0", rows: not_positive }]
    }

    #[test]
    fn a_row_is_typed_and_renamed() {
        let cleaned = run(&[landed(order())]);
        assert_rows(&cleaned.batch, &[stg_order()]);
        assert_eq!(cleaned.dropped, dropped(0, 0));
        assert_rows(&run(&[]).batch, &[]);
    }

    #[test]
    fn what_is_null_stays_null() {
        let null = Orders { created_at: None, status: None, country: None, payment_method: None, ..order() };
        let expected =
            StgOrders { order_date: None, order_status: None, country_code: None, payment_method: None, ..stg_order() };
        assert_rows(&run(&[landed(null)]).batch, &[expected]);
    }

    #[test]
    fn status_and_country_are_upper_case_and_the_payment_lower() {
        let of = |id, text: &str| Orders {
            id,
            status: Some(text.to_owned()),
            country: Some(text.to_owned()),
            payment_method: Some(text.to_owned()),
            ..order()
        };
        let expected = |id, upper: &str, lower: &str| StgOrders {
            order_id: id,
            order_status: Some(upper.to_owned()),
            country_code: Some(upper.to_owned()),
            payment_method: Some(lower.to_owned()),
            ..stg_order()
        };
        let rows = [of(1, "Credit_Card"), of(2, "éÀ ß"), of(3, ""), of(4, "PAID"), of(5, "paid")].map(landed);
        assert_rows(
            &run(&rows).batch,
            &[
                expected(1, "CREDIT_CARD", "credit_card"),
                expected(2, "ÉÀ SS", "éà ß"),
                expected(3, "", ""),
                expected(4, "PAID", "paid"),
                expected(5, "PAID", "paid"),
            ],
        );
    }

    #[test]
    fn only_positive_amounts_pass_and_the_others_are_counted() {
        let of = |id, total_amount| landed(Orders { id, total_amount, ..order() });
        let cleaned =
            run(&[of(5, dec!(99999999.99)), of(1, dec!(0)), of(2, dec!(0.01)), of(3, dec!(-0.01)), of(4, dec!(-25))]);
        let expected = |order_id, order_amount| StgOrders { order_id, order_amount, ..stg_order() };
        assert_rows(&cleaned.batch, &[expected(2, dec!(0.01)), expected(5, dec!(99999999.99))]);
        assert_eq!(cleaned.dropped, dropped(0, 3));
    }

    #[test]
    fn a_row_that_was_loaded_last_and_is_dropped_brings_no_other_back() {
        let of = |id, total_amount, at, file: &str| landed_at(Orders { id, total_amount, ..order() }, at, file);
        let later = timestamp!("2026-01-15 02:00:00");
        let cleaned = run(&[
            of(3, dec!(3.00), LOADED_AT, "a"),
            of(3, dec!(3.99), LOADED_AT, "a"),
            of(2, dec!(0), later, "a"),
            of(2, dec!(2.00), LOADED_AT, "b"),
            of(1, dec!(1.00), later, "a"),
            of(1, dec!(0), LOADED_AT, "b"),
        ]);
        let expected = [
            StgOrders { order_amount: dec!(1.00), _loaded_at: later, ..stg_order() },
            StgOrders { order_id: 3, order_amount: dec!(3.99), ..stg_order() },
        ];
        assert_rows(&cleaned.batch, &expected);
        assert_eq!(cleaned.dropped, dropped(3, 1));
    }
}
