use polars::prelude::*;

use crate::{
    cells::assert_same,
    frame::{built_at, days_to_as_of, frame, left_join, sales},
    models::Models,
    shop::Shop,
};

pub(crate) fn oracle(shop: &Shop) -> LazyFrame {
    let params = &shop.params;
    let bought = sales(frame(&shop.orders), params).group_by([col("customer_id")]).agg([
        col("order_date").min().alias("first_order_date"),
        col("order_date").max().alias("last_order_date"),
        col("order_id").n_unique().alias("total_orders"),
        col("order_amount").sum().alias("lifetime_value"),
    ]);

    let no_name = col("first_name").is_null().and(col("last_name").is_null());
    let full_name = when(no_name).then(lit(NULL).cast(DataType::String)).otherwise(concat_str(
        [col("first_name"), col("last_name")],
        " ",
        true,
    ));
    let premium = |found: Expr, plan: &String| found.or(col("plan_type").eq(lit(plan.clone())));
    let premium = params.premium_plans.iter().fold(lit(false), premium);
    let days = || days_to_as_of(col("last_order_date"), params);
    let status = when(col("last_order_date").is_null())
        .then(lit("No Purchase"))
        .when(days().lt_eq(lit(params.active_days)))
        .then(lit("Active"))
        .when(days().lt_eq(lit(params.at_risk_days)))
        .then(lit("At Risk"))
        .otherwise(lit("Churned"));

    left_join(frame(&shop.users), "customer_id", bought, "customer_id")
        .select([
            col("customer_id").alias("customer_key"),
            col("email"),
            col("first_name"),
            col("last_name"),
            full_name.alias("full_name"),
            col("country_code"),
            when(premium).then(lit("Premium")).otherwise(lit("Freemium")).alias("customer_segment"),
            col("plan_type"),
            col("is_active"),
            col("registered_at").alias("registration_date"),
            col("last_login_at").alias("last_login"),
            col("first_order_date"),
            col("last_order_date"),
            col("total_orders").fill_null(lit(0)),
            col("lifetime_value").fill_null(lit(0)),
            status.alias("customer_status"),
            built_at(params),
        ])
        .sort(["customer_key"], SortMultipleOptions::default())
}

#[test]
fn is_what_polars_says() {
    for shop in Shop::several() {
        assert_same(&Models::of(&shop).dim_customers, oracle(&shop));
    }
}
