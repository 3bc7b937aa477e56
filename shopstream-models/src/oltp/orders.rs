//! What customers order.

use serde::{Deserialize, Serialize};
use shopstream_core::{Decimal, Table, Timestamp};

use super::Users;

/// Customers' orders.
#[derive(Table, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[table(layer = "public", grain(id))]
pub struct Orders {
    /// Number of the order.
    #[column(serial)]
    pub id: i32,
    /// Who ordered.
    #[column(references(Users::id), index, non_additive, pii = "indirect")]
    pub user_id: i32,
    /// When, UTC.
    #[column(default = "now()", index)]
    pub created_at: Option<Timestamp>,
    /// Sum of the order's lines, tax included.
    #[column(unit = "EUR")]
    pub total_amount: Decimal<10, 2>,
    /// Status: pending, paid, shipped, delivered or cancelled.
    #[column(length = 20, default = "'pending'", index)]
    pub status: Option<String>,
    /// Country of delivery, ISO 3166 alpha-3.
    #[column(length = 3, pii = "indirect")]
    pub country: Option<String>,
    /// Means of payment: stripe, paypal or credit_card.
    #[column(length = 50)]
    pub payment_method: Option<String>,
}
