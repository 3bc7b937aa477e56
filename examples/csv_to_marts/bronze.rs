//! Bronze: the files' rows as they come. Columns of a file that are not declared here are passed over.

use shopstream::prelude::*;

/// The shop's customers: customers.csv.
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "files", grain(id))]
pub(crate) struct Customers {
    /// Number.
    pub(crate) id: i64,
    /// Country, ISO 3166 alpha-3.
    pub(crate) country: Option<String>,
}

/// What the shop sells: products.csv.
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "files", grain(id))]
pub(crate) struct Products {
    /// Number.
    pub(crate) id: i64,
    /// Category.
    pub(crate) category: String,
}

/// What was sold: sales.json.
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "files", grain(id))]
pub(crate) struct Sales {
    /// Number.
    pub(crate) id: i64,
    /// Who bought.
    pub(crate) customer_id: i64,
    /// What was bought.
    pub(crate) product_id: i64,
    /// How much was paid: exact, whether the file writes it as a number or as a text.
    #[column(unit = "EUR")]
    pub(crate) amount: Decimal<10, 2>,
}
