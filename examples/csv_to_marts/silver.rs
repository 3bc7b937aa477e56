//! Silver: what was paid for, with where and what; how many rows a rule drops is in the run's report.

use super::bronze::{Customers, Products, Sales};
use shopstream::{Cleaned, compute::Lookup, compute::Order, prelude::*};

/// Sales that were paid.
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "staging", grain(sale_id))]
pub(crate) struct StgSales {
    /// Number.
    pub(crate) sale_id: i64,
    /// The customer's country in upper case; Unknown where there is none.
    pub(crate) country: String,
    /// The product's category; Unknown where there is none.
    pub(crate) category: String,
    /// How much was paid.
    #[column(unit = "EUR")]
    pub(crate) amount: Decimal<10, 2>,
}

pub(crate) fn stg_sales(
    sales: &Batch<Landed<Sales>>,
    customers: &Batch<Landed<Customers>>,
    products: &Batch<Landed<Products>>,
) -> Result<Cleaned<StgSales>> {
    let paid = (0u32..).zip(sales.amount.values()).filter(|(_, amount)| *amount > dec!(0)).map(|(row, _)| row);
    let paid = Order::from_rows(paid.collect());
    let customer = Lookup::new(&customers.id)?.find(&paid.take(&sales.customer_id)?)?;
    let product = Lookup::new(&products.id)?.find(&paid.take(&sales.product_id)?)?;
    let country: Col<Option<String>> = customer.get(&customers.country).to_col()?;
    let upper: Vec<String> = country.values().map(|c| c.map_or("Unknown".to_owned(), str::to_uppercase)).collect();

    let batch = StgSalesColumns {
        sale_id: paid.take(&sales.id)?,
        country: upper.iter().map(String::as_str).collect(),
        category: product.get_or(&products.category, "Unknown").to_col()?,
        amount: paid.take(&sales.amount)?,
    }
    .batch()?;
    let dropped = sales.num_rows() - batch.num_rows();
    Ok(Cleaned::new(batch).with_dropped("amount > 0", dropped as u64))
}
