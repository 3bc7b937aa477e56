//! How products sell, by revenue.

use serde::{Deserialize, Serialize};
use shopstream_core::{
    Batch, Col, Columns, Decimal, Error, Result, Table, Timestamp,
    compute::{Lookup, asc, desc, order_by, ratio, zip},
};
use std::iter::repeat_n;

use crate::core::{DimProducts, FactOrders};

/// How products sell: a row a product that was sold, the most revenue first.
#[derive(Table, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[table(layer = "marts", grain(product_key))]
pub struct MartProductPerformance {
    /// The product.
    pub product_key: i64,
    /// Its name, where it is known.
    pub product_name: Option<String>,
    /// Its category, where it is known.
    pub product_category: Option<String>,
    /// In how many orders it was.
    #[column(non_additive)]
    pub total_orders: i64,
    /// How many pieces were sold.
    #[column(unit = "pieces")]
    pub total_quantity_sold: i64,
    /// The sum of its lines' amounts.
    #[column(unit = "EUR")]
    pub total_revenue: Decimal<38, 2>,
    /// The mean price of a piece over its lines.
    #[column(unit = "EUR", non_additive)]
    pub avg_unit_price: Decimal<38, 2>,
    /// The sum of its lines' margins.
    #[column(unit = "EUR")]
    pub total_margin: Decimal<38, 4>,
    /// Margin over revenue.
    #[column(non_additive)]
    pub margin_rate: Option<Decimal<18, 6>>,
    /// Its first sale, UTC.
    pub first_sale_date: Timestamp,
    /// Its last sale, UTC.
    pub last_sale_date: Timestamp,
    /// Its place by revenue: 1 is the most.
    #[column(non_additive)]
    pub revenue_rank: i64,
    /// Its share of all revenue.
    #[column(non_additive)]
    pub revenue_pct: Option<Decimal<18, 6>>,
    /// The share of it and all before it.
    #[column(non_additive)]
    pub cumulative_revenue_pct: Option<Decimal<18, 6>>,
    /// A while those before it have less than 80 % of all revenue, B while less than 95 %, else C.
    pub abc_class: String,
    /// Top 10, Top 50 or Long Tail, by rank.
    pub performance_tier: String,
}

/// `core.fact_orders`, `core.dim_products` → `marts.mart_product_performance`.
///
/// # Errors
/// `Data` when a sum is too large, or a product stands twice.
pub fn mart_product_performance(
    facts: &Batch<FactOrders>,
    products: &Batch<DimProducts>,
) -> Result<Batch<MartProductPerformance>> {
    let (sales, (product_key,)) = facts.filter(&facts.is_completed).group_by((&facts.product_key,))?;
    let product = Lookup::new(&products.product_key)?.find(&product_key)?;

    let total_revenue = sales.sum(&facts.line_revenue)?;
    let total_margin = sales.sum(&facts.estimated_margin)?;
    let by_revenue = order_by([desc(&total_revenue), asc(&product_key)])?;
    let revenue_rank = by_revenue.rank()?;
    let cumulated = by_revenue.running_sum(&total_revenue)?;
    let all = by_revenue.rows().last().map(|last| cumulated.get(*last as usize)).unwrap_or_default();
    let all: Col<Decimal<38, 2>> = repeat_n(all, product_key.len()).collect();

    let batch = MartProductPerformanceColumns {
        product_name: product.get(&products.product_name).to_col()?,
        product_category: product.get(&products.product_category).to_col()?,
        total_orders: sales.count_distinct(&facts.order_key)?,
        total_quantity_sold: sales.sum(&facts.quantity_sold)?,
        avg_unit_price: sales.mean::<_, 38, 2>(&facts.unit_price)?.not_null()?,
        margin_rate: ratio(&total_margin, &total_revenue)?,
        first_sale_date: sales.min(&facts.order_timestamp)?.not_null()?,
        last_sale_date: sales.max(&facts.order_timestamp)?.not_null()?,
        revenue_pct: ratio(&total_revenue, &all)?,
        cumulative_revenue_pct: ratio(&cumulated, &all)?,
        abc_class: abc_classes(&cumulated, &total_revenue, &all)?.into_iter().collect(),
        performance_tier: revenue_rank.values().map(tier).collect(),
        product_key,
        total_revenue,
        total_margin,
        revenue_rank,
    }
    .batch()?;
    by_revenue.take_batch(&batch)
}

fn tier(rank: i64) -> &'static str {
    match rank {
        ..=10 => "Top 10",
        11..=50 => "Top 50",
        _ => "Long Tail",
    }
}

fn abc_classes(
    cumulated: &Col<Decimal<38, 2>>,
    revenue: &Col<Decimal<38, 2>>,
    all: &Col<Decimal<38, 2>>,
) -> Result<Vec<&'static str>> {
    let class = |(cumulated, revenue, all): (Decimal<38, 2>, Decimal<38, 2>, Decimal<38, 2>)| {
        let before = cumulated.units() - revenue.units();
        Ok(match (share_below(before, all.units(), (4, 5))?, share_below(before, all.units(), (19, 20))?) {
            (true, _) => "A",
            (_, true) => "B",
            _ => "C",
        })
    };
    zip((cumulated, revenue, all)).map(class).collect()
}

/// Whether `part` / `all` < `limit`, exactly; not when `all` is 0, for then there is no share.
fn share_below(part: i128, all: i128, (numerator, denominator): (i128, i128)) -> Result<bool> {
    let too_large = || Error::data("revenue is too large to tell its shares");
    let (part, all) = (part.checked_mul(all.signum()).ok_or_else(too_large)?, all.checked_abs().ok_or_else(too_large)?);
    let left = part.checked_mul(denominator).ok_or_else(too_large)?;
    let right = all.checked_mul(numerator).ok_or_else(too_large)?;
    Ok(all != 0 && left < right)
}

#[cfg(test)]
mod tests;
