//! What customers are worth, and how likely they are to leave.

use serde::{Deserialize, Serialize};
use shopstream_core::{
    Batch, Col, Columns, Decimal, Result, Table, Timestamp,
    compute::{Lookup, asc, desc, order_by, zip},
};

use super::UNKNOWN;
use crate::{
    Params,
    core::{DimCustomers, FactOrders},
};

/// What customers are worth, and how likely they are to leave: a row a customer who bought.
#[derive(Table, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[table(layer = "marts", grain(customer_key))]
pub struct MartCustomerLtv {
    /// The customer.
    pub customer_key: i64,
    /// E-mail address, where the customer is known.
    #[column(pii = "direct")]
    pub email: Option<String>,
    /// Full name, where it is known.
    #[column(pii = "direct")]
    pub full_name: Option<String>,
    /// Country of residence, where it is known.
    #[column(pii = "indirect")]
    pub country_code: Option<String>,
    /// Premium or Freemium; Unknown where there is no such customer.
    pub customer_segment: String,
    /// Active, At Risk or Churned, where the customer is known.
    pub customer_status: Option<String>,
    /// The last sale, UTC.
    pub last_order_date: Timestamp,
    /// Days since then.
    #[column(unit = "days", non_additive)]
    pub days_since_last_order: i64,
    /// How many orders.
    pub total_orders: i64,
    /// Days from the first sale to the last.
    #[column(unit = "days", non_additive)]
    pub customer_lifespan_days: i64,
    /// The sum of the lines' amounts.
    #[column(unit = "EUR")]
    pub lifetime_value: Decimal<38, 2>,
    /// The mean amount of the orders, each counted once.
    #[column(unit = "EUR", non_additive)]
    pub avg_order_value: Decimal<38, 2>,
    /// The first sale, UTC.
    pub first_order_date: Timestamp,
    /// By the days since the last sale, in fifths: 5 is the least.
    #[column(non_additive)]
    pub recency_score: i64,
    /// By the orders, in fifths: 5 is the most.
    #[column(non_additive)]
    pub frequency_score: i64,
    /// By the lifetime value, in fifths: 5 is the most.
    #[column(non_additive)]
    pub monetary_score: i64,
    /// The sum of the three.
    #[column(non_additive)]
    pub rfm_total_score: i64,
    /// What the three say: see [`rfm_segment`].
    pub rfm_segment: String,
    /// High, Medium or Low, by the days since the last sale.
    pub churn_risk: String,
}

/// `core.fact_orders`, `core.dim_customers` → `marts.mart_customer_ltv`.
///
/// # Errors
/// `Data` when a sum is too large, or a customer stands twice.
pub fn mart_customer_ltv(
    facts: &Batch<FactOrders>,
    customers: &Batch<DimCustomers>,
    params: &Params,
) -> Result<Batch<MartCustomerLtv>> {
    let (sales, (customer_key,)) = facts.filter(&facts.is_completed).group_by((&facts.customer_key,))?;
    let customer = Lookup::new(&customers.customer_key)?.find(&customer_key)?;

    let orders = sales.distinct(&facts.order_key)?;
    let total_orders = orders.count();
    let lifetime_value = sales.sum(&facts.line_revenue)?;
    let first_order_date = sales.min(&facts.order_timestamp)?.not_null()?;
    let last_order_date = sales.max(&facts.order_timestamp)?.not_null()?;
    let days_since: Col<i64> = last_order_date.values().map(|t| params.as_of.days_since(t.date())).collect();

    let recency_score = order_by([desc(&days_since), asc(&customer_key)])?.ntile(5)?;
    let frequency_score = order_by([asc(&total_orders), asc(&customer_key)])?.ntile(5)?;
    let monetary_score = order_by([asc(&lifetime_value), asc(&customer_key)])?.ntile(5)?;
    let scores = || zip((&recency_score, &frequency_score, &monetary_score));

    MartCustomerLtvColumns {
        email: customer.get(&customers.email).to_col()?,
        full_name: customer.get(&customers.full_name).to_col()?,
        country_code: customer.get(&customers.country_code).to_col()?,
        customer_segment: customer.get_or(&customers.customer_segment, UNKNOWN).to_col()?,
        customer_status: customer.get(&customers.customer_status).to_col()?,
        customer_lifespan_days: zip((&first_order_date, &last_order_date))
            .map(|(first, last)| last.date().days_since(first.date()))
            .collect(),
        avg_order_value: orders.mean::<_, 38, 2>(&facts.order_total)?.not_null()?,
        rfm_total_score: scores().map(|(r, f, m)| r + f + m).collect(),
        rfm_segment: scores().map(|(r, f, m)| rfm_segment(r, f, m)).collect(),
        churn_risk: days_since.values().map(|days| churn_risk(days, params)).collect(),
        days_since_last_order: days_since,
        customer_key,
        last_order_date,
        total_orders,
        lifetime_value,
        first_order_date,
        recency_score,
        frequency_score,
        monetary_score,
    }
    .batch()
}

/// The segment of a customer by the scores of recency, frequency and money, 1 to 5 each: the first rule that holds.
pub fn rfm_segment(recency: i64, frequency: i64, monetary: i64) -> &'static str {
    match (recency, frequency, monetary) {
        (4.., 4.., 4..) => "Champions",
        (3.., 3.., 3..) => "Loyal Customers",
        (4.., ..=2, _) => "New Customers",
        (3.., _, 3..) => "Potential Loyalists",
        (..=2, 3.., _) => "At Risk",
        (..=2, _, 4..) => "Cannot Lose Them",
        (..=2, _, _) => "Hibernating",
        _ => "Others",
    }
}

fn churn_risk(days: i64, params: &Params) -> &'static str {
    match days {
        days if days > params.churn_high_days => "High",
        days if days > params.churn_medium_days => "Medium",
        _ => "Low",
    }
}

#[cfg(test)]
mod tests;
