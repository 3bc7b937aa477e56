//! What is sold.

use serde::{Deserialize, Serialize};
use shopstream_core::{Decimal, Table, Timestamp};

/// The products of the shop's merchants.
#[derive(Table, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[table(layer = "public", grain(id))]
pub struct Products {
    /// Number of the product.
    #[column(serial)]
    pub id: i32,
    /// The merchant who sells it.
    #[column(index, non_additive)]
    pub merchant_id: i32,
    /// Name, as shown to customers.
    #[column(length = 255)]
    pub name: String,
    /// Description: free text of several lines.
    pub description: Option<String>,
    /// Category: Electronics, Fashion, Home, Books, Sports or Beauty.
    #[column(length = 100, index)]
    pub category: Option<String>,
    /// Price of one, tax included.
    #[column(unit = "EUR", non_additive)]
    pub price: Decimal<10, 2>,
    /// How many are in stock.
    #[column(unit = "items", default = "0")]
    pub stock_quantity: Option<i32>,
    /// When it was first offered, UTC.
    #[column(default = "now()")]
    pub created_at: Option<Timestamp>,
    /// When it was last changed, UTC.
    #[column(default = "now()")]
    pub updated_at: Option<Timestamp>,
}
