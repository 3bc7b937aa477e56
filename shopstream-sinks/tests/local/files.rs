//! What the files are: plain Parquet, the same bytes for the same rows, linked where nothing changed.

use arrow::{
    array::{
        Array, ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int32Array, Int64Array, RecordBatch,
        StringViewArray, TimestampMicrosecondArray,
    },
    compute::concat_batches,
    datatypes::{DataType, Field, Schema},
};
use futures::TryStreamExt;
use parquet::{
    arrow::arrow_reader::ParquetRecordBatchReaderBuilder,
    file::reader::{FileReader, SerializedFileReader},
};
use shopstream_core::{TableRef, TableSchema, Warehouse};
use std::{
    fs::{self, File},
    os::unix::fs::MetadataExt,
    sync::Arc,
};

use crate::fixture::{Folder, put_batches, run};

/// Rows of every type that tables have, with NULLs, in more than two row groups.
fn every_type(rows: usize) -> RecordBatch {
    let n = i64::try_from(rows).unwrap();
    let some = |i: i64| i % 7 != 0;
    let json = Field::new("metadata", DataType::Utf8View, true)
        .with_metadata([("ARROW:extension:name".to_owned(), "arrow.json".to_owned())].into());
    let columns: Vec<(Field, ArrayRef)> = vec![
        (Field::new("id", DataType::Int64, false), Arc::new(Int64Array::from_iter_values(0..n))),
        (
            Field::new("key", DataType::Int32, true),
            Arc::new((0..n).map(|i| some(i).then_some((i * 31 % 200) as i32)).collect::<Int32Array>()),
        ),
        (
            Field::new("name", DataType::Utf8View, true),
            Arc::new(
                (0..n).map(|i| some(i).then(|| format!("Žofie « {} » 🛒", i * 7919 % n))).collect::<StringViewArray>(),
            ),
        ),
        (
            Field::new("status", DataType::Utf8View, false),
            Arc::new(StringViewArray::from_iter_values(
                (0..n).map(|i| ["paid", "shipped", "a status longer than a view"][(i % 3) as usize]),
            )),
        ),
        (json, Arc::new((0..n).map(|i| some(i).then(|| format!("{{\"q\":{}}}", i % 5))).collect::<StringViewArray>())),
        (
            Field::new("price", DataType::Decimal128(10, 2), true),
            Arc::new(
                (0..n)
                    .map(|i| some(i).then_some(i128::from(i * 17 % 100_000) - 50_000))
                    .collect::<Decimal128Array>()
                    .with_precision_and_scale(10, 2)
                    .unwrap(),
            ),
        ),
        (
            Field::new("total", DataType::Decimal128(38, 4), true),
            Arc::new(
                (0..n)
                    .map(|i| some(i).then_some(i128::from(i) * 10_i128.pow(25)))
                    .collect::<Decimal128Array>()
                    .with_precision_and_scale(38, 4)
                    .unwrap(),
            ),
        ),
        (
            Field::new("day", DataType::Date32, false),
            Arc::new(Date32Array::from_iter_values((0..n).map(|i| (i % 400) as i32))),
        ),
        (
            Field::new("at", DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, None), true),
            Arc::new(
                (0..n)
                    .map(|i| some(i).then_some(1_700_000_000_000_000 + i * 999))
                    .collect::<TimestampMicrosecondArray>(),
            ),
        ),
        (
            Field::new("active", DataType::Boolean, true),
            Arc::new((0..n).map(|i| some(i).then_some(i % 2 == 0)).collect::<BooleanArray>()),
        ),
        (
            Field::new("score", DataType::Float64, true),
            Arc::new((0..n).map(|i| some(i).then_some(i as f64 / 3.0)).collect::<Float64Array>()),
        ),
    ];
    let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = columns.into_iter().unzip();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

async fn put_and_publish(folder: &Folder, batches: Vec<RecordBatch>) -> std::path::PathBuf {
    let build = folder.warehouse.begin(&run("first")).await.unwrap();
    put_batches(&*build, "core.all", batches).await.unwrap();
    build.publish().await.unwrap();
    folder.path().join("current/core/all.parquet")
}

#[tokio::test]
async fn every_type_comes_back_and_any_reader_opens_it() {
    let (folder, rows) = (Folder::new(), 600_000);
    let batch = every_type(rows);
    let path = put_and_publish(&folder, vec![batch.clone()]).await;
    let table = TableRef::from("core.all");
    let read: Vec<RecordBatch> = folder.warehouse.read(&table, None).await.unwrap().try_collect().await.unwrap();
    assert_eq!(read.as_slice(), std::slice::from_ref(&batch), "in one batch, with the fields' metadata");
    let described = folder.warehouse.describe(&table).await.unwrap().unwrap();
    assert_eq!(described, TableSchema::from_arrow(&batch.schema()));
    assert_eq!(described.column("metadata").unwrap().extension.as_deref(), Some("arrow.json"));

    let plain = ParquetRecordBatchReaderBuilder::try_new(File::open(&path).unwrap()).unwrap();
    let plain: Vec<RecordBatch> = plain.build().unwrap().collect::<Result<_, _>>().unwrap();
    let plain = concat_batches(plain[0].schema_ref(), &plain).unwrap();
    assert_eq!(plain.columns(), batch.columns());

    let file = SerializedFileReader::new(File::open(&path).unwrap()).unwrap();
    let groups: Vec<i64> = file.metadata().row_groups().iter().map(|g| g.num_rows()).collect();
    assert_eq!(groups, [262_144, 262_144, 75_712]);
    let column = |name: &str| {
        let columns = file.metadata().row_group(0).columns();
        columns.iter().find(|c| c.column_path().string() == name).unwrap().clone()
    };
    assert!(column("status").dictionary_page_offset().is_some() && column("id").dictionary_page_offset().is_none());
    assert_eq!(column("price").column_type(), parquet::basic::Type::INT64);
}

#[tokio::test]
async fn the_same_rows_are_the_same_bytes_however_they_come() {
    let batch = every_type(330_000);
    let mut former: Option<Vec<u8>> = None;
    for size in [330_000, 65_536, 10_007] {
        let folder = Folder::new();
        let slices = (0..batch.num_rows()).step_by(size).map(|i| batch.slice(i, size.min(batch.num_rows() - i)));
        // Copied, so that nothing of how the slices hang together can show.
        let copies = slices.map(|s| concat_batches(&batch.schema(), [&s]).unwrap()).collect();
        let bytes = fs::read(put_and_publish(&folder, copies).await).unwrap();
        assert!(former.is_none_or(|former| former == bytes), "batches of {size}");
        former = Some(bytes);
    }
}

#[tokio::test]
async fn what_a_run_leaves_as_it_was_is_the_same_file() {
    let folder = Folder::new();
    folder.publish("first", &[("raw.a", &[1]), ("raw.b", &[1])]).await;
    folder.publish("second", &[("raw.b", &[2])]).await;
    let inode = |version: &str, table: &str| {
        fs::metadata(folder.path().join(format!("versions/{version}/raw/{table}.parquet"))).unwrap().ino()
    };
    assert_eq!(inode("000001", "a"), inode("000002", "a"));
    assert_ne!(inode("000001", "b"), inode("000002", "b"));
    assert_eq!(fs::read_link(folder.path().join("current")).unwrap().to_str(), Some("versions/000002"));
}

#[tokio::test]
async fn nulls_in_a_required_column_are_refused() {
    let folder = Folder::new();
    let build = folder.warehouse.begin(&run("first")).await.unwrap();
    let nullable = Arc::new(Schema::new(vec![Field::new("id", DataType::Int64, true)]));
    let required = Arc::new(Schema::new(vec![Field::new("id", DataType::Int64, false)]));
    let batch = RecordBatch::try_new(nullable, vec![Arc::new(Int64Array::from(vec![Some(1), None]))]).unwrap();
    assert_eq!(batch.column(0).null_count(), 1);
    let put = build.put(&"raw.a".into(), required, Box::pin(futures::stream::iter([Ok(batch)]))).await;
    assert_eq!(put.unwrap_err().context("column"), Some("id"));
}
