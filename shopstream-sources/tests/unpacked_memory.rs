//! What a compressed file takes of the memory, in a process of its own.
#![cfg(all(feature = "compression", target_os = "linux"))]
#![allow(clippy::unwrap_used)]

use arrow::datatypes::{DataType, Field, Schema};
use flate2::{Compression, write::GzEncoder};
use futures::TryStreamExt;
use shopstream_core::{ReadOptions, Source};
use shopstream_sources::files::FileSource;
use std::{fs, io::Write};

/// The most memory that this process has had, in KiB.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[tokio::test]
async fn a_text_that_grows_a_thousandfold_is_not_held() {
    let folder = tempfile::tempdir().unwrap();
    let mut gzip = GzEncoder::new(vec![], Compression::default());
    gzip.write_all(b"id,name\n").unwrap();
    let rows = format!("1,{}\n", "x".repeat(1000)).repeat(1000);
    (0..200).for_each(|_| gzip.write_all(rows.as_bytes()).unwrap());
    let packed = gzip.finish().unwrap();
    assert!(packed.len() < 1 << 20, "{} bytes", packed.len());
    fs::write(folder.path().join("c.csv.gz"), packed).unwrap();
    let schema =
        Schema::new(vec![Field::new("id", DataType::Int64, false), Field::new("name", DataType::Utf8View, true)]);
    let files = FileSource::new(folder.path()).table_as("c", &schema.into(), "c.csv.gz").unwrap();

    let before = peak_memory();
    let read = files.read(&"c".into(), &ReadOptions::default().with_batch_rows(1000)).await.unwrap();
    let rows = read.into_stream().map_ok(|batch| batch.num_rows()).try_fold(0, |a, b| async move { Ok(a + b) });
    assert_eq!(rows.await.unwrap(), 200_000);
    let more = peak_memory() - before;
    assert!(more < 32 << 10, "{more} KiB for 200 MB of text");
}
