//! Fixture tests: rows as structs in, rows as structs out. Base rows have no NULL, and belong together: customer 1
//! bought two pieces of product 1 in order 1, on line 1. Tests write what differs: `StgOrders { order_id: 2,
//! ..stg_order() }`.

use arrow::{
    array::{Array, RecordBatch},
    datatypes::DataType,
    util::display::array_value_to_string,
};
use shopstream_core::{Batch, Json, Landed, Table, Timestamp, date, dec, timestamp};
use std::{collections::BTreeMap, fmt::Write};

use crate::{
    Params,
    core::{DimCustomers, DimProducts, FactOrders},
    staging::{StgCrmContacts, StgEvents, StgOrderItems, StgOrders, StgProducts, StgUsers},
};

/// When base rows were loaded.
pub(crate) const LOADED_AT: Timestamp = timestamp!("2026-01-14 02:00:00");

/// When base rows of the star schema were built, and what [`params`] say.
pub(crate) const BUILT_AT: Timestamp = timestamp!("2026-01-14 02:30:00");

/// As of 14 January 2026, else the defaults.
pub(crate) fn params() -> Params {
    Params::new(date!("2026-01-14")).with_built_at(BUILT_AT)
}

/// A row as it landed at [`LOADED_AT`].
pub(crate) fn landed<T>(row: T) -> Landed<T> {
    landed_at(row, LOADED_AT, "raw/rows.parquet")
}

/// A row as it landed, when and from which file.
pub(crate) fn landed_at<T>(row: T, at: Timestamp, file: &str) -> Landed<T> {
    Landed { row, _loaded_at: at, _source_file: file.to_owned() }
}

pub(crate) fn stg_user() -> StgUsers {
    StgUsers {
        customer_id: 1,
        email: "ada@example.org".to_owned(),
        first_name: Some("Ada".to_owned()),
        last_name: Some("Lovelace".to_owned()),
        country_code: Some("FRA".to_owned()),
        plan_type: "freemium".to_owned(),
        registered_at: Some(timestamp!("2025-01-10 08:00:00")),
        last_login_at: Some(timestamp!("2026-01-12 19:00:00")),
        is_active: true,
        _loaded_at: LOADED_AT,
    }
}

pub(crate) fn stg_product() -> StgProducts {
    StgProducts {
        product_id: 1,
        merchant_id: 7,
        product_name: "Lamp".to_owned(),
        product_description: Some("It gives light".to_owned()),
        category: Some("Home".to_owned()),
        price: dec!(12.50),
        stock_quantity: Some(40),
        created_at: Some(timestamp!("2025-02-01 09:00:00")),
        updated_at: Some(timestamp!("2025-12-01 09:00:00")),
        _loaded_at: LOADED_AT,
    }
}

pub(crate) fn stg_order() -> StgOrders {
    StgOrders {
        order_id: 1,
        customer_id: 1,
        order_date: Some(timestamp!("2026-01-10 12:00:00")),
        order_amount: dec!(25.00),
        order_status: Some("PAID".to_owned()),
        country_code: Some("FRA".to_owned()),
        payment_method: Some("stripe".to_owned()),
        _loaded_at: LOADED_AT,
    }
}

pub(crate) fn stg_order_item() -> StgOrderItems {
    StgOrderItems {
        order_item_id: 1,
        order_id: 1,
        product_id: 1,
        quantity: 2,
        unit_price: dec!(12.50),
        line_total: dec!(25.00),
        _loaded_at: LOADED_AT,
    }
}

pub(crate) fn stg_event() -> StgEvents {
    StgEvents {
        event_id: 1,
        customer_id: Some(1),
        visitor_id: Some("v1".to_owned()),
        event_type: "page_view".to_owned(),
        event_ts: Some(timestamp!("2026-01-10 11:00:00")),
        page_url: Some("/lamp".to_owned()),
        device: Some("mobile".to_owned()),
        product_id: Some(1),
        quantity: Some(2),
        metadata: Some(Json(r#"{"visitor_id": "v1"}"#.to_owned())),
        _loaded_at: LOADED_AT,
    }
}

pub(crate) fn stg_crm_contact() -> StgCrmContacts {
    StgCrmContacts {
        contact_id: 1,
        email: "ada@example.org".to_owned(),
        first_name: Some("Ada".to_owned()),
        last_name: Some("Lovelace".to_owned()),
        source: Some("organic".to_owned()),
        campaign_id: Some("CAMP_1000".to_owned()),
        created_at: Some(timestamp!("2025-01-01 10:00:00")),
        converted: true,
        converted_at: Some(timestamp!("2025-01-10 08:00:00")),
        _loaded_at: LOADED_AT,
    }
}

pub(crate) fn dim_customer() -> DimCustomers {
    DimCustomers {
        customer_key: 1,
        email: "ada@example.org".to_owned(),
        first_name: Some("Ada".to_owned()),
        last_name: Some("Lovelace".to_owned()),
        full_name: Some("Ada Lovelace".to_owned()),
        country_code: Some("FRA".to_owned()),
        customer_segment: "Freemium".to_owned(),
        plan_type: "freemium".to_owned(),
        is_active: true,
        registration_date: Some(timestamp!("2025-01-10 08:00:00")),
        last_login: Some(timestamp!("2026-01-12 19:00:00")),
        first_order_date: Some(timestamp!("2026-01-10 12:00:00")),
        last_order_date: Some(timestamp!("2026-01-10 12:00:00")),
        total_orders: 1,
        lifetime_value: dec!(25.00),
        customer_status: "Active".to_owned(),
        _built_at: BUILT_AT,
    }
}

pub(crate) fn dim_product() -> DimProducts {
    DimProducts {
        product_key: 1,
        product_name: "Lamp".to_owned(),
        product_description: Some("It gives light".to_owned()),
        product_category: Some("Home".to_owned()),
        merchant_id: 7,
        current_price: dec!(12.50),
        current_stock: Some(40),
        total_quantity_sold: 2,
        total_revenue: dec!(25.00),
        total_orders: 1,
        product_status: "Active".to_owned(),
        product_created_at: Some(timestamp!("2025-02-01 09:00:00")),
        product_updated_at: Some(timestamp!("2025-12-01 09:00:00")),
        _built_at: BUILT_AT,
    }
}

pub(crate) fn fact_order() -> FactOrders {
    FactOrders {
        order_item_key: 1,
        order_key: 1,
        customer_key: 1,
        product_key: 1,
        merchant_id: Some(7),
        date_key: date!("2026-01-10"),
        order_status: Some("PAID".to_owned()),
        country_code: Some("FRA".to_owned()),
        payment_method: Some("stripe".to_owned()),
        order_timestamp: timestamp!("2026-01-10 12:00:00"),
        quantity_sold: 2,
        unit_price: dec!(12.50),
        line_revenue: dec!(25.00),
        order_total: dec!(25.00),
        estimated_margin: dec!(5.00),
        is_completed: true,
        is_cancelled: false,
    }
}

/// Holds a batch to be exactly these rows, in this order; else panics with every cell that differs.
#[track_caller]
pub(crate) fn assert_rows<T: Table>(actual: &Batch<T>, expected: &[T]) {
    if actual.rows() != expected {
        panic!("{}", difference(&T::declaration().grain, actual.record_batch(), &Batch::from_rows(expected)));
    }
}

fn difference<T: Table>(grain: &[&str], actual: &RecordBatch, expected: &Batch<T>) -> String {
    let expected = expected.record_batch();
    let (found, wanted) = (by_grain(grain, actual), by_grain(grain, expected));
    let mut text = format!("{}: {} rows, expected {}\n", T::NAME, actual.num_rows(), expected.num_rows());
    for (key, row) in &wanted {
        let Some(other) = found.get(key) else {
            let _ = writeln!(text, "  {}: missing: {}", name(key), whole(expected, *row));
            continue;
        };
        for (i, field) in expected.schema().fields().iter().enumerate() {
            let (want, have) = (cell(expected, i, *row), cell(actual, i, *other));
            if want != have {
                let _ = writeln!(text, "  {}: {}: expected {want}, found {have}", name(key), field.name());
            }
        }
    }
    for (key, row) in found.iter().filter(|(key, _)| !wanted.contains_key(*key)) {
        let _ = writeln!(text, "  {}: extra: {}", name(key), whole(actual, *row));
    }
    let order = |rows: &BTreeMap<Key, usize>| {
        let mut keys: Vec<&Key> = rows.keys().collect();
        keys.sort_by_key(|key| rows[*key]);
        keys.into_iter().map(name).collect::<Vec<_>>().join(" | ")
    };
    if found.keys().eq(wanted.keys()) && order(&found) != order(&wanted) {
        let _ = writeln!(text, "  order: expected {}\n         found    {}", order(&wanted), order(&found));
    }
    text
}

/// The values of the grain, and which row of them it is: 0 where the grain is unique.
type Key = (Vec<String>, usize);

fn name((grain, nth): &Key) -> String {
    let again = if *nth > 0 { format!(" (again, {nth})") } else { String::new() };
    format!("{}{again}", grain.join(", "))
}

fn by_grain(grain: &[&str], batch: &RecordBatch) -> BTreeMap<Key, usize> {
    let schema = batch.schema();
    let columns: Vec<usize> = grain.iter().map(|name| schema.index_of(name).unwrap()).collect();
    let mut rows = BTreeMap::new();
    for row in 0..batch.num_rows() {
        let key: Vec<String> = columns.iter().map(|i| cell(batch, *i, row)).collect();
        let nth = (0..).find(|nth| !rows.contains_key(&(key.clone(), *nth))).unwrap();
        rows.insert((key, nth), row);
    }
    rows
}

fn whole(batch: &RecordBatch, row: usize) -> String {
    (0..batch.num_columns()).map(|i| cell(batch, i, row)).collect::<Vec<_>>().join(", ")
}

fn cell(batch: &RecordBatch, column: usize, row: usize) -> String {
    let array = batch.column(column);
    if array.is_null(row) {
        return "NULL".to_owned();
    }
    let value = array_value_to_string(array, row).unwrap();
    if *array.data_type() == DataType::Utf8View { format!("{value:?}") } else { value }
}

mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    fn failure(actual: &[StgOrders], expected: &[StgOrders]) -> String {
        let actual = Batch::from_rows(actual);
        let failed = catch_unwind(AssertUnwindSafe(|| assert_rows(&actual, expected))).unwrap_err();
        *failed.downcast::<String>().unwrap()
    }

    #[test]
    fn a_failure_names_row_column_and_both_values() {
        let order = |order_id| StgOrders { order_id, ..stg_order() };
        assert_rows(&Batch::from_rows(&[order(1), order(2)]), &[order(1), order(2)]);

        let null = StgOrders { country_code: None, order_amount: dec!(25.01), ..order(2) };
        let text = StgOrders { country_code: Some("NULL".to_owned()), ..order(2) };
        let cells = "stg_orders: 2 rows, expected 2\n  \
            2: order_amount: expected 25.00, found 25.01\n  2: country_code: expected \"NULL\", found NULL\n";
        assert_eq!(failure(&[order(1), null], &[order(1), text]), cells);
    }

    #[test]
    fn a_failure_names_missing_extra_and_disordered_rows() {
        let order = |order_id| StgOrders { order_id, ..stg_order() };
        let failed = failure(&[order(1), order(3)], &[order(1), order(2)]);
        assert!(failed.contains("  2: missing: 2, 1, 2026-01-10"), "{failed}");
        assert!(failed.contains("  3: extra: 3, 1, 2026-01-10"), "{failed}");
        let failed = failure(&[order(1), order(1)], &[order(1)]);
        assert!(failed.contains("  1 (again, 1): extra: 1, 1, "), "{failed}");
        let failed = failure(&[order(2), order(1)], &[order(1), order(2)]);
        assert!(failed.contains("  order: expected 1 | 2\n         found    2 | 1\n"), "{failed}");
        assert!(failure(&[], &[order(1)]).starts_with("stg_orders: 0 rows, expected 1\n"));
    }
}
