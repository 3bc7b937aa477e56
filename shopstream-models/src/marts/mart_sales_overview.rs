//! Sales by day, country, category and segment.

use serde::{Deserialize, Serialize};
use shopstream_core::{
    Batch, Columns, Date, Decimal, Result, Table,
    compute::{Lookup, ratio},
};

use super::UNKNOWN;
use crate::core::{DimCustomers, DimProducts, FactOrders};

/// Sales by day, country, category and segment. An order with two categories is in two rows: orders add up over
/// the other columns only, see `mart_order_trends`.
#[derive(Table, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[table(layer = "marts", grain(sale_date, country_code, product_category, customer_segment))]
pub struct MartSalesOverview {
    /// The day of the orders.
    pub sale_date: Date,
    /// The orders' country; Unknown where there is none.
    pub country_code: String,
    /// The products' category; Unknown where there is none, or no such product.
    pub product_category: String,
    /// The customers' segment; Unknown where there is no such customer.
    pub customer_segment: String,
    /// How many orders.
    #[column(non_additive)]
    pub total_orders: i64,
    /// How many customers.
    #[column(non_additive)]
    pub unique_customers: i64,
    /// How many pieces.
    #[column(unit = "pieces")]
    pub total_quantity: i64,
    /// The sum of the lines' amounts.
    #[column(unit = "EUR")]
    pub total_revenue: Decimal<38, 2>,
    /// The sum of the lines' margins.
    #[column(unit = "EUR")]
    pub total_margin: Decimal<38, 4>,
    /// The mean amount of the orders, each counted once and whole.
    #[column(unit = "EUR", non_additive)]
    pub avg_order_value: Option<Decimal<38, 2>>,
    /// Revenue over orders.
    #[column(unit = "EUR", non_additive)]
    pub revenue_per_order: Option<Decimal<38, 2>>,
    /// Margin over revenue.
    #[column(non_additive)]
    pub margin_rate: Option<Decimal<18, 6>>,
}

/// `core.fact_orders`, `core.dim_products`, `core.dim_customers` → `marts.mart_sales_overview`.
///
/// # Errors
/// `Data` when a sum is too large, or a product or customer stands twice.
pub fn mart_sales_overview(
    facts: &Batch<FactOrders>,
    products: &Batch<DimProducts>,
    customers: &Batch<DimCustomers>,
) -> Result<Batch<MartSalesOverview>> {
    let product = Lookup::new(&products.product_key)?.find(&facts.product_key)?;
    let customer = Lookup::new(&customers.customer_key)?.find(&facts.customer_key)?;
    let category = products.product_category.or(UNKNOWN);
    let country = facts.country_code.or(UNKNOWN);

    let (sales, (sale_date, country_code, product_category, customer_segment)) =
        facts.filter(&facts.is_completed).group_by((
            &facts.date_key,
            &country,
            product.get_or(&category, UNKNOWN),
            customer.get_or(&customers.customer_segment, UNKNOWN),
        ))?;
    let orders = sales.distinct(&facts.order_key)?;
    let total_orders = orders.count();
    let total_revenue = sales.sum(&facts.line_revenue)?;
    let total_margin = sales.sum(&facts.estimated_margin)?;

    MartSalesOverviewColumns {
        unique_customers: sales.count_distinct(&facts.customer_key)?,
        total_quantity: sales.sum(&facts.quantity_sold)?,
        avg_order_value: orders.mean(&facts.order_total)?,
        revenue_per_order: ratio(&total_revenue, &total_orders)?,
        margin_rate: ratio(&total_margin, &total_revenue)?,
        sale_date,
        country_code,
        product_category,
        customer_segment,
        total_orders,
        total_revenue,
        total_margin,
    }
    .batch()
}

#[cfg(test)]
mod tests;
