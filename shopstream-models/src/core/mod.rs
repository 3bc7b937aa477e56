//! The star schema: three dimensions and the fact.

mod dim_customers;
mod dim_date;
mod dim_products;
mod fact_orders;
mod sale;

pub use dim_customers::{DimCustomers, DimCustomersColumns, dim_customers};
pub use dim_date::{DimDate, DimDateColumns, dim_date};
pub use dim_products::{DimProducts, DimProductsColumns, dim_products};
pub use fact_orders::{FactOrders, FactOrdersColumns, fact_orders};
pub use sale::{CANCELLED, SALE_STATUSES};
