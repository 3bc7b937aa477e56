//! Where the shop's tables lie in the lake.

use shopstream_core::{Layout, Table};

use crate::oltp::{CrmContacts, Events};

/// The keys of the shop's lake: the database's tables below `raw/postgres`, events and CRM contacts in folders of
/// their own.
///
/// ```
/// use shopstream_core::{FilePart, Format, Partition, WriteId, date};
///
/// let events = Partition::new("events", date!("2026-01-14"));
/// let key = shopstream_models::lake_layout().file(&events, &WriteId::FIRST, FilePart::Only, Format::Ndjson)?;
/// assert_eq!(key, "raw/events/2026-01-14/events_20260114.ndjson");
/// # Ok::<(), shopstream_core::Error>(())
/// ```
pub fn lake_layout() -> Layout {
    Layout::dated("raw/postgres")
        .with_folder(Events::NAME, "raw/events")
        .with_folder(CrmContacts::NAME, "raw/crm/contacts")
}

#[cfg(test)]
mod tests {
    use super::*;
    use shopstream_core::{FilePart, Format, Partition, WriteId, date};

    #[test]
    fn every_table_has_its_key() {
        for (table, format, key) in [
            ("users", Format::Parquet, "raw/postgres/users/2026-01-14/users_20260114.parquet"),
            ("products", Format::Csv, "raw/postgres/products/2026-01-14/products_20260114.csv"),
            ("orders", Format::Parquet, "raw/postgres/orders/2026-01-14/orders_20260114.parquet"),
            ("order_items", Format::Parquet, "raw/postgres/order_items/2026-01-14/order_items_20260114.parquet"),
            ("events", Format::Ndjson, "raw/events/2026-01-14/events_20260114.ndjson"),
            ("events", Format::Parquet, "raw/events/2026-01-14/events_20260114.parquet"),
            ("crm_contacts", Format::Csv, "raw/crm/contacts/2026-01-14/crm_contacts_20260114.csv"),
        ] {
            let partition = Partition::new(table, date!("2026-01-14"));
            assert_eq!(lake_layout().file(&partition, &WriteId::FIRST, FilePart::Only, format).unwrap(), key);
        }
        let users = Partition::new("users", date!("2026-01-14"));
        let part = lake_layout().file(&users, &WriteId::FIRST, FilePart::Numbered(0), Format::Parquet).unwrap();
        assert_eq!(part, "raw/postgres/users/2026-01-14/users_20260114_00000.parquet");
    }
}
