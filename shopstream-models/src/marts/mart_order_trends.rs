//! Orders by day, country and segment.

use serde::{Deserialize, Serialize};
use shopstream_core::{
    Batch, Col, Columns, Date, Decimal, Result, Table,
    compute::{Lookup, zip},
};

use super::UNKNOWN;
use crate::core::{DimCustomers, FactOrders};

/// Orders by day, country and segment. An order is in one row alone: its orders and revenue add up.
#[derive(Table, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[table(layer = "marts", grain(sale_date, country_code, customer_segment))]
pub struct MartOrderTrends {
    /// The day of the orders.
    pub sale_date: Date,
    /// The orders' country; Unknown where there is none.
    pub country_code: String,
    /// The customers' segment; Unknown where there is no such customer.
    pub customer_segment: String,
    /// How many orders.
    pub orders: i64,
    /// How many customers.
    #[column(non_additive)]
    pub customers: i64,
    /// How many of them bought for the first time that day.
    #[column(non_additive)]
    pub new_customers: i64,
    /// The sum of the lines' amounts.
    #[column(unit = "EUR")]
    pub revenue: Decimal<38, 2>,
    /// The mean amount of the orders.
    #[column(unit = "EUR", non_additive)]
    pub avg_order_value: Option<Decimal<38, 2>>,
}

/// `core.fact_orders`, `core.dim_customers` → `marts.mart_order_trends`.
///
/// # Errors
/// `Data` when a sum is too large, or a customer stands twice.
pub fn mart_order_trends(facts: &Batch<FactOrders>, customers: &Batch<DimCustomers>) -> Result<Batch<MartOrderTrends>> {
    let customer = Lookup::new(&customers.customer_key)?.find(&facts.customer_key)?;
    let completed = facts.filter(&facts.is_completed);
    let country = facts.country_code.or(UNKNOWN);

    let (buyers, (buyer,)) = completed.group_by((&facts.customer_key,))?;
    let first_day = Lookup::new(&buyer)?.find(&facts.customer_key)?.get(&buyers.min(&facts.date_key)?).to_col()?;
    let is_first: Col<bool> = zip((&first_day, &facts.date_key)).map(|(first, day)| first == Some(day)).collect();

    let (sales, (sale_date, country_code, customer_segment)) =
        completed.group_by((&facts.date_key, &country, customer.get_or(&customers.customer_segment, UNKNOWN)))?;
    let orders = sales.distinct(&facts.order_key)?;

    MartOrderTrendsColumns {
        orders: orders.count(),
        customers: sales.count_distinct(&facts.customer_key)?,
        new_customers: sales.only(&is_first)?.count_distinct(&facts.customer_key)?,
        revenue: sales.sum(&facts.line_revenue)?,
        avg_order_value: orders.mean(&facts.order_total)?,
        sale_date,
        country_code,
        customer_segment,
    }
    .batch()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{assert_rows, dim_customer, fact_order};
    use shopstream_core::{ErrorKind, date, dec};

    fn trends(facts: &[FactOrders], customers: &[DimCustomers]) -> Result<Batch<MartOrderTrends>> {
        mart_order_trends(&Batch::from_rows(facts), &Batch::from_rows(customers))
    }

    /// The trends of facts of customers 1 and 2.
    fn known(facts: &[FactOrders]) -> Batch<MartOrderTrends> {
        trends(facts, &[dim_customer(), DimCustomers { customer_key: 2, ..dim_customer() }]).unwrap()
    }

    /// What the base fact makes.
    fn row() -> MartOrderTrends {
        MartOrderTrends {
            sale_date: date!("2026-01-10"),
            country_code: "FRA".to_owned(),
            customer_segment: "Freemium".to_owned(),
            orders: 1,
            customers: 1,
            new_customers: 1,
            revenue: dec!(25.00),
            avg_order_value: Some(dec!(25.00)),
        }
    }

    fn order(order_key: i64, customer_key: i64, day: Date, country: &str) -> FactOrders {
        FactOrders {
            order_item_key: order_key,
            order_key,
            customer_key,
            date_key: day,
            order_timestamp: day.midnight(),
            country_code: Some(country.to_owned()),
            ..fact_order()
        }
    }

    #[test]
    fn nothing_sold_is_no_row() {
        assert_rows(&trends(&[], &[]).unwrap(), &[]);
        assert_rows(&known(&[]), &[]);
    }

    #[test]
    fn one_line_is_one_row() {
        assert_rows(&known(&[fact_order()]), &[row()]);
    }

    #[test]
    fn only_completed_facts_count() {
        let before = |order_key| FactOrders { is_completed: false, ..order(order_key, 1, date!("2025-06-01"), "FRA") };
        let cancelled = FactOrders { is_cancelled: true, ..before(2) };
        assert_rows(&known(&[before(3), cancelled.clone()]), &[]);
        // Nor are they a customer's first sale.
        assert_rows(&known(&[before(3), cancelled, fact_order()]), &[row()]);
    }

    #[test]
    fn null_and_missing_members_are_unknown() {
        let stateless = FactOrders { country_code: None, ..order(2, 2, date!("2026-01-10"), "") };
        let named = order(3, 1, date!("2026-01-10"), "Unknown");
        let stranger = order(4, 9, date!("2026-01-10"), "FRA");
        let unknown = MartOrderTrends {
            country_code: "Unknown".into(),
            orders: 2,
            customers: 2,
            new_customers: 2,
            revenue: dec!(50.00),
            ..row()
        };
        assert_rows(
            &known(&[stranger, fact_order(), stateless, named]),
            &[row(), MartOrderTrends { customer_segment: "Unknown".into(), ..row() }, unknown],
        );
    }

    #[test]
    fn an_order_of_several_products_counts_once() {
        let line = |order_item_key, order_key, line_revenue, order_total| FactOrders {
            order_item_key,
            order_key,
            product_key: order_item_key,
            line_revenue,
            order_total,
            ..fact_order()
        };
        let facts = [
            line(1, 1, dec!(10.00), dec!(31.00)),
            line(2, 2, dec!(5.00), dec!(5.00)),
            line(3, 1, dec!(15.00), dec!(31.00)),
            line(4, 1, dec!(5.00), dec!(31.00)),
        ];
        let expected = MartOrderTrends { orders: 2, revenue: dec!(35.00), avg_order_value: Some(dec!(18.00)), ..row() };
        assert_rows(&known(&facts), &[expected]);
    }

    #[test]
    fn a_customer_is_new_on_the_day_of_the_first_sale() {
        let (first, second) = (date!("2026-01-09"), date!("2026-01-10"));
        let facts = [
            order(4, 1, second, "FRA"),
            order(1, 1, first, "FRA"),
            order(2, 1, first, "FRA"),
            order(3, 2, second, "FRA"),
        ];
        let expected = [
            MartOrderTrends { sale_date: first, orders: 2, revenue: dec!(50.00), ..row() },
            MartOrderTrends { orders: 2, customers: 2, revenue: dec!(50.00), ..row() },
        ];
        assert_rows(&known(&facts), &expected);

        // Coming back alone is being new no more.
        let again = MartOrderTrends { new_customers: 0, ..row() };
        let once = MartOrderTrends { sale_date: first, ..row() };
        assert_rows(&known(&[order(2, 1, second, "FRA"), order(1, 1, first, "FRA")]), &[once, again]);
    }

    #[test]
    fn whoever_buys_first_in_two_countries_is_new_in_both() {
        let (first, second) = (date!("2026-01-09"), date!("2026-01-10"));
        let facts = [order(1, 1, first, "FRA"), order(2, 1, first, "DEU"), order(3, 1, second, "ESP")];
        let expected = [
            MartOrderTrends { sale_date: first, country_code: "DEU".into(), ..row() },
            MartOrderTrends { sale_date: first, ..row() },
            MartOrderTrends { country_code: "ESP".into(), new_customers: 0, ..row() },
        ];
        assert_rows(&known(&facts), &expected);
    }

    #[test]
    fn half_a_cent_is_rounded_away_from_zero() {
        for (total, mean) in [(dec!(0.01), dec!(0.01)), (dec!(0.03), dec!(0.02)), (dec!(0.05), dec!(0.03))] {
            let order = |order_key, order_total| FactOrders { order_key, order_total, ..fact_order() };
            let found = known(&[order(1, total), order(2, dec!(0))]).rows();
            assert_eq!(found[0].avg_order_value, Some(mean), "{total}");
        }
    }

    #[test]
    fn rows_are_sorted_by_the_grain_and_orders_add_up() {
        let premium = DimCustomers { customer_key: 2, customer_segment: "Premium".into(), ..dim_customer() };
        let (one, two) = (date!("2025-12-31"), date!("2026-01-01"));
        let facts = [
            order(1, 2, two, "FRA"),
            order(2, 1, two, "FRA"),
            order(3, 2, one, "FRA"),
            order(4, 1, two, "DEU"),
            order(5, 1, one, "FRA"),
            FactOrders { order_item_key: 6, product_key: 2, ..order(5, 1, one, "FRA") },
        ];
        let rows = trends(&facts, &[premium, dim_customer()]).unwrap().rows();
        let grain: Vec<_> = rows.iter().map(|r| (r.sale_date, &*r.country_code, &*r.customer_segment)).collect();
        let expected = [
            (one, "FRA", "Freemium"),
            (one, "FRA", "Premium"),
            (two, "DEU", "Freemium"),
            (two, "FRA", "Freemium"),
            (two, "FRA", "Premium"),
        ];
        assert_eq!(grain, expected);
        assert_eq!(rows.iter().map(|r| r.orders).sum::<i64>(), 5);
    }

    #[test]
    fn a_customer_that_stands_twice_is_refused() {
        let error = trends(&[fact_order()], &[dim_customer(), dim_customer()]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Data);
    }
}
