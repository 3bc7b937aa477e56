//! The models under test.

use shopstream_core::Batch;
use shopstream_models::{
    core::{DimCustomers, DimProducts, FactOrders, dim_customers, dim_products, fact_orders},
    marts::{
        MartCustomerLtv, MartProductPerformance, MartSalesOverview, mart_customer_ltv, mart_product_performance,
        mart_sales_overview,
    },
};

use crate::shop::Shop;

/// What the models make of a shop.
pub(crate) struct Models {
    pub(crate) dim_customers: Batch<DimCustomers>,
    pub(crate) dim_products: Batch<DimProducts>,
    pub(crate) fact_orders: Batch<FactOrders>,
    pub(crate) mart_sales_overview: Batch<MartSalesOverview>,
    pub(crate) mart_product_performance: Batch<MartProductPerformance>,
    pub(crate) mart_customer_ltv: Batch<MartCustomerLtv>,
}

impl Models {
    pub(crate) fn of(shop: &Shop) -> Self {
        let (users, products) = (Batch::from_rows(&shop.users), Batch::from_rows(&shop.products));
        let (orders, items) = (Batch::from_rows(&shop.orders), Batch::from_rows(&shop.order_items));
        let customers = dim_customers(&users, &orders, &shop.params).unwrap();
        let facts = fact_orders(&items, &orders, &products, &shop.params).unwrap();
        let products = dim_products(&products, &items, &orders, &shop.params).unwrap();
        Self {
            mart_sales_overview: mart_sales_overview(&facts, &products, &customers).unwrap(),
            mart_product_performance: mart_product_performance(&facts, &products).unwrap(),
            mart_customer_ltv: mart_customer_ltv(&facts, &customers, &shop.params).unwrap(),
            dim_customers: customers,
            dim_products: products,
            fact_orders: facts,
        }
    }
}
