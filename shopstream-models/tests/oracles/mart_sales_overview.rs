use polars::prelude::*;

use crate::{
    cells::assert_same,
    dim_customers, dim_products, fact_orders,
    frame::{left_join, quotient},
    models::Models,
    shop::Shop,
};

const GRAIN: [&str; 4] = ["sale_date", "country_code", "product_category", "customer_segment"];

pub(crate) fn oracle(shop: &Shop) -> LazyFrame {
    let known = |name: &str| col(name).fill_null(lit("Unknown"));
    let products = dim_products::oracle(shop).select([col("product_key"), col("product_category")]);
    let customers = dim_customers::oracle(shop).select([col("customer_key"), col("customer_segment")]);
    let facts = left_join(fact_orders::completed(shop), "product_key", products, "product_key");
    let facts = left_join(facts, "customer_key", customers, "customer_key").with_columns([
        col("date_key").alias("sale_date"),
        known("country_code"),
        known("product_category"),
        known("customer_segment"),
    ]);

    // An order's amount stands on each of its lines, and counts once.
    let each_order = [GRAIN.as_slice(), &["order_key"]].concat();
    let orders = facts.clone().group_by(each_order.into_iter().map(col).collect::<Vec<_>>());
    let amounts = orders
        .agg([col("order_total").first()])
        .group_by(GRAIN.map(col))
        .agg([col("order_total").sum().alias("order_totals"), len().alias("orders")]);

    let groups = facts.group_by(GRAIN.map(col)).agg([
        col("order_key").n_unique().alias("total_orders"),
        col("customer_key").n_unique().alias("unique_customers"),
        col("quantity_sold").sum().alias("total_quantity"),
        col("line_revenue").sum().alias("total_revenue"),
        col("estimated_margin").sum().alias("total_margin"),
    ]);
    groups
        .join(amounts, GRAIN.map(col), GRAIN.map(col), JoinArgs::new(JoinType::Inner))
        .with_columns(quotient("avg_order_value", col("order_totals"), 1, col("orders")))
        .with_columns(quotient("revenue_per_order", col("total_revenue"), 1, col("total_orders")))
        // The margin has two digits more than the revenue, and the rate six.
        .with_columns(quotient("margin_rate", col("total_margin"), 10_000, col("total_revenue")))
        .sort(GRAIN, SortMultipleOptions::default())
}

#[test]
fn is_what_polars_says() {
    for shop in Shop::several() {
        assert_same(&Models::of(&shop).mart_sales_overview, oracle(&shop));
    }
}
