//! The sales models beside oracles of them: the same tables written once more, in Polars, from the contract alone.
//! Money enters Polars as whole cents and stays whole numbers; what is divided is divided here, exactly.
#![allow(clippy::unwrap_used)]

mod cells;
mod dim_customers;
mod dim_products;
mod fact_orders;
mod frame;
mod mart_customer_ltv;
mod mart_product_performance;
mod mart_sales_overview;
mod models;
mod same_bits;
mod shop;
mod what_is_covered;
