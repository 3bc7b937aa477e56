//! The file's row, and what becomes of it.

use shopstream::prelude::*;

/// A line of the flat file: order, line, product and customer in one row.
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "files", grain(invoice_no, line_no))]
pub(crate) struct Sales {
    /// The invoice.
    pub(crate) invoice_no: i64,
    /// The line of it.
    pub(crate) line_no: i64,
    /// When.
    pub(crate) sold_on: Date,
    /// Who bought.
    #[column(pii = "direct")]
    pub(crate) customer: String,
    /// Where, ISO 3166 alpha-3.
    pub(crate) country_code: Option<String>,
    /// What.
    pub(crate) product: String,
    /// How many.
    #[column(unit = "pieces")]
    pub(crate) quantity: i64,
    /// For how much.
    #[column(unit = "EUR")]
    pub(crate) line_total: Decimal<10, 2>,
}

/// What was sold at once to somebody.
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "core", grain(invoice_no))]
pub(crate) struct Invoices {
    /// Number.
    pub(crate) invoice_no: i64,
    /// When.
    pub(crate) sold_on: Date,
    /// Who bought.
    #[column(pii = "direct")]
    pub(crate) customer: String,
    /// Where, ISO 3166 alpha-3.
    pub(crate) country_code: Option<String>,
    /// How many lines.
    pub(crate) lines: i64,
    /// For how much.
    #[column(unit = "EUR")]
    pub(crate) amount: Decimal<38, 2>,
}
