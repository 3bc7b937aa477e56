//! Rows, and where they go.

use arrow::{
    array::{ArrayRef, Int64Array, RecordBatch, StringViewArray},
    compute::concat_batches,
};
use futures::TryStreamExt;
use shopstream_core::{Lake, Layout, Manifest, Partition, Result, TableRead, Timestamp, WriteOptions, date, timestamp};
use std::sync::Arc;

/// When no writer is at work any more.
pub(crate) const NO_MORE: Timestamp = timestamp!("9999-12-31 00:00:00");

pub(crate) fn users() -> Partition {
    Partition::new("users", date!("2026-01-14"))
}

pub(crate) fn layout() -> Layout {
    Layout::dated("raw/postgres")
}

pub(crate) fn options() -> WriteOptions {
    WriteOptions::new(timestamp!("2026-01-14 02:00:00"))
}

/// Rows that compress badly, so that few of them make a large file.
pub(crate) fn rows(count: u64) -> RecordBatch {
    let noise = |i: u64| i.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(31).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    let ids = Int64Array::from_iter_values(0..count as i64);
    let texts = (0..count).map(|i| format!("{:016x}{:016x}{:016x}", noise(i), noise(i + 1) ^ i, noise(!i)));
    let texts = StringViewArray::from_iter_values(texts);
    RecordBatch::try_from_iter([("id", Arc::new(ids) as ArrayRef), ("name", Arc::new(texts) as ArrayRef)]).unwrap()
}

pub(crate) fn read_of(rows: &RecordBatch) -> TableRead {
    TableRead::from_batches(rows.schema(), vec![rows.clone()])
}

pub(crate) async fn read_all(lake: &dyn Lake, manifest: &Manifest) -> Result<RecordBatch> {
    let batches: Vec<RecordBatch> = lake.read(manifest, None).await?.try_collect().await?;
    Ok(concat_batches(&manifest.schema.to_arrow(), &batches)?)
}
