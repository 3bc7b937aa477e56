//! What visitors do.

use serde::{Deserialize, Serialize};
use shopstream_core::{Json, Table, Timestamp};

use super::Users;

/// What visitors of the shop's site did.
#[derive(Table, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[table(layer = "public", grain(id))]
pub struct Events {
    /// Number of the event.
    #[column(serial)]
    pub id: i64,
    /// Who, if logged in.
    #[column(references(Users::id), index, non_additive, pii = "indirect")]
    pub user_id: Option<i32>,
    /// What: page_view, add_to_cart, checkout_start or purchase.
    #[column(length = 50, index)]
    pub event_type: String,
    /// When, UTC.
    #[column(default = "now()", index)]
    pub event_ts: Option<Timestamp>,
    /// More of it: `visitor_id` and `device`; `page_url` of a page_view, `product_id` and `quantity` of an
    /// add_to_cart.
    #[column(pii = "indirect")]
    pub metadata: Option<Json>,
}
