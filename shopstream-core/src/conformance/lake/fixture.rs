//! Rows that are hard to keep, and how to compare them.

use arrow::{
    array::{
        ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int32Array, Int64Array, RecordBatch,
        StringViewArray, TimestampMicrosecondArray,
    },
    compute::concat_batches,
    datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit},
};
use futures::TryStreamExt;
use std::sync::Arc;

use crate::{
    Date, Error, Lake, Manifest, Partition, Result, TableRead, Timestamp, WriteOptions, date, schema::EXTENSION,
    timestamp,
};

pub(super) const DAY: Date = date!("2026-01-14");
pub(super) const WRITTEN_AT: Timestamp = timestamp!("2026-01-14 02:00:00.25");

pub(super) fn options() -> WriteOptions {
    WriteOptions::new(WRITTEN_AT)
}

/// The error of a broken promise.
pub(super) fn broken(promise: &'static str) -> Error {
    Error::internal(promise)
}

/// Fails with the promise's name unless it was kept.
pub(super) fn promise(kept: bool, promise: &'static str) -> Result<()> {
    if kept { Ok(()) } else { Err(broken(promise)) }
}

const TEXTS: [Option<&str>; 8] = [
    Some("plain"),
    None,
    Some(""),
    Some("comma, \"quotes\" and 'apostrophe'"),
    Some("two\nlines\r\nand a tab\t"),
    Some("Łódź, été, 東京, 🛍️👩‍👩‍👧"),
    Some(" spaces around, a \\ and null, NULL, \\N "),
    Some("long enough not to lie within a string view"),
];

const JSON: [Option<&str>; 8] = [
    Some("{}"),
    None,
    Some("{\"a\":1}"),
    Some("{\"text\":\"a \\\"quote\\\", a \\\\ and a \\n\"}"),
    Some("[1,2.50,true,null]"),
    Some("{\"🛒\":{\"product_id\":7,\"quantity\":2}}"),
    Some("\"text\""),
    Some("0.10"),
];

/// Eight rows of every type that each format keeps, with NULLs, extremes and texts that need quoting.
pub(super) fn rows() -> Result<RecordBatch> {
    let json = Field::new("details", DataType::Utf8View, true)
        .with_metadata([(EXTENSION.to_owned(), "arrow.json".to_owned())].into());
    let schema = Schema::new(vec![
        Field::new("id", DataType::Int64, false),
        Field::new("quantity", DataType::Int32, true),
        Field::new("is_active", DataType::Boolean, true),
        Field::new("price", DataType::Decimal128(10, 2), true),
        Field::new("total", DataType::Decimal128(38, 4), true),
        Field::new("ratio", DataType::Float64, true),
        Field::new("day", DataType::Date32, true),
        Field::new("created_at", DataType::Timestamp(TimeUnit::Microsecond, None), true),
        Field::new("name", DataType::Utf8View, true),
        json,
    ]);
    let most = 10i128.pow(38) - 1;
    let instant = |t: Timestamp| Some(t.micros());
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from(vec![i64::MIN, -1, 0, 1, 2, 3, 4, i64::MAX])),
        Arc::new(Int32Array::from(vec![
            Some(i32::MIN),
            None,
            Some(0),
            Some(1),
            None,
            Some(3),
            Some(4),
            Some(i32::MAX),
        ])),
        Arc::new(BooleanArray::from(vec![Some(true), None, Some(false), Some(true), None, None, Some(false), None])),
        Arc::new(
            Decimal128Array::from(vec![
                Some(-9_999_999_999),
                None,
                Some(0),
                Some(5),
                Some(-5),
                Some(1250),
                Some(100),
                Some(9_999_999_999),
            ])
            .with_precision_and_scale(10, 2)?,
        ),
        Arc::new(
            Decimal128Array::from(vec![Some(-most), None, Some(0), Some(1), Some(-1), None, Some(10_000), Some(most)])
                .with_precision_and_scale(38, 4)?,
        ),
        Arc::new(Float64Array::from(vec![
            Some(-1.5e300),
            None,
            Some(0.0),
            Some(0.1),
            Some(1.0 / 3.0),
            Some(5e-324),
            None,
            Some(1e21),
        ])),
        Arc::new(Date32Array::from(vec![
            Some(date!("1969-12-31").days()),
            None,
            Some(0),
            Some(date!("2024-02-29").days()),
            None,
            Some(DAY.days()),
            Some(date!("0001-01-01").days()),
            Some(date!("9999-12-31").days()),
        ])),
        Arc::new(TimestampMicrosecondArray::from(vec![
            instant(timestamp!("1969-12-31 23:59:59.999999")),
            None,
            Some(0),
            instant(timestamp!("2026-01-14 10:30:00")),
            instant(timestamp!("2026-01-14 10:30:00.5")),
            None,
            instant(timestamp!("0001-01-01 00:00:00")),
            instant(timestamp!("9999-12-31 23:59:59.000001")),
        ])),
        Arc::new(StringViewArray::from(TEXTS.to_vec())),
        Arc::new(StringViewArray::from(JSON.to_vec())),
    ];
    Ok(RecordBatch::try_new(Arc::new(schema), columns)?)
}

/// Rows of one number each, from `first` on.
pub(super) fn numbers(first: i64, count: i64) -> Result<RecordBatch> {
    let schema: SchemaRef = Schema::new(vec![Field::new("id", DataType::Int64, false)]).into();
    Ok(RecordBatch::try_new(schema, vec![Arc::new(Int64Array::from_iter_values(first..first + count))])?)
}

pub(super) fn read_of(batch: RecordBatch) -> TableRead {
    TableRead::from_batches(batch.schema(), vec![batch])
}

/// All rows of a manifest, as one batch of this schema.
pub(super) async fn read_all(
    lake: &dyn Lake,
    manifest: &Manifest,
    columns: Option<&[String]>,
    schema: &SchemaRef,
) -> Result<RecordBatch> {
    let batches: Vec<RecordBatch> = lake.read(manifest, columns).await?.try_collect().await?;
    for batch in &batches {
        promise(batch.schema().fields() == schema.fields(), "a read has the columns of its manifest, in its types")?;
    }
    Ok(concat_batches(schema, &batches)?)
}

/// Checks that a manifest's rows are these.
pub(super) async fn has_rows(
    lake: &dyn Lake,
    manifest: &Manifest,
    rows: &RecordBatch,
    what: &'static str,
) -> Result<()> {
    let read = read_all(lake, manifest, None, &rows.schema()).await?;
    promise(&read == rows, what)
}

pub(super) async fn existing(lake: &dyn Lake, partition: &Partition) -> Result<Manifest> {
    let found = lake.manifest(partition).await?;
    found.ok_or_else(|| broken("a partition that was written has a manifest").with("partition", partition))
}
