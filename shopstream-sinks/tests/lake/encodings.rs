//! Encodings differ, and rows do not.

use crate::fixture::{layout, options, read_all, read_of, users};
use arrow::array::{ArrayRef, Decimal128Array, Int32Array, Int64Array, ListArray, RecordBatch, StringViewArray};
use object_store::{ObjectStoreExt, memory::InMemory, path::Path};
use parquet::{
    basic::Encoding as Written,
    file::reader::{FileReader, SerializedFileReader},
};
use shopstream_core::{Encoding, Lake, Partition, TableRead, date};
use shopstream_sinks::lake::ObjectStoreLake;
use std::{collections::BTreeMap, sync::Arc};

/// Keys, money of few amounts, words, texts and lists.
fn rows(count: usize) -> RecordBatch {
    let n = |i: usize| {
        let i = (i as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (i ^ (i >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 11
    };
    let ids = Int64Array::from_iter_values((0..count).map(|i| i as i64 + 1_000_000_000));
    let money = (0..count).map(|i| i128::from(n(i) % 100) * 997 + 1);
    let money = Decimal128Array::from_iter_values(money).with_precision_and_scale(10, 2).unwrap();
    let words = (0..count).map(|i| (i % 9 != 0).then_some(["paid", "shipped", "delivered"][n(i) as usize % 3]));
    let texts = (0..count).map(|i| format!("{:x} {}", n(i), "o".repeat(n(i) as usize % 20)));
    let lists = (0..count).map(|i| Some((0..i % 3).map(|j| Some((i + j) as i32)).collect::<Vec<_>>()));
    RecordBatch::try_from_iter_with_nullable([
        ("id", Arc::new(ids) as ArrayRef, false),
        ("price", Arc::new(money) as _, true),
        ("status", Arc::new(StringViewArray::from_iter(words)) as _, true),
        ("text", Arc::new(StringViewArray::from_iter_values(texts)) as _, true),
        ("numbers", Arc::new(ListArray::from_iter_primitive::<arrow::datatypes::Int32Type, _, _>(lists)) as _, true),
        ("few", Arc::new(Int32Array::from_iter_values((0..count).map(|i| ((n(i) % 3) as i32) << 28))) as _, true),
    ])
    .unwrap()
}

/// Columns that take every turn of an encoding: differences that wrap, runs with and without a value, more texts than a
/// dictionary holds.
fn turns(count: usize) -> RecordBatch {
    let run = |i: usize| (i / 10_000).is_multiple_of(2);
    let far = |i: usize| if i.is_multiple_of(2) { (1 << 62) + i as i64 } else { -(1 << 62) };
    let word = |i: usize| ["paid", "", "delivered"][(i / 7) % 3];
    let text = |i: usize| if i < 100_000 { format!("{}", i % 9) } else { format!("number {i}, and more of it") };
    let all = 0..count;
    RecordBatch::try_from_iter_with_nullable([
        ("id", Arc::new(Int32Array::from_iter_values(all.clone().map(|i| i as i32))) as ArrayRef, false),
        ("far", Arc::new(Int64Array::from_iter_values(all.clone().map(far))) as _, true),
        ("far_runs", Arc::new(Int64Array::from_iter(all.clone().map(|i| run(i).then(|| far(i))))) as _, true),
        ("some", Arc::new(Int32Array::from_iter(all.clone().map(|i| (i % 9 != 4).then_some(i as i32 / 5)))) as _, true),
        ("none", Arc::new(Int64Array::new_null(count)) as _, true),
        ("word", Arc::new(StringViewArray::from_iter(all.clone().map(|i| Some(word(i))))) as _, true),
        ("word_runs", Arc::new(StringViewArray::from_iter(all.clone().map(|i| run(i).then(|| word(i))))) as _, true),
        (
            "word_some",
            Arc::new(StringViewArray::from_iter(all.clone().map(|i| (i % 9 != 4).then(|| word(i))))) as _,
            true,
        ),
        ("no_word", Arc::new(StringViewArray::new_null(count)) as _, true),
        ("text", Arc::new(StringViewArray::from_iter_values(all.clone().map(text))) as _, true),
        ("text_some", Arc::new(StringViewArray::from_iter(all.map(|i| (i % 9 != 4).then(|| text(i))))) as _, true),
    ])
    .unwrap()
}

async fn written(encoding: Encoding, rows: &RecordBatch) -> (u64, BTreeMap<String, Vec<Written>>) {
    let objects = Arc::new(InMemory::new());
    let lake = ObjectStoreLake::new(objects.clone(), layout());
    let batches = (0..rows.num_rows()).step_by(20_000).map(|at| rows.slice(at, 20_000.min(rows.num_rows() - at)));
    let read = TableRead::from_batches(rows.schema(), batches.collect());
    let manifest = lake.write(&users(), read, &options().with_encoding(encoding)).await.unwrap();
    assert_eq!(&read_all(&lake, &manifest).await.unwrap(), rows, "{encoding:?}");
    let bytes = objects.get(&Path::from(manifest.files[0].key.as_str())).await.unwrap().bytes().await.unwrap();
    let reader = SerializedFileReader::new(bytes).unwrap();
    let columns = reader.metadata().row_group(0).columns();
    let name = |path: &str| path.split('.').next().unwrap().to_owned();
    (manifest.bytes(), columns.iter().map(|c| (name(&c.column_path().string()), c.encodings().collect())).collect())
}

#[tokio::test]
async fn a_sample_chooses_what_is_small() {
    let rows = rows(60_000);
    let (sampled, columns) = written(Encoding::Sampled, &rows).await;
    for (column, encoding) in [
        ("id", Written::DELTA_BINARY_PACKED),
        ("price", Written::RLE_DICTIONARY),
        ("status", Written::RLE_DICTIONARY),
        ("text", Written::DELTA_LENGTH_BYTE_ARRAY),
        ("numbers", Written::DELTA_BINARY_PACKED),
        ("few", Written::RLE_DICTIONARY),
    ] {
        assert!(columns[column].contains(&encoding), "{column}: {:?}", columns[column]);
    }
    let (plain, columns) = written(Encoding::Plain, &rows).await;
    let known = [Written::PLAIN, Written::RLE];
    assert!(columns.values().flatten().all(|encoding| known.contains(encoding)), "{columns:?}");
    let (dictionary, _) = written(Encoding::Dictionary, &rows).await;
    assert!(sampled < plain && sampled < dictionary, "{sampled}, plain {plain}, dictionaries {dictionary}");
}

#[tokio::test]
async fn the_choice_is_the_same_each_time_and_each_file_has_its_own() {
    let rows = rows(9_000);
    let keys = |manifest: &shopstream_core::Manifest| {
        manifest.files.iter().map(|file| file.sha256.clone()).collect::<Vec<_>>()
    };
    let mut found = vec![];
    for _ in 0..2 {
        let lake = ObjectStoreLake::from_url("memory://", layout()).unwrap();
        let split = options().with_max_rows_per_file(4_000);
        found.push(keys(&lake.write(&users(), read_of(&rows), &split).await.unwrap()));
    }
    assert_eq!(found[0], found[1]);
    assert_eq!(found[0].len(), 3);
}

/// What it leaves in the target folder is read by other readers when all of the project is tested.
#[tokio::test]
async fn every_turn_of_an_encoding_is_read_again() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("readers");
    let _ = std::fs::remove_dir_all(&folder);
    let lake = ObjectStoreLake::local(&folder, layout()).unwrap();
    for (table, encoding) in
        [("sampled", Encoding::Sampled), ("dictionaries", Encoding::Dictionary), ("plain", Encoding::Plain)]
    {
        for (date, count) in [(date!("2026-01-14"), 150_000), (date!("2026-01-15"), 1)] {
            let rows = turns(count);
            let options = options().with_encoding(encoding);
            let manifest = lake.write(&Partition::new(table, date), read_of(&rows), &options).await.unwrap();
            assert_eq!(read_all(&lake, &manifest).await.unwrap(), rows, "{encoding:?}");
        }
    }
}
