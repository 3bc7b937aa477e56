use polars::prelude::*;

use crate::{
    cells::assert_same,
    dim_products, fact_orders,
    frame::{left_join, quotient},
    models::Models,
    shop::Shop,
};

pub(crate) fn oracle(shop: &Shop) -> LazyFrame {
    let sold = fact_orders::completed(shop).group_by([col("product_key")]).agg([
        col("order_key").n_unique().alias("total_orders"),
        col("quantity_sold").sum().alias("total_quantity_sold"),
        col("line_revenue").sum().alias("total_revenue"),
        col("unit_price").sum().alias("unit_prices"),
        len().alias("lines"),
        col("estimated_margin").sum().alias("total_margin"),
        col("order_timestamp").min().alias("first_sale_date"),
        col("order_timestamp").max().alias("last_sale_date"),
    ]);
    let products = dim_products::oracle(shop).select(["product_key", "product_name", "product_category"].map(col));

    let (all, before) = (|| col("all"), || col("cumulated") - col("total_revenue"));
    // The share before the row is below `of` / 100; a share of nothing is NULL, which is below nothing.
    let below = |of: i64| {
        when(all().gt(lit(0)))
            .then((before() * lit(100)).lt(all() * lit(of)))
            .when(all().lt(lit(0)))
            .then((before() * lit(100)).gt(all() * lit(of)))
            .otherwise(lit(false))
    };
    left_join(sold, "product_key", products, "product_key")
        .sort(
            ["total_revenue", "product_key"],
            SortMultipleOptions::default().with_order_descending_multi([true, false]),
        )
        .with_row_index("revenue_rank", Some(1))
        .with_columns([col("total_revenue").cum_sum(false).alias("cumulated"), col("total_revenue").sum().alias("all")])
        .with_columns([
            when(below(80)).then(lit("A")).when(below(95)).then(lit("B")).otherwise(lit("C")).alias("abc_class"),
            when(col("revenue_rank").lt_eq(lit(10)))
                .then(lit("Top 10"))
                .when(col("revenue_rank").lt_eq(lit(50)))
                .then(lit("Top 50"))
                .otherwise(lit("Long Tail"))
                .alias("performance_tier"),
        ])
        .with_columns(quotient("avg_unit_price", col("unit_prices"), 1, col("lines")))
        .with_columns(quotient("margin_rate", col("total_margin"), 10_000, col("total_revenue")))
        .with_columns(quotient("revenue_pct", col("total_revenue"), 1_000_000, all()))
        .with_columns(quotient("cumulative_revenue_pct", col("cumulated"), 1_000_000, all()))
}

#[test]
fn is_what_polars_says() {
    for shop in Shop::several() {
        assert_same(&Models::of(&shop).mart_product_performance, oracle(&shop));
    }
}
