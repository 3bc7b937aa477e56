use polars::prelude::*;

use crate::{
    cells::assert_same,
    dim_customers, fact_orders,
    frame::{day, days_to_as_of, left_join, quotient},
    models::Models,
    shop::Shop,
};

pub(crate) fn oracle(shop: &Shop) -> LazyFrame {
    let params = &shop.params;
    // An order's amount stands on each of its lines, and counts once.
    let orders = fact_orders::completed(shop).group_by(["customer_key", "order_key"].map(col)).agg([
        col("order_total").first(),
        col("order_timestamp").first(),
        col("line_revenue").sum(),
    ]);
    let customers = orders
        .group_by([col("customer_key")])
        .agg([
            col("order_timestamp").min().alias("first_order_date"),
            col("order_timestamp").max().alias("last_order_date"),
            len().cast(DataType::Int64).alias("total_orders"),
            col("line_revenue").sum().alias("lifetime_value"),
            col("order_total").sum().alias("order_totals"),
        ])
        .with_columns([
            days_to_as_of(col("last_order_date"), params).alias("days_since_last_order"),
            (day(col("last_order_date")) - day(col("first_order_date"))).alias("customer_lifespan_days"),
        ])
        .with_columns(quotient("avg_order_value", col("order_totals"), 1, col("total_orders")));
    let known = dim_customers::oracle(shop)
        .select(["customer_key", "email", "full_name", "country_code", "customer_segment", "customer_status"].map(col));

    let customers = fifths(customers, "days_since_last_order", true, "recency_score");
    let customers = fifths(customers, "total_orders", false, "frequency_score");
    let customers = fifths(customers, "lifetime_value", false, "monetary_score");
    let (r, f, m) = (|| col("recency_score"), || col("frequency_score"), || col("monetary_score"));
    let least = |score: Expr, n: i64| score.gt_eq(lit(n));
    let most = |score: Expr, n: i64| score.lt_eq(lit(n));
    let days = || col("days_since_last_order");
    left_join(customers, "customer_key", known, "customer_key")
        .with_columns([
            col("customer_segment").fill_null(lit("Unknown")),
            (r() + f() + m()).alias("rfm_total_score"),
            when(least(r(), 4).and(least(f(), 4)).and(least(m(), 4)))
                .then(lit("Champions"))
                .when(least(r(), 3).and(least(f(), 3)).and(least(m(), 3)))
                .then(lit("Loyal Customers"))
                .when(least(r(), 4).and(most(f(), 2)))
                .then(lit("New Customers"))
                .when(least(r(), 3).and(least(m(), 3)))
                .then(lit("Potential Loyalists"))
                .when(most(r(), 2).and(least(f(), 3)))
                .then(lit("At Risk"))
                .when(most(r(), 2).and(least(m(), 4)))
                .then(lit("Cannot Lose Them"))
                .when(most(r(), 2))
                .then(lit("Hibernating"))
                .otherwise(lit("Others"))
                .alias("rfm_segment"),
            when(days().gt(lit(params.churn_high_days)))
                .then(lit("High"))
                .when(days().gt(lit(params.churn_medium_days)))
                .then(lit("Medium"))
                .otherwise(lit("Low"))
                .alias("churn_risk"),
        ])
        .sort(["customer_key"], SortMultipleOptions::default())
}

/// NTILE(5) by a column, ties by customer: of n rows the first n mod 5 fifths have one more than the others.
fn fifths(customers: LazyFrame, by: &str, descending: bool, score: &str) -> LazyFrame {
    let row = format!("{score}.row");
    let order = SortMultipleOptions::default().with_order_descending_multi([descending, false]);
    let at = || col(&row).cast(DataType::Int64);
    let n = || len().cast(DataType::Int64);
    let (fifth, longer) = (|| n().floor_div(lit(5i64)), || n() % lit(5i64));
    let in_longer = longer() * (fifth() + lit(1i64));
    let tile = when(at().lt(in_longer))
        .then(at().floor_div(fifth() + lit(1i64)))
        .otherwise((at() - longer()).floor_div(fifth()));
    customers
        .sort([by, "customer_key"], order)
        .with_row_index(row.as_str(), None)
        .with_columns([(tile + lit(1i64)).alias(score)])
}

#[test]
fn is_what_polars_says() {
    for shop in Shop::several() {
        assert_same(&Models::of(&shop).mart_customer_ltv, oracle(&shop));
    }
}
