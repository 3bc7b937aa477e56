//! Types that not every format has.

use arrow::{
    array::{
        ArrayRef, BinaryViewArray, FixedSizeBinaryArray, ListArray, RecordBatch, StringViewArray,
        Time64MicrosecondArray,
    },
    buffer::OffsetBuffer,
    datatypes::{Field, Int64Type, Schema},
};
use shopstream_core::{ErrorKind, Format, Lake, TableSchema};
use shopstream_sinks::lake::ObjectStoreLake;
use std::sync::Arc;

use crate::fixture::{layout, options, read_all, read_of, users};

fn list(items: ArrayRef, lengths: [usize; 3]) -> ArrayRef {
    let item = Arc::new(Field::new_list_field(items.data_type().clone(), true));
    Arc::new(ListArray::new(item, OffsetBuffer::from_lengths(lengths), items, None))
}

fn odd_rows() -> RecordBatch {
    let long = "a text that does not fit a view";
    let texts: ArrayRef = Arc::new(StringViewArray::from(vec![Some(long), None, Some("")]));
    let bytes: ArrayRef = Arc::new(BinaryViewArray::from(vec![Some(&b"\xff\0"[..]), None, Some(&[7; 40][..])]));
    let ids: ArrayRef = Arc::new(FixedSizeBinaryArray::from(vec![Some(&[1; 16][..]), None, Some(&[0; 16][..])]));
    let times: ArrayRef = Arc::new(Time64MicrosecondArray::from(vec![Some(0), None, Some(86_399_999_999)]));
    let numbers = [Some(vec![Some(1), None, Some(-3)]), None, Some(vec![])];
    let numbers: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(numbers));
    let columns = [
        ("texts", list(texts, [2, 0, 1])),
        ("many_bytes", list(bytes.clone(), [0, 3, 0])),
        ("ids", list(ids.clone(), [1, 1, 1])),
        ("times", list(times.clone(), [3, 0, 0])),
        ("numbers", numbers),
        ("bytes", bytes),
        ("uuid", ids),
        ("time", times),
    ];
    let field = |(name, array): &(&str, ArrayRef)| {
        let field = Field::new(*name, array.data_type().clone(), true);
        match *name {
            "uuid" => field.with_metadata([("ARROW:extension:name".into(), "arrow.uuid".into())].into()),
            _ => field,
        }
    };
    let schema = Schema::new(columns.iter().map(field).collect::<Vec<_>>());
    RecordBatch::try_new(Arc::new(schema), columns.into_iter().map(|(_, array)| array).collect()).unwrap()
}

#[tokio::test]
async fn parquet_keeps_lists_bytes_uuids_and_times() {
    let folder = tempfile::tempdir().unwrap();
    let lake = ObjectStoreLake::local(folder.path(), layout()).unwrap();
    let rows = odd_rows();
    lake.write(&users(), read_of(&rows), &options()).await.unwrap();
    let manifest = lake.manifest(&users()).await.unwrap().unwrap();
    assert_eq!(manifest.schema, TableSchema::from_arrow(&rows.schema()));
    assert_eq!(read_all(&lake, &manifest).await.unwrap(), rows);
}

#[tokio::test]
async fn texts_refuse_what_they_have_no_form_of_and_name_the_column() {
    let rows = odd_rows();
    for format in [Format::Csv, Format::Ndjson] {
        for (i, field) in rows.schema().fields().iter().enumerate() {
            let folder = tempfile::tempdir().unwrap();
            let lake = ObjectStoreLake::local(folder.path(), layout()).unwrap();
            let one = rows.project(&[i]).unwrap();
            let written = lake.write(&users(), read_of(&one), &options().with_format(format)).await;
            let error = written.unwrap_err();
            assert_eq!((error.kind(), error.context("column")), (ErrorKind::Schema, Some(field.name().as_str())));
            assert!(lake.manifest(&users()).await.unwrap().is_none());
        }
    }
}
