//! How invoices and their items are split off: each model as a function, and as the SQL that Snowflake runs.

use super::tables::{Invoices, InvoicesColumns, Sales};
use shopstream::prelude::*;

/// The lines of invoices.
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "core", grain(invoice_no, line_no))]
pub(crate) struct Items {
    /// The invoice.
    pub(crate) invoice_no: i64,
    /// The line of it.
    pub(crate) line_no: i64,
    /// What.
    pub(crate) product: String,
    /// How many.
    #[column(unit = "pieces")]
    pub(crate) quantity: i64,
    /// For how much.
    #[column(unit = "EUR")]
    pub(crate) line_total: Decimal<10, 2>,
}

pub(crate) const INVOICES: &str = "\
    SELECT invoice_no, sold_on, customer, country_code, COUNT(*) AS lines, SUM(line_total) AS amount \
    FROM raw.sales GROUP BY invoice_no, sold_on, customer, country_code";

pub(crate) fn invoices(sales: &Batch<Landed<Sales>>) -> Result<Batch<Invoices>> {
    let keys = (&sales.invoice_no, &sales.sold_on, &sales.customer, &sales.country_code);
    let (groups, (invoice_no, sold_on, customer, country_code)) = sales.all().group_by(keys)?;
    let (lines, amount) = (groups.count(), groups.sum(&sales.line_total)?);
    InvoicesColumns { invoice_no, sold_on, customer, country_code, lines, amount }.batch()
}

pub(crate) const ITEMS: &str = "SELECT invoice_no, line_no, product, quantity, line_total FROM raw.sales";

pub(crate) fn items(sales: &Batch<Landed<Sales>>) -> Result<Batch<Items>> {
    ItemsColumns {
        invoice_no: sales.invoice_no.clone(),
        line_no: sales.line_no.clone(),
        product: sales.product.clone(),
        quantity: sales.quantity.clone(),
        line_total: sales.line_total.clone(),
    }
    .batch()
}
