//! Contacts of the campaigns.

use serde::{Deserialize, Serialize};
use shopstream_core::{Table, Timestamp};

/// People whom the shop's campaigns reached, from the CRM.
#[derive(Table, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[table(layer = "public", grain(id))]
pub struct CrmContacts {
    /// Number of the contact.
    #[column(serial)]
    pub id: i32,
    /// E-mail address.
    #[column(length = 255, unique, index, pii = "direct")]
    pub email: String,
    /// Given name.
    #[column(length = 100, pii = "direct")]
    pub first_name: Option<String>,
    /// Family name.
    #[column(length = 100, pii = "direct")]
    pub last_name: Option<String>,
    /// How the contact was won: organic, paid_ads, referral or email_campaign.
    #[column(length = 100, index)]
    pub source: Option<String>,
    /// The campaign that won it.
    #[column(length = 100)]
    pub campaign_id: Option<String>,
    /// When, UTC.
    #[column(default = "now()", pii = "indirect")]
    pub created_at: Option<Timestamp>,
    /// Whether the contact became a customer.
    #[column(default = "false")]
    pub converted: Option<bool>,
    /// When it did, UTC.
    #[column(pii = "indirect")]
    pub converted_at: Option<Timestamp>,
}
