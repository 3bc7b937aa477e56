//! Parts of a result that are streams of Arrow's IPC format.

use arrow::{
    array::{Array, ArrayRef, RecordBatch},
    compute::cast,
    datatypes::{DataType, Field},
    ipc::reader::StreamReader,
};
use bytes::{Buf, Bytes};
use shopstream_core::{Error, Result};

use super::{Columns, Kind, fixed, time};

impl Columns {
    /// The rows of a part; a part of no bytes has none.
    pub(crate) fn arrow(&self, part: Bytes) -> Result<Vec<RecordBatch>> {
        if part.is_empty() {
            return Ok(vec![]);
        }
        let broken = |_| Error::unavailable("a part of a result is cut off, or no stream of Arrow");
        if !begins_a_stream(&part) {
            return Err(Error::unavailable("a part of a result is no stream of Arrow"));
        }
        // The text of Arrow's own error is left out: it may show what it stumbled over.
        let batches = StreamReader::try_new(part.reader(), None).map_err(broken)?;
        batches.map(|batch| self.batch_of(&batch.map_err(broken)?)).collect()
    }

    fn batch_of(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        if batch.num_columns() != self.kinds.len() {
            return Err(Error::schema("a part of a result has not the columns that the server described")
                .with("columns", batch.num_columns())
                .with("expected", self.kinds.len()));
        }
        let sent = batch.schema();
        let columns = self.kinds.iter().zip(self.schema.fields()).zip(sent.fields().iter().zip(batch.columns()));
        let columns = columns.map(|((kind, field), (sent, array))| {
            let named =
                Field::new(field.name(), array.data_type().clone(), true).with_metadata(sent.metadata().clone());
            column(*kind, &named, array)
        });
        self.batch(batch.num_rows(), columns.collect::<Result<_>>()?)
    }
}

/// Whether the first message is no longer than the part: the reader makes room for as much as it is told.
fn begins_a_stream(part: &[u8]) -> bool {
    let word = |i: usize| part.get(i..i + 4).and_then(|bytes| Some(u32::from_le_bytes(bytes.try_into().ok()?)));
    // Before Arrow 0.15 there was no marker before the length.
    let length = if word(0) == Some(u32::MAX) { word(4) } else { word(0) };
    length.and_then(|length| usize::try_from(length).ok()).is_some_and(|length| length <= part.len())
}

fn column(kind: Kind, field: &Field, array: &ArrayRef) -> Result<ArrayRef> {
    let is_text = matches!(array.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    match kind {
        // A part whose every value is NULL may come without a type.
        _ if *array.data_type() == DataType::Null => Ok(cast(array, &kind.data_type())?),
        Kind::Int | Kind::Decimal { .. } => fixed::column(kind, field, array),
        Kind::Time { scale } => time::times(scale, field, array),
        Kind::Timestamp { scale, zone } => time::timestamps(scale, zone, field, array),
        Kind::Text | Kind::Json if is_text => Ok(cast(array, &DataType::Utf8View)?),
        Kind::Binary if matches!(array.data_type(), DataType::LargeBinary | DataType::FixedSizeBinary(_)) => {
            Ok(cast(array, &DataType::Binary)?)
        }
        _ if *array.data_type() == kind.data_type() => Ok(array.clone()),
        _ => Err(unreadable(field, array)),
    }
}

/// A column that came in an encoding that its type never has.
pub(super) fn unreadable(field: &Field, array: &ArrayRef) -> Error {
    Error::schema("a column came in an encoding that is not known for its type: cast it in the query")
        .with("column", field.name())
        .with("encoding", array.data_type())
}

#[cfg(test)]
mod tests {
    use super::super::RowType;
    use super::*;
    use arrow::{
        array::{
            BinaryArray, BooleanArray, Date32Array, Float64Array, Int8Array, Int16Array, Int64Array, NullArray,
            StringArray,
        },
        datatypes::{Schema, TimeUnit},
        ipc::writer::StreamWriter,
    };
    use serde_json::json;
    use shopstream_core::ErrorKind;
    use std::sync::Arc;

    fn columns(types: serde_json::Value) -> Result<Columns> {
        Columns::new(&serde_json::from_value::<Vec<RowType>>(types).unwrap())
    }

    fn ipc(columns: Vec<ArrayRef>) -> Bytes {
        let fields = columns.iter().map(|c| Field::new("as sent", c.data_type().clone(), true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let mut writer = StreamWriter::try_new(vec![], &schema).unwrap();
        writer.write(&RecordBatch::try_new(schema, columns).unwrap()).unwrap();
        writer.into_inner().unwrap().into()
    }

    fn everything() -> Columns {
        columns(json!([
            {"name": "ID", "type": "fixed", "precision": 19, "scale": 0},
            {"name": "AMOUNT", "type": "fixed", "precision": 10, "scale": 2},
            {"name": "RATE", "type": "real"},
            {"name": "NAME", "type": "text", "length": 16777216},
            {"name": "METADATA", "type": "variant"},
            {"name": "IS_PAID", "type": "boolean"},
            {"name": "HASH", "type": "binary"},
            {"name": "DAY", "type": "date"},
            {"name": "AT", "type": "timestamp_ntz", "precision": 0, "scale": 3},
            {"name": "SEEN", "type": "timestamp_tz", "precision": 0, "scale": 0},
        ]))
        .unwrap()
    }

    #[test]
    fn every_type_becomes_the_librarys_own() {
        let columns = everything();
        let part = ipc(vec![
            Arc::new(Int8Array::from(vec![1, 2])),
            Arc::new(Int16Array::from(vec![Some(1234), None])),
            Arc::new(Float64Array::from(vec![Some(0.5), None])),
            Arc::new(StringArray::from(vec![Some("é"), None])),
            Arc::new(StringArray::from(vec![Some("{\"a\":1}"), None])),
            Arc::new(BooleanArray::from(vec![Some(true), None])),
            Arc::new(BinaryArray::from(vec![Some(&b"\x00\xff"[..]), None])),
            Arc::new(Date32Array::from(vec![Some(20_000), None])),
            Arc::new(Int64Array::from(vec![Some(1_700_000_000_123), None])),
            Arc::new(NullArray::new(2)),
        ]);
        let read = columns.arrow(part).unwrap().remove(0);
        assert_eq!(&read.schema(), columns.schema());
        let micros = |zone: Option<&str>| DataType::Timestamp(TimeUnit::Microsecond, zone.map(Into::into));
        let types: Vec<_> = read.columns().iter().map(|c| c.data_type().clone()).collect();
        assert_eq!(
            types,
            [
                DataType::Int64,
                DataType::Decimal128(10, 2),
                DataType::Float64,
                DataType::Utf8View,
                DataType::Utf8View,
                DataType::Boolean,
                DataType::Binary,
                DataType::Date32,
                micros(None),
                micros(Some("UTC"))
            ]
        );
        assert_eq!(read.schema().field(4).metadata()["ARROW:extension:name"], "arrow.json");
        let shown = super::super::fixture::first_row(&read);
        for value in ["12.34", "é", "{\"a\":1}", "2024-10-04", "2023-11-14T22:13:20.123"] {
            assert!(shown.contains(value), "{value} in\n{shown}");
        }
        assert!(read.columns()[1..].iter().all(|c| c.is_null(1) || c.data_type() == &micros(Some("UTC"))));
        assert_eq!(read.column(9).null_count(), 2);
    }

    #[test]
    fn what_does_not_fit_its_description_is_an_error() {
        let columns = everything();
        let schema = columns.arrow(ipc(vec![Arc::new(Int8Array::from(vec![1]))])).unwrap_err();
        assert_eq!((schema.kind(), schema.context("expected")), (ErrorKind::Schema, Some("10")));
        let one = |kind: &str| super::super::fixture::column(kind);
        let wrong = one("boolean").arrow(ipc(vec![Arc::new(Int8Array::from(vec![1]))])).unwrap_err();
        assert_eq!((wrong.context("column"), wrong.context("encoding")), (Some("C"), Some("Int8")));
    }

    #[test]
    fn a_part_that_is_cut_off_is_to_be_fetched_again() {
        let whole = ipc(vec![Arc::new(StringArray::from(vec!["planted-value"; 100]))]);
        let columns = super::super::fixture::column("text");
        assert_eq!(columns.arrow(whole.clone()).unwrap()[0].num_rows(), 100);
        let cut = columns.arrow(whole.slice(..whole.len() / 2)).unwrap_err();
        assert!(cut.is_retryable() && !format!("{cut:?}").contains("planted"), "{cut:?}");
        assert!(columns.arrow(Bytes::from_static(b"<html>planted-value")).unwrap_err().is_retryable());
        assert!(columns.arrow(Bytes::new()).unwrap().is_empty());
    }

    #[test]
    fn types_that_are_not_read_are_named() {
        for kind in ["geography", "vector", "map", "decfloat"] {
            let error = columns(json!([{"name": "C", "type": kind}])).unwrap_err();
            assert_eq!((error.kind(), error.context("type")), (ErrorKind::Unsupported, Some(kind)));
        }
        let structured = columns(json!([{"name": "C", "type": "array", "fields": [{"type": "fixed"}]}])).unwrap_err();
        assert_eq!(structured.context("column"), Some("C"));
        assert!(columns(json!([{"name": "C", "type": "fixed", "precision": 39, "scale": 0}])).is_err());
        assert!(columns(json!([{"name": "C", "type": "fixed", "precision": 3, "scale": 4}])).is_err());
        assert!(columns(json!([{"name": "C", "type": "time", "scale": 10}])).is_err());
    }
}
