//! The large shop has what could go wrong, and the comparison sees what does.

use polars::prelude::DataFrame;
use shopstream_core::{Batch, Table};
use std::collections::{BTreeMap, BTreeSet};

use crate::{
    cells::{Cell, Cells, difference, fractions, model_cells, oracle_cells},
    dim_customers, dim_products, fact_orders, mart_customer_ltv, mart_product_performance, mart_sales_overview,
    models::Models,
    shop::Shop,
};

fn texts<'a>(values: impl IntoIterator<Item = &'a str>) -> BTreeSet<&'a str> {
    values.into_iter().collect()
}

#[test]
fn every_case_is_there() {
    let shop = Shop::large();
    let Models { dim_customers, dim_products, fact_orders, mart_product_performance, mart_customer_ltv, .. } =
        Models::of(&shop);
    assert!(fact_orders.num_rows() >= 50_000, "{}", fact_orders.num_rows());
    assert!(fact_orders.num_rows() < shop.order_items.len());

    let statuses = ["Active", "At Risk", "Churned", "No Purchase"];
    assert_eq!(texts(dim_customers.customer_status.values()), texts(statuses));
    let segments = [
        "At Risk",
        "Cannot Lose Them",
        "Champions",
        "Hibernating",
        "Loyal Customers",
        "New Customers",
        "Others",
        "Potential Loyalists",
    ];
    assert_eq!(texts(mart_customer_ltv.rfm_segment.values()), texts(segments));
    assert_eq!(texts(mart_customer_ltv.churn_risk.values()), texts(["High", "Low", "Medium"]));
    assert_eq!(texts(mart_customer_ltv.customer_segment.values()), texts(["Freemium", "Premium", "Unknown"]));
    assert_eq!(texts(mart_product_performance.abc_class.values()), texts(["A", "B", "C"]));
    assert_eq!(texts(mart_product_performance.performance_tier.values()), texts(["Long Tail", "Top 10", "Top 50"]));
    assert!(mart_product_performance.product_name.null_count() > 0, "no unknown product");
    assert!(fact_orders.merchant_id.null_count() > 0, "no fact without a merchant");
    assert!(fact_orders.order_status.null_count() > 0, "no fact without a status");
    assert!(dim_customers.full_name.null_count() > 0, "no customer without a name");

    let days: BTreeSet<i64> = mart_customer_ltv.days_since_last_order.values().collect();
    assert!([30, 31, 90, 91, 180, 181].iter().all(|bound| days.contains(bound)), "{days:?}");
    let category: BTreeMap<_, _> =
        dim_products.product_key.values().zip(dim_products.product_category.values()).collect();
    let mut categories = BTreeMap::<_, BTreeSet<_>>::new();
    for (order, product) in fact_orders.order_key.values().zip(fact_orders.product_key.values()) {
        categories.entry(order).or_default().insert(category.get(&product).copied().flatten());
    }
    assert!(categories.values().any(|categories| categories.len() > 2), "no order of several categories");
}

#[test]
fn there_are_half_cents_to_round_and_zeros_to_divide_by() {
    let shop = Shop::large();
    let halves = |frame: &DataFrame, name: &str| {
        let found = fractions(frame, name).filter(|(of, per)| *per != 0 && 2 * (of % per).abs() == per.abs()).count();
        assert!(found > 0, "{name}: no half to round");
    };
    let sales = mart_sales_overview::oracle(&shop).collect().unwrap();
    for name in ["avg_order_value", "revenue_per_order"] {
        halves(&sales, name);
    }
    assert!(fractions(&sales, "margin_rate").any(|(_, per)| per == 0), "no group without revenue");
    halves(&mart_customer_ltv::oracle(&shop).collect().unwrap(), "avg_order_value");
    halves(&mart_product_performance::oracle(&shop).collect().unwrap(), "avg_unit_price");
}

#[test]
fn a_change_of_any_cell_is_seen() {
    let shop = Shop::random(3, 1_000);
    let models = Models::of(&shop);
    sees_changes(&models.dim_customers, &dim_customers::oracle(&shop).collect().unwrap());
    sees_changes(&models.dim_products, &dim_products::oracle(&shop).collect().unwrap());
    sees_changes(&models.fact_orders, &fact_orders::oracle(&shop).collect().unwrap());
    sees_changes(&models.mart_sales_overview, &mart_sales_overview::oracle(&shop).collect().unwrap());
    sees_changes(&models.mart_product_performance, &mart_product_performance::oracle(&shop).collect().unwrap());
    sees_changes(&models.mart_customer_ltv, &mart_customer_ltv::oracle(&shop).collect().unwrap());
}

fn sees_changes<T: Table>(model: &Batch<T>, oracle: &DataFrame) {
    let (model, oracle) = (model_cells(model), oracle_cells::<T>(oracle));
    assert_eq!(difference(&model, &oracle), None);
    let rows = model[0].1.len();
    assert!(rows > 3);
    for (column, row) in (0..model.len()).flat_map(|column| [(column, 0), (column, rows / 2), (column, rows - 1)]) {
        let mut changed: Cells = model.clone();
        let cell = &mut changed[column].1[row];
        *cell = match cell {
            Cell::Null => Cell::Text(String::new()),
            Cell::Truth(value) => Cell::Truth(!*value),
            Cell::Number(n) => Cell::Number(*n + 1),
            Cell::Text(_) => Cell::Null,
        };
        let seen = difference(&changed, &oracle).unwrap();
        assert!(seen.starts_with(&format!("{}, row {row}: ", model[column].0)), "{seen}");
    }
    let mut fewer = model.clone();
    fewer.iter_mut().for_each(|(_, cells)| cells.truncate(rows - 1));
    assert!(difference(&fewer, &oracle).is_some());
}
