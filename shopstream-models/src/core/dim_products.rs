//! Products, and how they sold.

use serde::{Deserialize, Serialize};
use shopstream_core::{
    Batch, Columns, Decimal, Result, Table, Timestamp,
    compute::{Lookup, asc, order_by},
    dec,
};
use std::iter::repeat_n;

use super::sale::is_sale;
use crate::{
    Params,
    staging::{StgOrderItems, StgOrders, StgProducts},
};

/// The products, and how they sold.
#[derive(Table, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[table(layer = "core", grain(product_key))]
pub struct DimProducts {
    /// The product.
    pub product_key: i64,
    /// Its name.
    pub product_name: String,
    /// What it is, in words.
    pub product_description: Option<String>,
    /// Its category.
    pub product_category: Option<String>,
    /// The merchant who sells it.
    pub merchant_id: i64,
    /// Its price today.
    #[column(unit = "EUR", non_additive)]
    pub current_price: Decimal<10, 2>,
    /// Pieces in stock today.
    #[column(unit = "pieces")]
    pub current_stock: Option<i64>,
    /// Pieces sold.
    #[column(unit = "pieces")]
    pub total_quantity_sold: i64,
    /// The sum of its sold lines.
    #[column(unit = "EUR")]
    pub total_revenue: Decimal<38, 2>,
    /// In how many sales it was.
    #[column(non_additive)]
    pub total_orders: i64,
    /// Active when it was ever sold, else No Sales.
    pub product_status: String,
    /// When it was first offered, UTC.
    pub product_created_at: Option<Timestamp>,
    /// When it was last changed, UTC.
    pub product_updated_at: Option<Timestamp>,
    /// When the build began.
    pub _built_at: Timestamp,
}

/// `staging.stg_products`, `staging.stg_order_items`, `staging.stg_orders` → `core.dim_products`.
///
/// # Errors
/// `Data` when a sum is too large, or an order stands twice.
pub fn dim_products(
    products: &Batch<StgProducts>,
    items: &Batch<StgOrderItems>,
    orders: &Batch<StgOrders>,
    params: &Params,
) -> Result<Batch<DimProducts>> {
    let order = Lookup::new(&orders.order_id)?.find(&items.order_id)?;
    let sold = order.get_or(&is_sale(orders, params), false).to_col()?;
    let (sales, (product,)) = items.filter(&sold).group_by((&items.product_id,))?;
    let bought = Lookup::new(&product)?.find(&products.product_id)?;

    let batch = DimProductsColumns {
        product_key: products.product_id.clone(),
        product_name: products.product_name.clone(),
        product_description: products.product_description.clone(),
        product_category: products.category.clone(),
        merchant_id: products.merchant_id.clone(),
        current_price: products.price.clone(),
        current_stock: products.stock_quantity.clone(),
        total_quantity_sold: bought.get_or(&sales.sum(&items.quantity)?, 0).to_col()?,
        total_revenue: bought.get_or(&sales.sum(&items.line_total)?, dec!(0)).to_col()?,
        total_orders: bought.get_or(&sales.count_distinct(&items.order_id)?, 0).to_col()?,
        product_status: bought.found().values().map(|sold| if sold { "Active" } else { "No Sales" }).collect(),
        product_created_at: products.created_at.clone(),
        product_updated_at: products.updated_at.clone(),
        _built_at: repeat_n(params.built_at, products.num_rows()).collect(),
    }
    .batch()?;
    order_by([asc(&batch.product_key)])?.take_batch(&batch)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{assert_rows, dim_product, params, stg_order, stg_order_item, stg_product};
    use shopstream_core::{ErrorKind, date, timestamp};

    fn run(products: &[StgProducts], items: &[StgOrderItems], orders: &[StgOrders]) -> Batch<DimProducts> {
        build(products, items, orders, &params()).unwrap()
    }

    fn build(
        products: &[StgProducts],
        items: &[StgOrderItems],
        orders: &[StgOrders],
        params: &Params,
    ) -> Result<Batch<DimProducts>> {
        dim_products(&Batch::from_rows(products), &Batch::from_rows(items), &Batch::from_rows(orders), params)
    }

    fn no_sales() -> DimProducts {
        DimProducts {
            total_quantity_sold: 0,
            total_revenue: dec!(0),
            total_orders: 0,
            product_status: "No Sales".to_owned(),
            ..dim_product()
        }
    }

    #[test]
    fn a_product_and_a_line() {
        assert_rows(&run(&[stg_product()], &[stg_order_item()], &[stg_order()]), &[dim_product()]);
        assert_rows(&run(&[stg_product()], &[], &[]), &[no_sales()]);
        assert_rows(&run(&[stg_product()], &[], &[stg_order()]), &[no_sales()]);
        assert_rows(&run(&[], &[stg_order_item()], &[stg_order()]), &[]);
        assert_rows(&run(&[], &[], &[]), &[]);
    }

    #[test]
    fn what_is_null_stays_null() {
        let null = StgProducts {
            product_description: None,
            category: None,
            stock_quantity: None,
            created_at: None,
            updated_at: None,
            ..stg_product()
        };
        let expected = DimProducts {
            product_description: None,
            product_category: None,
            current_stock: None,
            product_created_at: None,
            product_updated_at: None,
            ..no_sales()
        };
        assert_rows(&run(&[null], &[], &[]), &[expected]);
    }

    #[test]
    fn only_sales_count() {
        let sold = |status: Option<&str>, order_date| {
            let order = StgOrders { order_status: status.map(str::to_owned), order_date, ..stg_order() };
            let params = params().with_start_date(date!("2026-01-01"));
            let dim = build(&[stg_product()], &[stg_order_item()], &[order], &params).unwrap();
            let is_sold = dim.product_status.get(0) == "Active";
            assert_rows(&dim, &[if is_sold { dim_product() } else { no_sales() }]);
            is_sold
        };
        let first = Some(timestamp!("2026-01-01 00:00:00"));
        for status in ["PAID", "SHIPPED", "DELIVERED"] {
            assert!(sold(Some(status), first), "{status}");
        }
        for status in [Some("PENDING"), Some("CANCELLED"), Some("delivered"), None] {
            assert!(!sold(status, first), "{status:?}");
        }
        assert!(!sold(Some("PAID"), Some(timestamp!("2025-12-31 23:59:59.999999"))));
        assert!(!sold(Some("PAID"), None));
    }

    #[test]
    fn sums_are_of_the_products_lines_and_its_orders_are_distinct() {
        let item = |order_item_id, order_id, product_id, quantity, line_total| StgOrderItems {
            order_item_id,
            order_id,
            product_id,
            quantity,
            line_total,
            ..stg_order_item()
        };
        let order =
            |order_id, status: &str| StgOrders { order_id, order_status: Some(status.to_owned()), ..stg_order() };
        let items = [
            item(7, 3, 3, 1, dec!(99999999.99)),
            item(1, 1, 1, 1, dec!(0.10)),
            item(2, 1, 1, 3, dec!(0.20)),
            item(3, 2, 1, 2, dec!(0.03)),
            item(8, 2, 3, 1, dec!(99999999.99)),
            // Of an order that was called off, of one that is not known, of a product that is not known.
            item(4, 4, 1, 50, dec!(500.00)),
            item(5, 9, 1, 60, dec!(600.00)),
            item(6, 1, 99, 70, dec!(700.00)),
        ];
        let orders = [order(3, "DELIVERED"), order(1, "PAID"), order(4, "CANCELLED"), order(2, "SHIPPED")];
        let product = |product_id| StgProducts { product_id, ..stg_product() };
        let expected = [
            DimProducts { total_quantity_sold: 6, total_revenue: dec!(0.33), total_orders: 2, ..dim_product() },
            DimProducts { product_key: 2, ..no_sales() },
            DimProducts { product_key: 3, total_revenue: dec!(199999999.98), total_orders: 2, ..dim_product() },
        ];
        assert_rows(&run(&[product(2), product(3), product(1)], &items, &orders), &expected);
    }

    #[test]
    fn an_order_that_stands_twice_is_an_error() {
        let error = build(&[stg_product()], &[stg_order_item()], &[stg_order(), stg_order()], &params()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Data);
    }
}
