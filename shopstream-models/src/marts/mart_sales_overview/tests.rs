use super::*;
use crate::fixture::{assert_rows, dim_customer, dim_product, fact_order};
use shopstream_core::{ErrorKind, date, dec};

fn overview(
    facts: &[FactOrders],
    products: &[DimProducts],
    customers: &[DimCustomers],
) -> Result<Batch<MartSalesOverview>> {
    mart_sales_overview(&Batch::from_rows(facts), &Batch::from_rows(products), &Batch::from_rows(customers))
}

/// The overview of facts of product 1 and customer 1.
fn known(facts: &[FactOrders]) -> Batch<MartSalesOverview> {
    overview(facts, &[dim_product()], &[dim_customer()]).unwrap()
}

/// What the base fact makes.
fn row() -> MartSalesOverview {
    MartSalesOverview {
        sale_date: date!("2026-01-10"),
        country_code: "FRA".to_owned(),
        product_category: "Home".to_owned(),
        customer_segment: "Freemium".to_owned(),
        total_orders: 1,
        unique_customers: 1,
        total_quantity: 2,
        total_revenue: dec!(25.00),
        total_margin: dec!(5.00),
        avg_order_value: Some(dec!(25.00)),
        revenue_per_order: Some(dec!(25.00)),
        margin_rate: Some(dec!(0.20)),
    }
}

#[test]
fn nothing_sold_is_no_row() {
    assert_rows(&overview(&[], &[], &[]).unwrap(), &[]);
    assert_rows(&known(&[]), &[]);
}

#[test]
fn one_line_is_one_row() {
    assert_rows(&known(&[fact_order()]), &[row()]);
}

#[test]
fn only_completed_facts_count() {
    let pending = FactOrders { is_completed: false, order_status: Some("PENDING".into()), ..fact_order() };
    let cancelled = FactOrders { is_cancelled: true, order_status: Some("CANCELLED".into()), ..pending.clone() };
    let unknown = FactOrders { order_status: None, ..pending.clone() };
    assert_rows(&known(&[pending.clone(), cancelled.clone(), unknown.clone()]), &[]);
    assert_rows(&known(&[pending, fact_order(), cancelled, unknown]), &[row()]);
}

#[test]
fn null_in_the_grain_is_unknown() {
    let product = |product_key, category: Option<&str>| DimProducts {
        product_key,
        product_category: category.map(str::to_owned),
        ..dim_product()
    };
    let products = [product(1, Some("Home")), product(2, None)];
    let fact = |order_key, product_key, country: Option<&str>| FactOrders {
        order_key,
        product_key,
        country_code: country.map(str::to_owned),
        ..fact_order()
    };
    let facts = [fact(1, 1, None), fact(2, 2, Some("FRA")), fact(3, 2, None), fact(4, 1, Some("Unknown"))];
    let unknown = || UNKNOWN.to_owned();
    assert_rows(
        &overview(&facts, &products, &[dim_customer()]).unwrap(),
        &[
            MartSalesOverview { product_category: unknown(), ..row() },
            // One row of what has no country and what comes from a country of this name.
            MartSalesOverview {
                country_code: unknown(),
                total_orders: 2,
                total_quantity: 4,
                total_revenue: dec!(50.00),
                total_margin: dec!(10.00),
                ..row()
            },
            MartSalesOverview { country_code: unknown(), product_category: unknown(), ..row() },
        ],
    );
}

#[test]
fn other_nulls_change_nothing() {
    let fact = FactOrders { merchant_id: None, order_status: None, payment_method: None, ..fact_order() };
    let product = DimProducts {
        product_description: None,
        current_stock: None,
        product_created_at: None,
        product_updated_at: None,
        ..dim_product()
    };
    let customer = DimCustomers {
        first_name: None,
        last_name: None,
        full_name: None,
        country_code: None,
        registration_date: None,
        last_login: None,
        first_order_date: None,
        last_order_date: None,
        ..dim_customer()
    };
    assert_rows(&overview(&[fact], &[product], &[customer]).unwrap(), &[row()]);
}

#[test]
fn lines_without_product_or_customer_stay() {
    let fact =
        |order_key, product_key, customer_key| FactOrders { order_key, product_key, customer_key, ..fact_order() };
    let facts = [fact(1, 1, 1), fact(2, 9, 1), fact(3, 1, 9), fact(4, 9, 9)];
    let unknown = || UNKNOWN.to_owned();
    let rows = [
        row(),
        MartSalesOverview { customer_segment: unknown(), ..row() },
        MartSalesOverview { product_category: unknown(), ..row() },
        MartSalesOverview { product_category: unknown(), customer_segment: unknown(), ..row() },
    ];
    assert_rows(&known(&facts), &rows);

    let all = MartSalesOverview {
        product_category: unknown(),
        customer_segment: unknown(),
        total_orders: 4,
        unique_customers: 2,
        total_quantity: 8,
        total_revenue: dec!(100.00),
        total_margin: dec!(20.00),
        ..row()
    };
    assert_rows(&overview(&facts, &[], &[]).unwrap(), &[all]);
}

#[test]
fn an_order_with_two_categories_is_whole_in_both_rows() {
    let books = DimProducts { product_key: 2, product_category: Some("Books".into()), ..dim_product() };
    let home = FactOrders { order_total: dec!(35.00), ..fact_order() };
    let book = FactOrders {
        order_item_key: 2,
        product_key: 2,
        quantity_sold: 1,
        unit_price: dec!(10.00),
        line_revenue: dec!(10.00),
        estimated_margin: dec!(2.00),
        ..home.clone()
    };
    assert_rows(
        &overview(&[home, book], &[dim_product(), books], &[dim_customer()]).unwrap(),
        &[
            MartSalesOverview {
                product_category: "Books".into(),
                total_quantity: 1,
                total_revenue: dec!(10.00),
                total_margin: dec!(2.00),
                avg_order_value: Some(dec!(35.00)),
                revenue_per_order: Some(dec!(10.00)),
                ..row()
            },
            MartSalesOverview { avg_order_value: Some(dec!(35.00)), ..row() },
        ],
    );
}

#[test]
fn orders_and_customers_count_once_however_many_lines() {
    let line = |order_item_key, order_key, customer_key, order_total| FactOrders {
        order_item_key,
        order_key,
        customer_key,
        order_total,
        quantity_sold: 1,
        line_revenue: dec!(10.00),
        estimated_margin: dec!(2.00),
        ..fact_order()
    };
    let facts = [
        line(1, 1, 1, dec!(30.00)),
        line(2, 2, 1, dec!(10.00)),
        line(3, 1, 1, dec!(30.00)),
        line(4, 3, 2, dec!(10.00)),
        line(5, 1, 1, dec!(30.00)),
    ];
    let other = DimCustomers { customer_key: 2, ..dim_customer() };
    let expected = MartSalesOverview {
        total_orders: 3,
        unique_customers: 2,
        total_quantity: 5,
        total_revenue: dec!(50.00),
        total_margin: dec!(10.00),
        // 50 / 3; over lines it would be 22.00.
        avg_order_value: Some(dec!(16.67)),
        revenue_per_order: Some(dec!(16.67)),
        ..row()
    };
    assert_rows(&overview(&facts, &[dim_product()], &[dim_customer(), other]).unwrap(), &[expected]);
}

#[test]
fn the_two_values_per_order_differ_where_lines_do_not_sum_to_the_order() {
    let shipped = FactOrders { order_total: dec!(29.90), ..fact_order() };
    assert_rows(&known(&[shipped]), &[MartSalesOverview { avg_order_value: Some(dec!(29.90)), ..row() }]);
}

#[test]
fn margin_over_no_revenue_is_null() {
    let free = FactOrders {
        unit_price: dec!(0),
        line_revenue: dec!(0),
        order_total: dec!(0),
        estimated_margin: dec!(0),
        ..fact_order()
    };
    let expected = MartSalesOverview {
        total_revenue: dec!(0),
        total_margin: dec!(0),
        avg_order_value: Some(dec!(0)),
        revenue_per_order: Some(dec!(0)),
        margin_rate: None,
        ..row()
    };
    assert_rows(&known(&[free]), &[expected]);
}

#[test]
fn half_a_cent_is_rounded_away_from_zero() {
    // Two orders whose amounts sum to so many cents: the mean of an order.
    for (cents, mean) in
        [(1, dec!(0.01)), (3, dec!(0.02)), (5, dec!(0.03)), (4, dec!(0.02)), (-1, dec!(-0.01)), (-5, dec!(-0.03))]
    {
        let order = |order_key, cents| FactOrders {
            order_key,
            order_total: Decimal::new(cents).unwrap(),
            line_revenue: Decimal::new(cents).unwrap(),
            estimated_margin: dec!(0),
            ..fact_order()
        };
        let found = known(&[order(1, cents), order(2, 0)]).rows();
        assert_eq!(found[0].avg_order_value, Some(mean), "{cents}");
        assert_eq!(found[0].revenue_per_order, Some(mean), "{cents}");
    }
}

#[test]
fn rates_are_rounded_half_away_from_zero_to_six_digits() {
    for (margin, revenue, rate) in [
        (dec!(0.0001), dec!(200.00), dec!(0.000001)),
        (dec!(0.0001), dec!(200.01), dec!(0)),
        (dec!(0.0005), dec!(200.00), dec!(0.000003)),
        (dec!(-0.0001), dec!(200.00), dec!(-0.000001)),
        (dec!(1), dec!(3.00), dec!(0.333333)),
        (dec!(2), dec!(3.00), dec!(0.666667)),
    ] {
        let fact = FactOrders { line_revenue: revenue, estimated_margin: margin, ..fact_order() };
        assert_eq!(known(&[fact]).rows()[0].margin_rate, Some(rate), "{margin} / {revenue}");
    }
}

#[test]
fn sums_are_exact_beyond_ten_digits() {
    let fact = |order_key| FactOrders {
        order_key,
        line_revenue: dec!(99999999.99),
        order_total: dec!(99999999.99),
        estimated_margin: dec!(19999999.998),
        ..fact_order()
    };
    let expected = MartSalesOverview {
        total_orders: 3,
        total_quantity: 6,
        total_revenue: dec!(299999999.97),
        total_margin: dec!(59999999.994),
        avg_order_value: Some(dec!(99999999.99)),
        revenue_per_order: Some(dec!(99999999.99)),
        ..row()
    };
    assert_rows(&known(&[fact(1), fact(2), fact(3)]), &[expected]);
}

#[test]
fn rows_are_sorted_by_the_grain() {
    let (days, countries) = ([date!("2025-12-31"), date!("2026-01-02")], ["DEU", "Unknown", "Öst"]);
    let (categories, segments) = (["Books", "Home", "Éditions"], ["Freemium", "Premium"]);
    let products: Vec<_> = (1..)
        .zip(categories)
        .map(|(product_key, category)| DimProducts {
            product_key,
            product_category: Some(category.into()),
            ..dim_product()
        })
        .collect();
    let customers: Vec<_> = (1..)
        .zip(segments)
        .map(|(customer_key, segment)| DimCustomers {
            customer_key,
            customer_segment: segment.into(),
            ..dim_customer()
        })
        .collect();
    let (mut facts, mut rows) = (vec![], vec![]);
    for sale_date in days {
        for country_code in countries {
            for product in &products {
                for customer in &customers {
                    facts.push(FactOrders {
                        order_key: facts.len() as i64 + 1,
                        date_key: sale_date,
                        country_code: Some(country_code.into()),
                        product_key: product.product_key,
                        customer_key: customer.customer_key,
                        ..fact_order()
                    });
                    rows.push(MartSalesOverview {
                        sale_date,
                        country_code: country_code.into(),
                        product_category: product.product_category.clone().unwrap(),
                        customer_segment: customer.customer_segment.clone(),
                        ..row()
                    });
                }
            }
        }
    }
    // Neighbours far from each other: 36 and 25 have no common divisor.
    let shuffled: Vec<_> = (0..facts.len()).map(|i| facts[i * 25 % facts.len()].clone()).collect();
    for facts in [facts, shuffled] {
        assert_rows(&overview(&facts, &products, &customers).unwrap(), &rows);
    }
}

#[test]
fn a_dimension_with_a_key_twice_is_refused() {
    let (product, customer) = (dim_product(), dim_customer());
    let twice = [product.clone(), product.clone()];
    let error = overview(&[fact_order()], &twice, std::slice::from_ref(&customer)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Data);
    let error = overview(&[fact_order()], &[product], &[customer.clone(), customer]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Data);
}
