//! Staging: the shop's tables cleaned, typed and renamed, a model each.

mod clean;
mod metadata;
mod stg_crm_contacts;
mod stg_events;
mod stg_order_items;
mod stg_orders;
mod stg_products;
mod stg_users;

pub use stg_crm_contacts::{StgCrmContacts, StgCrmContactsColumns, stg_crm_contacts};
pub use stg_events::{StgEvents, StgEventsColumns, stg_events};
pub use stg_order_items::{StgOrderItems, StgOrderItemsColumns, stg_order_items};
pub use stg_orders::{StgOrders, StgOrdersColumns, stg_orders};
pub use stg_products::{StgProducts, StgProductsColumns, stg_products};
pub use stg_users::{StgUsers, StgUsersColumns, stg_users};
