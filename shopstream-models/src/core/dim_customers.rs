//! Customers, and what they bought.

use serde::{Deserialize, Serialize};
use shopstream_core::{
    Batch, Col, Columns, Decimal, Result, Table, Timestamp,
    compute::{Lookup, asc, order_by, zip},
    dec,
};
use std::iter::repeat_n;

use super::sale::is_sale;
use crate::{
    Params,
    staging::{StgOrders, StgUsers},
};

/// The customers, an account each, and what they bought.
#[derive(Table, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[table(layer = "core", grain(customer_key))]
pub struct DimCustomers {
    /// The customer.
    pub customer_key: i64,
    /// E-mail address.
    #[column(pii = "direct")]
    pub email: String,
    /// Given name.
    #[column(pii = "direct")]
    pub first_name: Option<String>,
    /// Family name.
    #[column(pii = "direct")]
    pub last_name: Option<String>,
    /// Given and family name, those that are known.
    #[column(pii = "direct")]
    pub full_name: Option<String>,
    /// Country of residence.
    #[column(pii = "indirect")]
    pub country_code: Option<String>,
    /// Premium or Freemium, by the plan.
    pub customer_segment: String,
    /// The plan.
    pub plan_type: String,
    /// Whether the account is open.
    pub is_active: bool,
    /// When the account was opened, UTC.
    #[column(pii = "indirect")]
    pub registration_date: Option<Timestamp>,
    /// When its owner was last seen, UTC.
    #[column(pii = "indirect")]
    pub last_login: Option<Timestamp>,
    /// The first sale, UTC.
    pub first_order_date: Option<Timestamp>,
    /// The last sale, UTC.
    pub last_order_date: Option<Timestamp>,
    /// How many sales.
    pub total_orders: i64,
    /// The sum of the sales' amounts.
    #[column(unit = "EUR")]
    pub lifetime_value: Decimal<38, 2>,
    /// By the days since the last sale: Active, At Risk, Churned or No Purchase.
    pub customer_status: String,
    /// When the build began.
    pub _built_at: Timestamp,
}

/// `staging.stg_users`, `staging.stg_orders` → `core.dim_customers`.
///
/// # Errors
/// `Data` when a sum has more than 38 digits.
pub fn dim_customers(
    users: &Batch<StgUsers>,
    orders: &Batch<StgOrders>,
    params: &Params,
) -> Result<Batch<DimCustomers>> {
    let (sales, (buyer,)) = orders.filter(&is_sale(orders, params)).group_by((&orders.customer_id,))?;
    let bought = Lookup::new(&buyer)?.find(&users.customer_id)?;
    let last_order_date = bought.get(&sales.max(&orders.order_date)?).to_col()?;

    let batch = DimCustomersColumns {
        customer_key: users.customer_id.clone(),
        email: users.email.clone(),
        first_name: users.first_name.clone(),
        last_name: users.last_name.clone(),
        full_name: full_name(&users.first_name, &users.last_name),
        country_code: users.country_code.clone(),
        customer_segment: users.plan_type.values().map(|plan| segment(plan, params)).collect(),
        plan_type: users.plan_type.clone(),
        is_active: users.is_active.clone(),
        registration_date: users.registered_at.clone(),
        last_login: users.last_login_at.clone(),
        first_order_date: bought.get(&sales.min(&orders.order_date)?).to_col()?,
        total_orders: bought.get_or(&sales.count(), 0).to_col()?,
        lifetime_value: bought.get_or(&sales.sum(&orders.order_amount)?, dec!(0)).to_col()?,
        customer_status: last_order_date.values().map(|last| status(last, params)).collect(),
        _built_at: repeat_n(params.built_at, users.num_rows()).collect(),
        last_order_date,
    }
    .batch()?;
    order_by([asc(&batch.customer_key)])?.take_batch(&batch)
}

fn segment(plan: &str, params: &Params) -> &'static str {
    if params.premium_plans.iter().any(|premium| premium == plan) { "Premium" } else { "Freemium" }
}

fn status(last_order: Option<Timestamp>, params: &Params) -> &'static str {
    match last_order.map(|last| params.as_of.days_since(last.date())) {
        None => "No Purchase",
        Some(days) if days <= params.active_days => "Active",
        Some(days) if days <= params.at_risk_days => "At Risk",
        Some(_) => "Churned",
    }
}

fn full_name(first: &Col<Option<String>>, last: &Col<Option<String>>) -> Col<Option<String>> {
    let names: Vec<Option<String>> = zip((first, last))
        .map(|(first, last)| match (first, last) {
            (Some(first), Some(last)) => Some(format!("{first} {last}")),
            (name, None) | (None, name) => name.map(str::to_owned),
        })
        .collect();
    names.iter().map(Option::as_deref).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{assert_rows, dim_customer, params, stg_order, stg_user};
    use shopstream_core::{date, timestamp};

    fn run(users: &[StgUsers], orders: &[StgOrders], params: &Params) -> Batch<DimCustomers> {
        dim_customers(&Batch::from_rows(users), &Batch::from_rows(orders), params).unwrap()
    }

    /// A customer who never bought.
    fn no_purchase() -> DimCustomers {
        DimCustomers {
            first_order_date: None,
            last_order_date: None,
            total_orders: 0,
            lifetime_value: dec!(0),
            customer_status: "No Purchase".to_owned(),
            ..dim_customer()
        }
    }

    fn user(customer_id: i64) -> StgUsers {
        StgUsers { customer_id, ..stg_user() }
    }

    #[test]
    fn a_customer_and_an_order() {
        assert_rows(&run(&[stg_user()], &[stg_order()], &params()), &[dim_customer()]);
        assert_rows(&run(&[stg_user()], &[], &params()), &[no_purchase()]);
        assert_rows(&run(&[], &[stg_order()], &params()), &[]);
        assert_rows(&run(&[], &[], &params()), &[]);
    }

    #[test]
    fn what_is_null_stays_null() {
        let null = StgUsers {
            first_name: None,
            last_name: None,
            country_code: None,
            registered_at: None,
            last_login_at: None,
            is_active: false,
            ..stg_user()
        };
        let expected = DimCustomers {
            first_name: None,
            last_name: None,
            full_name: None,
            country_code: None,
            registration_date: None,
            last_login: None,
            is_active: false,
            ..no_purchase()
        };
        assert_rows(&run(&[null], &[], &params()), &[expected]);
    }

    #[test]
    fn the_full_name_is_of_the_names_that_are_known() {
        let name = |first: Option<&str>, last: Option<&str>| {
            let (first_name, last_name) = (first.map(str::to_owned), last.map(str::to_owned));
            let dim = run(&[StgUsers { first_name, last_name, ..stg_user() }], &[], &params());
            dim.full_name.get(0).map(str::to_owned)
        };
        assert_eq!(name(Some("Zoë"), Some("de la Tour")).as_deref(), Some("Zoë de la Tour"));
        assert_eq!(name(Some("Zoë"), None).as_deref(), Some("Zoë"));
        assert_eq!(name(None, Some("Tour")).as_deref(), Some("Tour"));
        assert_eq!(name(None, None), None);
        // An empty name is one: it is not NULL.
        assert_eq!(name(Some(""), Some("Tour")).as_deref(), Some(" Tour"));
    }

    #[test]
    fn the_segment_is_of_the_plan() {
        let segment = |plan: &str, params: &Params| {
            let dim = run(&[StgUsers { plan_type: plan.to_owned(), ..stg_user() }], &[], params);
            let expected = DimCustomers {
                plan_type: plan.to_owned(),
                customer_segment: dim.customer_segment.get(0).to_owned(),
                ..no_purchase()
            };
            assert_rows(&dim, &[expected]);
            dim.customer_segment.get(0).to_owned()
        };
        let plans = ["freemium", "premium", "enterprise", "premium ", "other", ""];
        let by_default = plans.map(|plan| segment(plan, &params()));
        assert_eq!(by_default, ["Freemium", "Premium", "Premium", "Freemium", "Freemium", "Freemium"]);
        let other = params().with_premium_plans(["other", "freemium"]);
        let by_parameter = plans.map(|plan| segment(plan, &other));
        assert_eq!(by_parameter, ["Premium", "Freemium", "Freemium", "Freemium", "Premium", "Freemium"]);
        let none = params().with_premium_plans(Vec::<String>::new());
        assert_eq!(segment("premium", &none), "Freemium");
    }

    #[test]
    fn only_sales_count() {
        let order = |order_id, status: Option<&str>| StgOrders {
            order_id,
            order_status: status.map(str::to_owned),
            order_amount: dec!(10.00),
            ..stg_order()
        };
        for status in [Some("PENDING"), Some("CANCELLED"), Some("paid"), Some("REFUNDED"), Some(""), None] {
            assert_rows(&run(&[stg_user()], &[order(1, status)], &params()), &[no_purchase()]);
        }
        let undated = StgOrders { order_date: None, ..stg_order() };
        assert_rows(&run(&[stg_user()], &[undated], &params()), &[no_purchase()]);

        let orders = ["PAID", "CANCELLED", "SHIPPED", "PENDING", "DELIVERED"];
        let orders: Vec<_> = (1..).zip(orders).map(|(id, status)| order(id, Some(status))).collect();
        let expected = DimCustomers { total_orders: 3, lifetime_value: dec!(30.00), ..dim_customer() };
        assert_rows(&run(&[stg_user()], &orders, &params()), &[expected]);
    }

    #[test]
    fn only_sales_on_or_after_the_start_date_count() {
        let order = |order_id, at| StgOrders { order_id, order_date: Some(at), ..stg_order() };
        let before = order(1, timestamp!("2025-12-31 23:59:59.999999"));
        let first = order(2, timestamp!("2026-01-01 00:00:00"));
        let params = params().with_start_date(date!("2026-01-01"));
        assert_rows(&run(&[stg_user()], std::slice::from_ref(&before), &params), &[no_purchase()]);
        let expected =
            DimCustomers { first_order_date: first.order_date, last_order_date: first.order_date, ..dim_customer() };
        assert_rows(&run(&[stg_user()], &[before, first], &params), &[expected]);
    }

    #[test]
    fn first_and_last_order_count_and_value_are_of_the_customer() {
        let order = |order_id, customer_id, order_date, order_amount| StgOrders {
            order_id,
            customer_id,
            order_date: Some(order_date),
            order_amount,
            ..stg_order()
        };
        let (early, noon, late) =
            (timestamp!("2025-12-31 10:00:00"), timestamp!("2026-01-10 12:00:00"), timestamp!("2026-01-10 12:00:01"));
        let orders = [
            order(4, 3, noon, dec!(99999999.99)),
            order(1, 1, noon, dec!(0.10)),
            order(2, 1, late, dec!(0.20)),
            order(5, 3, noon, dec!(99999999.99)),
            order(3, 1, early, dec!(0.03)),
            // Of an account that is not known.
            order(6, 4, late, dec!(1.00)),
        ];
        let expected = [
            DimCustomers {
                first_order_date: Some(early),
                last_order_date: Some(late),
                total_orders: 3,
                lifetime_value: dec!(0.33),
                ..dim_customer()
            },
            DimCustomers { customer_key: 2, ..no_purchase() },
            DimCustomers { customer_key: 3, total_orders: 2, lifetime_value: dec!(199999999.98), ..dim_customer() },
        ];
        assert_rows(&run(&[user(3), user(1), user(2)], &orders, &params()), &expected);
    }

    #[test]
    fn the_status_is_by_whole_days_since_the_last_sale() {
        let status = |days: i32, params: &Params| {
            let day = params.as_of.plus_days(-days);
            let ends = [day.midnight(), day.midnight().plus_micros(Timestamp::DAY - 1)];
            let [first, last] = ends.map(|at| {
                let dim = run(&[stg_user()], &[StgOrders { order_date: Some(at), ..stg_order() }], params);
                dim.customer_status.get(0).to_owned()
            });
            assert_eq!(first, last, "{days} days");
            first
        };
        let by_default = [0, 30, 31, 90, 91, 400].map(|days| status(days, &params()));
        assert_eq!(by_default, ["Active", "Active", "At Risk", "At Risk", "Churned", "Churned"]);
        // A sale after the day of the run.
        assert_eq!(status(-1, &params()), "Active");
        let other = Params { active_days: 1, at_risk_days: 2, ..params() };
        assert_eq!([1, 2, 3].map(|days| status(days, &other)), ["Active", "At Risk", "Churned"]);
    }
}
