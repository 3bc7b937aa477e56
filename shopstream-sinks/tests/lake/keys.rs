//! Files lie where readers look for them.

use crate::fixture::{options, read_of, rows};
use shopstream_core::{Format, Lake, Layout, Partition, date};
use shopstream_sinks::lake::ObjectStoreLake;

#[tokio::test]
async fn each_table_has_the_keys_of_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::dated("raw/postgres")
        .with_folder("events", "raw/events")
        .with_folder("crm_contacts", "raw/crm/contacts");
    let lake = ObjectStoreLake::local(folder.path(), layout).unwrap();
    for (table, format, key) in [
        ("users", Format::Parquet, "raw/postgres/users/2026-01-14/users_20260114.parquet"),
        ("order_items", Format::Csv, "raw/postgres/order_items/2026-01-14/order_items_20260114.csv"),
        ("events", Format::Ndjson, "raw/events/2026-01-14/events_20260114.ndjson"),
        ("crm_contacts", Format::Parquet, "raw/crm/contacts/2026-01-14/crm_contacts_20260114.parquet"),
    ] {
        let partition = Partition::new(table, date!("2026-01-14"));
        let manifest = lake.write(&partition, read_of(&rows(3)), &options().with_format(format)).await.unwrap();
        assert_eq!(manifest.files[0].key, key);
        assert_eq!(folder.path().join(key).metadata().unwrap().len(), manifest.files[0].bytes);
        let beside = key.rsplit_once('/').unwrap().0;
        assert!(folder.path().join(format!("{beside}/{table}_20260114.manifest.000001.json")).is_file());
    }
    let split = options().with_max_rows_per_file(2);
    let manifest = lake.write(&Partition::new("users", date!("2026-01-15")), read_of(&rows(3)), &split).await.unwrap();
    let keys: Vec<&str> = manifest.files.iter().map(|f| f.key.as_str()).collect();
    let expected = [0, 1].map(|n| format!("raw/postgres/users/2026-01-15/users_20260115_{n:05}.parquet"));
    assert_eq!(keys, expected);
}
