use polars::prelude::*;

use crate::{
    cells::assert_same,
    frame::{counts, frame, inner_join, is_sale_status, left_join},
    models::Models,
    shop::Shop,
};

pub(crate) fn oracle(shop: &Shop) -> LazyFrame {
    let params = &shop.params;
    let orders = frame(&shop.orders).filter(counts("order_date", params));
    let products = frame(&shop.products).select([col("product_id"), col("merchant_id")]);
    let lines = inner_join(frame(&shop.order_items), "order_id", orders, "order_id");

    let hundredths = i64::try_from(params.margin_rate.units()).unwrap();
    left_join(lines, "product_id", products, "product_id")
        .select([
            col("order_item_id").alias("order_item_key"),
            col("order_id").alias("order_key"),
            col("customer_id").alias("customer_key"),
            col("product_id").alias("product_key"),
            col("merchant_id"),
            col("order_date").dt().date().alias("date_key"),
            col("order_status"),
            col("country_code"),
            col("payment_method"),
            col("order_date").alias("order_timestamp"),
            col("quantity").alias("quantity_sold"),
            col("unit_price"),
            col("line_total").alias("line_revenue"),
            col("order_amount").alias("order_total"),
            (col("line_total") * lit(hundredths)).alias("estimated_margin"),
            is_sale_status("order_status").alias("is_completed"),
            col("order_status").eq(lit("CANCELLED")).fill_null(lit(false)).alias("is_cancelled"),
        ])
        .sort(["order_item_key"], SortMultipleOptions::default())
}

/// The facts of sales.
pub(crate) fn completed(shop: &Shop) -> LazyFrame {
    oracle(shop).filter(col("is_completed"))
}

#[test]
fn is_what_polars_says() {
    for shop in Shop::several() {
        assert_same(&Models::of(&shop).fact_orders, oracle(&shop));
    }
}
