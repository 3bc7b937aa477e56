use polars::prelude::*;

use crate::{
    cells::assert_same,
    frame::{built_at, frame, inner_join, left_join, sales},
    models::Models,
    shop::Shop,
};

pub(crate) fn oracle(shop: &Shop) -> LazyFrame {
    let orders = sales(frame(&shop.orders), &shop.params).select([col("order_id")]);
    let sold =
        inner_join(frame(&shop.order_items), "order_id", orders, "order_id").group_by([col("product_id")]).agg([
            col("quantity").sum().alias("total_quantity_sold"),
            col("line_total").sum().alias("total_revenue"),
            col("order_id").n_unique().alias("total_orders"),
        ]);

    left_join(frame(&shop.products), "product_id", sold, "product_id")
        .select([
            col("product_id").alias("product_key"),
            col("product_name"),
            col("product_description"),
            col("category").alias("product_category"),
            col("merchant_id"),
            col("price").alias("current_price"),
            col("stock_quantity").alias("current_stock"),
            col("total_quantity_sold").fill_null(lit(0)),
            col("total_revenue").fill_null(lit(0)),
            col("total_orders").fill_null(lit(0)),
            when(col("total_orders").is_null()).then(lit("No Sales")).otherwise(lit("Active")).alias("product_status"),
            col("created_at").alias("product_created_at"),
            col("updated_at").alias("product_updated_at"),
            built_at(&shop.params),
        ])
        .sort(["product_key"], SortMultipleOptions::default())
}

#[test]
fn is_what_polars_says() {
    for shop in Shop::several() {
        assert_same(&Models::of(&shop).dim_products, oracle(&shop));
    }
}
