//! Customers' accounts.

use serde::{Deserialize, Serialize};
use shopstream_core::{Table, Timestamp};

/// The shop's customers: an account each.
#[derive(Table, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[table(layer = "public", grain(id))]
pub struct Users {
    /// Number of the account.
    #[column(serial)]
    pub id: i32,
    /// E-mail address to log in with.
    #[column(length = 255, unique, index, pii = "direct")]
    pub email: String,
    /// Given name.
    #[column(length = 100, pii = "direct")]
    pub first_name: Option<String>,
    /// Family name.
    #[column(length = 100, pii = "direct")]
    pub last_name: Option<String>,
    /// Country of residence, ISO 3166 alpha-3.
    #[column(length = 3, index, pii = "indirect")]
    pub country: Option<String>,
    /// Plan: freemium, premium or enterprise.
    #[column(length = 20, default = "'freemium'", index)]
    pub plan_type: Option<String>,
    /// When the account was opened, UTC.
    #[column(default = "now()", pii = "indirect")]
    pub created_at: Option<Timestamp>,
    /// When its owner was last seen, UTC.
    #[column(pii = "indirect")]
    pub last_login: Option<Timestamp>,
    /// Whether the account is open.
    #[column(default = "true")]
    pub is_active: Option<bool>,
}
