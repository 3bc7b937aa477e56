//! The lines of orders.

use serde::{Deserialize, Serialize};
use shopstream_core::{Decimal, Table};

use super::{Orders, Products};

/// The lines of orders: a product each.
#[derive(Table, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[table(layer = "public", grain(id))]
pub struct OrderItems {
    /// Number of the line.
    #[column(serial)]
    pub id: i32,
    /// The order it is of.
    #[column(references(Orders::id), index, non_additive)]
    pub order_id: i32,
    /// What was ordered.
    #[column(references(Products::id), index, non_additive)]
    pub product_id: i32,
    /// How many.
    #[column(unit = "items")]
    pub quantity: i32,
    /// Price of one when it was ordered, tax included.
    #[column(unit = "EUR", non_additive)]
    pub unit_price: Decimal<10, 2>,
    /// Quantity times price.
    #[column(unit = "EUR")]
    pub line_total: Decimal<10, 2>,
}
