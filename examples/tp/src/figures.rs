//! The shop's headline figures, from what was published.

use serde::Serialize;
use shopstream::{
    Decimal, Error, Result, Warehouse, WarehouseExt,
    models::marts::{MartConversionFunnel, MartCustomerLtv, MartOrderTrends, MartProductPerformance},
};
use std::{cmp::Reverse, collections::BTreeMap};

/// Money of any amount.
pub(crate) type Euros = Decimal<38, 2>;

/// The shop's headline figures.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    pub(crate) revenue: Euros,
    pub(crate) orders: i64,
    /// The most revenue first.
    pub(crate) countries: Vec<Country>,
    /// The first five by revenue.
    pub(crate) products: Vec<Product>,
    /// The most customers first.
    pub(crate) segments: Vec<Segment>,
    pub(crate) funnel: Funnel,
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct Country {
    pub(crate) country: String,
    pub(crate) orders: i64,
    pub(crate) revenue: Euros,
}

#[derive(Debug, Serialize)]
pub(crate) struct Product {
    pub(crate) product: String,
    pub(crate) category: String,
    pub(crate) revenue: Euros,
    pub(crate) abc_class: String,
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct Segment {
    pub(crate) segment: String,
    pub(crate) customers: i64,
    pub(crate) lifetime_value: Euros,
}

/// Visitors of each day, added up over the days.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Funnel {
    pub(crate) visitors: i64,
    pub(crate) added_to_cart: i64,
    pub(crate) started_checkout: i64,
    pub(crate) purchased: i64,
}

fn add(a: Euros, b: Euros) -> Result<Euros> {
    a.units().checked_add(b.units()).and_then(Decimal::new).ok_or_else(|| Error::data("a sum has more than 38 digits"))
}

impl Figures {
    /// Reads them.
    pub(crate) async fn read(warehouse: &dyn Warehouse) -> Result<Self> {
        let (mut revenue, mut orders) = (Euros::default(), 0);
        let mut countries: BTreeMap<String, Country> = BTreeMap::new();
        for row in warehouse.table::<MartOrderTrends>().await?.rows() {
            let country = countries.entry(row.country_code.clone()).or_default();
            country.country = row.country_code;
            country.orders += row.orders;
            country.revenue = add(country.revenue, row.revenue)?;
            (revenue, orders) = (add(revenue, row.revenue)?, orders + row.orders);
        }
        let mut countries: Vec<Country> = countries.into_values().collect();
        countries.sort_by_key(|c| Reverse(c.revenue));

        let products = warehouse.table::<MartProductPerformance>().await?;
        let products = (0..products.num_rows().min(5)).map(|i| Product {
            product: products.product_name.get(i).unwrap_or("Unknown").to_owned(),
            category: products.product_category.get(i).unwrap_or("Unknown").to_owned(),
            revenue: products.total_revenue.get(i),
            abc_class: products.abc_class.get(i).to_owned(),
        });
        let products = products.collect();

        let mut segments: BTreeMap<String, Segment> = BTreeMap::new();
        for row in warehouse.table::<MartCustomerLtv>().await?.rows() {
            let segment = segments.entry(row.rfm_segment.clone()).or_default();
            segment.segment = row.rfm_segment;
            segment.customers += 1;
            segment.lifetime_value = add(segment.lifetime_value, row.lifetime_value)?;
        }
        let mut segments: Vec<Segment> = segments.into_values().collect();
        segments.sort_by_key(|s| Reverse(s.customers));

        let mut funnel = Funnel::default();
        for row in warehouse.table::<MartConversionFunnel>().await?.rows() {
            funnel.visitors += row.visitors;
            funnel.added_to_cart += row.added_to_cart;
            funnel.started_checkout += row.started_checkout;
            funnel.purchased += row.purchased;
        }
        Ok(Self { revenue, orders, countries, products, segments, funnel })
    }
}
