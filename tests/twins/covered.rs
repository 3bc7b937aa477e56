//! The random rows have what could go wrong.

use arrow::array::AsArray;
use futures::TryStreamExt;
use shopstream::{prelude::*, sql::Query};
use std::collections::BTreeSet;

use crate::{shop::Shop, strategies};

/// The values of the one column that a query answers.
async fn texts(warehouse: &LocalWarehouse, query: &str) -> BTreeSet<String> {
    let batches: Vec<_> = warehouse.query(&query.into()).await.unwrap().try_collect().await.unwrap();
    let values = batches.iter().flat_map(|b| b.column(0).as_string_view().iter().flatten().map(str::to_owned));
    values.collect()
}

async fn count(warehouse: &LocalWarehouse, query: impl Into<Query>) -> i64 {
    let batches: Vec<_> = warehouse.query(&query.into()).await.unwrap().try_collect().await.unwrap();
    batches[0].column(0).as_primitive::<arrow::datatypes::Int64Type>().value(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_case_is_there() {
    let params = Params::new(date!("2026-01-14")).with_start_date(date!("2024-06-01"));
    let shop = Shop { params, ..strategies::several(1, 30).remove(0) };
    let (_folder, warehouse) = shop.published().await;
    for (column, table, expected) in [
        ("customer_status", "core.dim_customers", &["Active", "At Risk", "Churned", "No Purchase"][..]),
        ("product_status", "core.dim_products", &["Active", "No Sales"]),
        ("customer_segment", "marts.mart_customer_ltv", &["Freemium", "Premium", "Unknown"]),
        ("churn_risk", "marts.mart_customer_ltv", &["High", "Low", "Medium"]),
        ("abc_class", "marts.mart_product_performance", &["A", "B", "C"]),
        ("performance_tier", "marts.mart_product_performance", &["Long Tail", "Top 10", "Top 50"]),
        (
            "rfm_segment",
            "marts.mart_customer_ltv",
            &[
                "At Risk",
                "Cannot Lose Them",
                "Champions",
                "Hibernating",
                "Loyal Customers",
                "New Customers",
                "Others",
                "Potential Loyalists",
            ],
        ),
    ] {
        let found = texts(&warehouse, &format!("SELECT DISTINCT {column} FROM {table}")).await;
        assert_eq!(found, expected.iter().map(|text| (*text).to_owned()).collect(), "{column}");
    }
    for (what, query) in [
        ("ids that stand twice", "SELECT COUNT(*) - COUNT(DISTINCT id) FROM raw.order_items"),
        ("lines of products that are not there", "SELECT COUNT(*) FROM core.fact_orders WHERE merchant_id IS NULL"),
        ("facts without a status", "SELECT COUNT(*) FROM core.fact_orders WHERE order_status IS NULL"),
        ("facts without a country", "SELECT COUNT(*) FROM core.fact_orders WHERE country_code IS NULL"),
        (
            "orders of several categories",
            "SELECT COUNT(*) FROM (SELECT order_key FROM core.fact_orders AS f JOIN core.dim_products AS p
             ON p.product_key = f.product_key GROUP BY order_key HAVING COUNT(DISTINCT product_category) > 1)",
        ),
        (
            "half cents to round",
            "SELECT COUNT(*) FROM (SELECT CAST(SUM(unit_price) * 100 AS DECIMAL(38, 0)) AS cents, COUNT(*) AS lines
             FROM core.fact_orders WHERE is_completed GROUP BY product_key) WHERE 2 * (cents % lines) = lines",
        ),
        ("zeros to divide by", "SELECT COUNT(*) FROM marts.mart_sales_overview WHERE margin_rate IS NULL"),
        ("two accounts of one address", "SELECT COUNT(*) - COUNT(DISTINCT email) FROM core.dim_customers"),
        ("contacts that are customers", "SELECT SUM(customers) FROM marts.mart_campaign_conversion"),
        ("days to convert", "SELECT COUNT(avg_days_to_convert) FROM marts.mart_campaign_conversion"),
        (
            "visitors without a device",
            "SELECT SUM(visitors) FROM marts.mart_conversion_funnel WHERE device = 'unknown'",
        ),
        ("days of first orders", "SELECT SUM(first_orders) FROM marts.mart_signup_funnel"),
        (
            "events of users that name no visitor",
            "SELECT COUNT(*) FROM staging.stg_events WHERE visitor_id LIKE 'user-%'",
        ),
    ] {
        assert!(count(&warehouse, query).await > 0, "no {what}");
    }
}
