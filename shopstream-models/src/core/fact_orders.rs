//! What was ordered, line by line.

use serde::{Deserialize, Serialize};
use shopstream_core::{
    Batch, Columns, Date, Decimal, Result, Table, Timestamp,
    compute::{Lookup, Order, asc, order_by, times},
};

use super::sale::{CANCELLED, counts, is_sale_status};
use crate::{
    Params,
    staging::{StgOrderItems, StgOrders, StgProducts},
};

/// What was ordered: a row an order line whose order is on or after the start date.
#[derive(Table, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[table(layer = "core", grain(order_item_key))]
pub struct FactOrders {
    /// The line.
    pub order_item_key: i64,
    /// The order.
    pub order_key: i64,
    /// Who ordered.
    pub customer_key: i64,
    /// What was ordered.
    pub product_key: i64,
    /// The merchant of the product, where the product is known: for security by row.
    pub merchant_id: Option<i64>,
    /// The day of the order.
    pub date_key: Date,
    /// The order's status.
    pub order_status: Option<String>,
    /// The order's country.
    pub country_code: Option<String>,
    /// How the order was paid.
    pub payment_method: Option<String>,
    /// When it was ordered, UTC.
    pub order_timestamp: Timestamp,
    /// Pieces.
    #[column(unit = "pieces")]
    pub quantity_sold: i64,
    /// The price of a piece.
    #[column(unit = "EUR", non_additive)]
    pub unit_price: Decimal<10, 2>,
    /// The line's amount.
    #[column(unit = "EUR")]
    pub line_revenue: Decimal<10, 2>,
    /// The whole order's amount, on each of its lines.
    #[column(unit = "EUR", non_additive)]
    pub order_total: Decimal<10, 2>,
    /// The line's amount × the margin rate, exact.
    #[column(unit = "EUR")]
    pub estimated_margin: Decimal<38, 4>,
    /// Whether the order is a sale.
    pub is_completed: bool,
    /// Whether the order was called off.
    pub is_cancelled: bool,
}

/// `staging.stg_order_items`, `staging.stg_orders`, `staging.stg_products` → `core.fact_orders`.
///
/// # Errors
/// `Data` when an order or a product stands twice.
pub fn fact_orders(
    items: &Batch<StgOrderItems>,
    orders: &Batch<StgOrders>,
    products: &Batch<StgProducts>,
    params: &Params,
) -> Result<Batch<FactOrders>> {
    let by_order = Lookup::new(&orders.order_id)?;
    let counted = |order: Option<usize>| order.is_some_and(|i| counts(orders.order_date.get(i), params.start_date));
    let found = by_order.find(&items.order_id)?;
    let facts = (0u32..).zip(found.rows()).filter(|(_, order)| counted(*order)).map(|(item, _)| item);
    let facts = Order::from_rows(facts.collect());

    let order_key = facts.take(&items.order_id)?;
    let product_key = facts.take(&items.product_id)?;
    let line_revenue = facts.take(&items.line_total)?;
    let order = by_order.find(&order_key)?;
    let product = Lookup::new(&products.product_id)?.find(&product_key)?;
    let order_timestamp = order.get(&orders.order_date).to_col()?.not_null()?;
    let order_status = order.get(&orders.order_status).to_col()?;

    let batch = FactOrdersColumns {
        order_item_key: facts.take(&items.order_item_id)?,
        customer_key: order.get(&orders.customer_id).to_col()?.not_null()?,
        merchant_id: product.get(&products.merchant_id).to_col()?,
        date_key: order_timestamp.values().map(Timestamp::date).collect(),
        country_code: order.get(&orders.country_code).to_col()?,
        payment_method: order.get(&orders.payment_method).to_col()?,
        quantity_sold: facts.take(&items.quantity)?,
        unit_price: facts.take(&items.unit_price)?,
        order_total: order.get(&orders.order_amount).to_col()?.not_null()?,
        estimated_margin: times(&line_revenue, params.margin_rate)?,
        is_completed: order_status.values().map(is_sale_status).collect(),
        is_cancelled: order_status.values().map(|status| status == Some(CANCELLED)).collect(),
        order_key,
        product_key,
        order_status,
        order_timestamp,
        line_revenue,
    }
    .batch()?;
    order_by([asc(&batch.order_item_key)])?.take_batch(&batch)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{assert_rows, fact_order, params, stg_order, stg_order_item, stg_product};
    use shopstream_core::{ErrorKind, date, dec, timestamp};

    fn run(items: &[StgOrderItems], orders: &[StgOrders], products: &[StgProducts]) -> Batch<FactOrders> {
        build(items, orders, products, &params()).unwrap()
    }

    fn build(
        items: &[StgOrderItems],
        orders: &[StgOrders],
        products: &[StgProducts],
        params: &Params,
    ) -> Result<Batch<FactOrders>> {
        fact_orders(&Batch::from_rows(items), &Batch::from_rows(orders), &Batch::from_rows(products), params)
    }

    #[test]
    fn a_line_of_an_order() {
        assert_rows(&run(&[stg_order_item()], &[stg_order()], &[stg_product()]), &[fact_order()]);
        assert_rows(&run(&[], &[stg_order()], &[stg_product()]), &[]);
        assert_rows(&run(&[], &[], &[]), &[]);
    }

    #[test]
    fn a_line_without_an_order_is_no_fact() {
        assert_rows(&run(&[stg_order_item()], &[], &[stg_product()]), &[]);
        let of_other = StgOrderItems { order_item_id: 2, order_id: 99, ..stg_order_item() };
        assert_rows(&run(&[of_other, stg_order_item()], &[stg_order()], &[stg_product()]), &[fact_order()]);
    }

    #[test]
    fn a_line_of_an_unknown_product_stays_without_a_merchant() {
        let unknown = FactOrders { merchant_id: None, ..fact_order() };
        assert_rows(&run(&[stg_order_item()], &[stg_order()], &[]), std::slice::from_ref(&unknown));
        let other = StgProducts { product_id: 2, merchant_id: 8, ..stg_product() };
        assert_rows(&run(&[stg_order_item()], &[stg_order()], &[other]), &[unknown]);
    }

    #[test]
    fn what_is_null_of_the_order_stays_null() {
        let null = StgOrders { order_status: None, country_code: None, payment_method: None, ..stg_order() };
        let expected = FactOrders {
            order_status: None,
            country_code: None,
            payment_method: None,
            is_completed: false,
            ..fact_order()
        };
        assert_rows(&run(&[stg_order_item()], &[null], &[stg_product()]), &[expected]);
    }

    #[test]
    fn every_status_is_a_fact_and_some_are_completed() {
        let flags = |status: &str| {
            let order = StgOrders { order_status: Some(status.to_owned()), ..stg_order() };
            let facts = run(&[stg_order_item()], &[order], &[stg_product()]);
            let (is_completed, is_cancelled) = (facts.is_completed.get(0), facts.is_cancelled.get(0));
            let expected =
                FactOrders { order_status: Some(status.to_owned()), is_completed, is_cancelled, ..fact_order() };
            assert_rows(&facts, &[expected]);
            (is_completed, is_cancelled)
        };
        for status in ["PAID", "SHIPPED", "DELIVERED"] {
            assert_eq!(flags(status), (true, false), "{status}");
        }
        assert_eq!(flags("CANCELLED"), (false, true));
        for status in ["PENDING", "cancelled", "paid", ""] {
            assert_eq!(flags(status), (false, false), "{status}");
        }
    }

    #[test]
    fn facts_are_on_or_after_the_start_date() {
        let params = params().with_start_date(date!("2026-01-01"));
        let facts = |order_date| {
            let order = StgOrders { order_date, ..stg_order() };
            build(&[stg_order_item()], &[order], &[stg_product()], &params).unwrap()
        };
        assert_rows(&facts(None), &[]);
        assert_rows(&facts(Some(timestamp!("2025-12-31 23:59:59.999999"))), &[]);
        for order_timestamp in [timestamp!("2026-01-01 00:00:00"), timestamp!("2026-01-01 23:59:59.999999")] {
            let expected = FactOrders { order_timestamp, date_key: date!("2026-01-01"), ..fact_order() };
            assert_rows(&facts(Some(order_timestamp)), &[expected]);
        }
    }

    #[test]
    fn the_margin_is_exact() {
        let margin = |line_total, rate: &str| {
            let item = StgOrderItems { line_total, ..stg_order_item() };
            let params = params().with_margin_rate(rate).unwrap();
            build(&[item], &[stg_order()], &[stg_product()], &params).unwrap().estimated_margin.get(0)
        };
        assert_eq!(margin(dec!(9.99), "0.20"), dec!(1.9980));
        assert_eq!(margin(dec!(0.01), "0.01"), dec!(0.0001));
        assert_eq!(margin(dec!(0.07), "0.33"), dec!(0.0231));
        assert_eq!(margin(dec!(99999999.99), "0.99"), dec!(98999999.9901));
        assert_eq!(margin(dec!(99999999.99), "1"), dec!(99999999.99));
        assert_eq!(margin(dec!(25.00), "0"), dec!(0));
        assert_eq!(margin(dec!(-9.99), "0.20"), dec!(-1.9980));
        assert_eq!(params().with_margin_rate("0.255").unwrap_err().kind(), ErrorKind::Config);
    }

    #[test]
    fn lines_take_from_their_own_order_and_product_and_are_sorted() {
        let item = |order_item_id, order_id, product_id| StgOrderItems {
            order_item_id,
            order_id,
            product_id,
            ..stg_order_item()
        };
        let order = StgOrders {
            order_id: 2,
            // An account that is not known: the fact stays.
            customer_id: 99,
            order_date: Some(timestamp!("2026-01-11 23:00:00")),
            order_amount: dec!(50.00),
            order_status: Some("CANCELLED".to_owned()),
            country_code: Some("DEU".to_owned()),
            payment_method: Some("paypal".to_owned()),
            ..stg_order()
        };
        let product = StgProducts { product_id: 2, merchant_id: 8, ..stg_product() };
        let of_second = |order_item_key, product_key, merchant_id| FactOrders {
            order_item_key,
            order_key: 2,
            customer_key: 99,
            product_key,
            merchant_id: Some(merchant_id),
            date_key: date!("2026-01-11"),
            order_status: Some("CANCELLED".to_owned()),
            country_code: Some("DEU".to_owned()),
            payment_method: Some("paypal".to_owned()),
            order_timestamp: timestamp!("2026-01-11 23:00:00"),
            order_total: dec!(50.00),
            is_completed: false,
            is_cancelled: true,
            ..fact_order()
        };
        let other = StgOrderItems {
            order_item_id: 4,
            quantity: 3,
            unit_price: dec!(1.10),
            line_total: dec!(3.30),
            ..stg_order_item()
        };
        let expected = [
            fact_order(),
            of_second(2, 2, 8),
            of_second(3, 1, 7),
            FactOrders {
                order_item_key: 4,
                quantity_sold: 3,
                unit_price: dec!(1.10),
                line_revenue: dec!(3.30),
                estimated_margin: dec!(0.66),
                ..fact_order()
            },
        ];
        let items = [other, item(3, 2, 1), item(1, 1, 1), item(2, 2, 2)];
        assert_rows(&run(&items, &[order, stg_order()], &[product, stg_product()]), &expected);
    }

    #[test]
    fn an_order_or_product_that_stands_twice_is_an_error() {
        let twice = build(&[stg_order_item()], &[stg_order(), stg_order()], &[stg_product()], &params());
        assert_eq!(twice.unwrap_err().kind(), ErrorKind::Data);
        let twice = build(&[stg_order_item()], &[stg_order()], &[stg_product(), stg_product()], &params());
        assert_eq!(twice.unwrap_err().kind(), ErrorKind::Data);
    }
}
