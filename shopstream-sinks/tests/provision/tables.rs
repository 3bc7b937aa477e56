//! Tables to make.

use shopstream_core::{Decimal, Json, Landed, Table, TableDecl, Timestamp};
use shopstream_sinks::snowflake::provision::Settings;

/// Who bought; it's "personal".
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "shop", grain(id))]
pub(crate) struct Customers {
    /// Number.
    #[column(serial)]
    id: i32,
    /// E-mail address.
    #[column(length = 255, unique, pii = "direct")]
    email: String,
    /// What it's called \ 'quoted'.
    #[column(pii = "direct")]
    name: Option<String>,
    /// When.
    #[column(pii = "indirect")]
    created_at: Option<Timestamp>,
    /// More.
    metadata: Option<Json>,
}

/// What was sold.
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "core", grain(sale_id))]
pub(crate) struct Sales {
    /// Number.
    sale_id: i64,
    /// The merchant.
    merchant_id: Option<i64>,
    /// The country.
    country_code: Option<String>,
    /// How much was paid.
    #[column(unit = "EUR")]
    amount: Decimal<10, 2>,
}

/// Revenue by country.
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "marts", grain(country_code))]
pub(crate) struct MartCountries {
    /// The country.
    country_code: String,
    /// How much was paid.
    #[column(unit = "EUR")]
    revenue: Decimal<38, 2>,
}

pub(crate) fn declarations() -> Vec<TableDecl> {
    vec![Landed::<Customers>::declaration(), Sales::declaration(), MartCountries::declaration()]
}

pub(crate) fn settings() -> Settings {
    Settings::builder("shop-lake", "arn:aws:iam::123456789012:role/snowflake").build().unwrap()
}
