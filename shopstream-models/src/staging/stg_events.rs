//! What visitors did, cleaned.

use arrow::array::StringViewBuilder;
use serde::{Deserialize, Serialize};
use shopstream_core::{Batch, Cleaned, Col, Columns, Json, Landed, Result, Table, Timestamp};
use std::sync::Arc;

use super::{
    clean::{ONCE, latest, lower, wide_optional},
    metadata::Metadata,
};
use crate::oltp::Events;

/// What visitors did on the shop's pages: typed and renamed, with the known keys of its metadata as columns.
#[derive(Table, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[table(layer = "staging", grain(event_id))]
pub struct StgEvents {
    /// Number of the event.
    pub event_id: i64,
    /// Who did it, when logged in.
    pub customer_id: Option<i64>,
    /// The visitor: `visitor_id` of the metadata, else `user-` and the customer's number.
    #[column(pii = "indirect")]
    pub visitor_id: Option<String>,
    /// page_view, add_to_cart, checkout_start or purchase.
    pub event_type: String,
    /// When, UTC.
    pub event_ts: Option<Timestamp>,
    /// The page, of a page_view.
    pub page_url: Option<String>,
    /// The visitor's device: mobile, desktop or tablet.
    pub device: Option<String>,
    /// The product, of an add_to_cart.
    pub product_id: Option<i64>,
    /// How many pieces, of an add_to_cart.
    #[column(unit = "pieces")]
    pub quantity: Option<i64>,
    /// All of the metadata.
    #[column(pii = "indirect")]
    pub metadata: Option<Json>,
    /// When the row was loaded.
    pub _loaded_at: Timestamp,
}

/// `raw.events` → `staging.stg_events`.
///
/// # Errors
/// None but those of the kernels.
pub fn stg_events(events: &Batch<Landed<Events>>) -> Result<Cleaned<StgEvents>> {
    let rows = latest(&events.id, events)?;
    let customer_id = wide_optional(&rows.take(&events.user_id)?);
    let metadata = rows.take(&events.metadata)?;

    let texts = || StringViewBuilder::with_capacity(metadata.len());
    let (mut visitor_id, mut page_url, mut device) = (texts(), texts(), texts());
    let (mut product_id, mut quantity) = (Vec::with_capacity(metadata.len()), Vec::with_capacity(metadata.len()));
    for (json, customer) in metadata.values().zip(customer_id.values()) {
        let known = json.map(Metadata::parse).unwrap_or_default();
        visitor_id.append_option(known.visitor_id().or_else(|| customer.map(|id| format!("user-{id}").into())));
        page_url.append_option(known.page_url());
        device.append_option(known.device());
        product_id.push(known.product_id());
        quantity.push(known.quantity());
    }
    let column = |mut texts: StringViewBuilder| Col::try_new(Arc::new(texts.finish()));

    let batch = StgEventsColumns {
        event_id: rows.take(&events.id)?,
        visitor_id: column(visitor_id)?,
        event_type: lower(&rows.take(&events.event_type)?)?,
        event_ts: rows.take(&events.event_ts)?,
        page_url: column(page_url)?,
        device: column(device)?,
        product_id: product_id.into_iter().collect(),
        quantity: quantity.into_iter().collect(),
        _loaded_at: rows.take(&events._loaded_at)?,
        customer_id,
        metadata,
    }
    .batch()?;
    let twice = (events.num_rows() - batch.num_rows()) as u64;
    Ok(Cleaned::new(batch).with_dropped(ONCE, twice))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{LOADED_AT, assert_rows, landed, landed_at, stg_event};
    use shopstream_core::{Dropped, timestamp};

    const ALL: &str =
        r#"{"visitor_id": "v1", "device": "mobile", "page_url": "/lamp", "product_id": 1, "quantity": 2}"#;

    fn event(metadata: &str) -> Events {
        Events {
            id: 1,
            user_id: Some(1),
            event_type: "page_view".to_owned(),
            event_ts: Some(timestamp!("2026-01-10 11:00:00")),
            metadata: Some(Json(metadata.to_owned())),
        }
    }

    fn run(events: &[Landed<Events>]) -> Cleaned<StgEvents> {
        stg_events(&Batch::from_rows(events)).unwrap()
    }

    /// Of customer 1, with nothing known but its metadata.
    fn bare(metadata: &str) -> StgEvents {
        StgEvents {
            visitor_id: Some("user-1".to_owned()),
            page_url: None,
            device: None,
            product_id: None,
            quantity: None,
            metadata: Some(Json(metadata.to_owned())),
            ..stg_event()
        }
    }

    #[test]
    fn a_row_is_typed_and_renamed() {
        let cleaned = run(&[landed(event(ALL))]);
        assert_rows(&cleaned.batch, &[StgEvents { metadata: Some(Json(ALL.to_owned())), ..stg_event() }]);
        assert_eq!(cleaned.dropped, [Dropped { rule: ONCE, rows: 0 }]);
        assert_rows(&run(&[]).batch, &[]);
    }

    #[test]
    fn what_is_null_stays_null() {
        let null = Events { user_id: None, event_ts: None, metadata: None, ..event("") };
        let expected = StgEvents { customer_id: None, visitor_id: None, event_ts: None, metadata: None, ..bare("") };
        assert_rows(&run(&[landed(null)]).batch, &[expected]);
    }

    #[test]
    fn the_type_is_in_lower_case() {
        let odd = Events { event_type: "Page_VIEW É ".to_owned(), ..event("{}") };
        assert_rows(&run(&[landed(odd)]).batch, &[StgEvents { event_type: "page_view é ".to_owned(), ..bare("{}") }]);
    }

    #[test]
    fn the_visitor_is_of_the_metadata_else_the_customer_else_unknown() {
        let visitor = |metadata: Option<&str>, user_id| {
            let metadata = metadata.map(|m| Json(m.to_owned()));
            let cleaned = run(&[landed(Events { user_id, metadata, ..event("") })]);
            cleaned.batch.visitor_id.get(0).map(str::to_owned)
        };
        let v1 = Some(r#"{"visitor_id": "v1"}"#);
        assert_eq!(visitor(v1, Some(7)).as_deref(), Some("v1"));
        assert_eq!(visitor(v1, None).as_deref(), Some("v1"));
        for without in [None, Some("{}"), Some(r#"{"visitor_id": null}"#), Some("no json"), Some("[]"), Some("null")] {
            assert_eq!(visitor(without, Some(7)).as_deref(), Some("user-7"), "{without:?}");
            assert_eq!(visitor(without, None), None, "{without:?}");
        }
        assert_eq!(visitor(Some(r#"{"visitor_id": "é\n\u00e9"}"#), Some(7)).as_deref(), Some("é\né"));
        assert_eq!(visitor(Some(r#"{"visitor_id": 12}"#), Some(7)).as_deref(), Some("12"));
    }

    #[test]
    fn product_and_quantity_are_integers_or_null() {
        let read = |value: &str| {
            let metadata = format!(r#"{{"product_id": {value}, "quantity": {value}}}"#);
            let batch = run(&[landed(event(&metadata))]).batch;
            assert_rows(
                &batch,
                &[StgEvents {
                    product_id: batch.product_id.get(0),
                    quantity: batch.product_id.get(0),
                    ..bare(&metadata)
                }],
            );
            batch.quantity.get(0)
        };
        for (integer, value) in [("12", 12), ("0", 0), ("-3", -3), ("9223372036854775807", i64::MAX)] {
            assert_eq!(read(integer), Some(value), "{integer}");
        }
        for other in ["1.5", "1.0", "\"12\"", "\"\"", "null", "true", "[1]", r#"{"a": 1}"#, "9223372036854775808"] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn page_and_device_are_texts_and_what_is_no_object_tells_nothing() {
        let odd = r#" {"page_url": "/été?a=\"b\"", "device": null, "other": {"device": "tv"}} "#;
        let rows = [
            event(odd),
            Events { id: 2, ..event("{\"device\": ") },
            Events { id: 3, ..event("\"mobile\"") },
            Events { id: 4, ..event("") },
        ];
        let expected = [
            StgEvents { page_url: Some("/été?a=\"b\"".to_owned()), ..bare(odd) },
            StgEvents { event_id: 2, ..bare("{\"device\": ") },
            StgEvents { event_id: 3, ..bare("\"mobile\"") },
            StgEvents { event_id: 4, ..bare("") },
        ];
        assert_rows(&run(&rows.map(landed)).batch, &expected);
    }

    #[test]
    fn a_key_that_stands_twice_keeps_the_row_loaded_last_with_its_own_metadata() {
        let of = |id, user, device: &str, at, file: &str| {
            let metadata = format!(r#"{{"device": "{device}"}}"#);
            landed_at(Events { id, user_id: Some(user), ..event(&metadata) }, at, file)
        };
        let kept = |event_id, user, device: &str, at| StgEvents {
            event_id,
            customer_id: Some(user),
            visitor_id: Some(format!("user-{user}")),
            device: Some(device.to_owned()),
            _loaded_at: at,
            ..bare(&format!(r#"{{"device": "{device}"}}"#))
        };
        let (later, large) = (timestamp!("2026-01-15 02:00:00"), 5_000_000_000);
        let cleaned = run(&[
            of(large, 5, "first row", LOADED_AT, "a"),
            of(large, 6, "last row", LOADED_AT, "a"),
            of(1, 1, "last time", later, "a"),
            of(1, 2, "time before", LOADED_AT, "b"),
            of(2, 3, "last file", LOADED_AT, "b"),
            of(2, 4, "file before", LOADED_AT, "a"),
        ]);
        let expected =
            [kept(1, 1, "last time", later), kept(2, 3, "last file", LOADED_AT), kept(large, 6, "last row", LOADED_AT)];
        assert_rows(&cleaned.batch, &expected);
        assert_eq!(cleaned.dropped, [Dropped { rule: ONCE, rows: 3 }]);
    }
}
