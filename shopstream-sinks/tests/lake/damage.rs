//! A damaged lake says what is damaged, and gives no wrong row.

use crate::fixture::{layout, options, read_all, read_of, rows, users};
use object_store::{ObjectStoreExt, memory::InMemory, path::Path};
use sha2::{Digest, Sha256};
use shopstream_core::{Error, ErrorKind, Format, Lake, Manifest};
use shopstream_sinks::lake::ObjectStoreLake;
use std::sync::Arc;

struct Damaged {
    objects: Arc<InMemory>,
    lake: ObjectStoreLake,
    manifest: Manifest,
    file: Path,
}

impl Damaged {
    async fn new(format: Format, count: u64) -> Self {
        let objects = Arc::new(InMemory::new());
        let lake = ObjectStoreLake::new(objects.clone(), layout());
        let manifest = lake.write(&users(), read_of(&rows(count)), &options().with_format(format)).await.unwrap();
        let file = Path::from(manifest.files[0].key.as_str());
        Self { objects, lake, manifest, file }
    }

    async fn change(&self, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut bytes = self.objects.get(&self.file).await.unwrap().bytes().await.unwrap().to_vec();
        change(&mut bytes);
        self.objects.put(&self.file, bytes.clone().into()).await.unwrap();
        bytes
    }

    /// The error of reading, which names the file.
    async fn error(&self) -> Error {
        let error = read_all(&self.lake, &self.manifest).await.unwrap_err();
        assert_eq!(error.context("key"), Some(self.file.as_ref()), "{error}");
        error
    }
}

#[tokio::test]
async fn a_truncated_file() {
    for format in [Format::Parquet, Format::Csv, Format::Ndjson] {
        let damaged = Damaged::new(format, 100).await;
        damaged.change(|bytes| bytes.truncate(bytes.len() - 1)).await;
        let error = damaged.error().await;
        assert_eq!(error.kind(), ErrorKind::Data);
        assert!(error.to_string().contains("size"), "{error}");
    }
}

#[tokio::test]
async fn a_flipped_bit_of_a_small_and_of_a_large_file() {
    for (format, count) in [(Format::Parquet, 100), (Format::Csv, 100), (Format::Csv, 400_000)] {
        let damaged = Damaged::new(format, count).await;
        assert_eq!(damaged.manifest.bytes() > 20 << 20, count > 100);
        damaged.change(|bytes| *bytes.last_mut().unwrap() ^= 1).await;
        let error = damaged.error().await;
        assert_eq!(error.kind(), ErrorKind::Data);
        assert!(error.to_string().contains("checksum"), "{error}");
    }
}

#[tokio::test]
async fn a_file_that_is_whole_and_still_wrong() {
    // The manifest was made to fit: what then fails is the decoder, or the count of rows.
    for (format, cut, says) in [(Format::Parquet, 20, "Parquet"), (Format::Csv, 56, "rows")] {
        let mut damaged = Damaged::new(format, 100).await;
        let bytes = damaged.change(|bytes| drop(bytes.drain(bytes.len() - cut..))).await;
        if format == Format::Csv {
            damaged.change(|bytes| bytes.truncate(1 + bytes.iter().rposition(|b| *b == b'\n').unwrap())).await;
        }
        let bytes = match format {
            Format::Csv => damaged.change(|_| {}).await,
            _ => bytes,
        };
        let file = &mut damaged.manifest.files[0];
        file.bytes = bytes.len() as u64;
        file.sha256 = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
        let error = damaged.error().await;
        assert_eq!(error.kind(), ErrorKind::Data, "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[tokio::test]
async fn a_missing_file() {
    let damaged = Damaged::new(Format::Parquet, 10).await;
    damaged.objects.delete(&damaged.file).await.unwrap();
    assert_eq!(damaged.error().await.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_corrupt_manifest() {
    let damaged = Damaged::new(Format::Parquet, 10).await;
    let key = Path::from(layout().manifest(&users(), 1).unwrap());
    let stored = damaged.objects.get(&key).await.unwrap().bytes().await.unwrap();
    let text = std::str::from_utf8(&stored).unwrap();
    for broken in [
        String::new(),
        text[..text.len() / 2].to_owned(),
        text.replace("\n  \"rows\": 10", "\n  \"rows\": 11"),
        text.replace("\"number\": 1", "\"number\": 7"),
        text.replace("2026-01-14\"", "2026-01-13\""),
    ] {
        assert_ne!(broken, text);
        damaged.objects.put(&key, broken.into()).await.unwrap();
        let error = damaged.lake.manifest(&users()).await.unwrap_err();
        assert_eq!((error.kind(), error.context("key")), (ErrorKind::Data, Some(key.as_ref())), "{error}");
    }
}

#[tokio::test]
async fn large_parquet_is_read_in_ranges() {
    let damaged = Damaged::new(Format::Parquet, 900_000).await;
    assert!(damaged.manifest.bytes() > 16 << 20, "{} bytes", damaged.manifest.bytes());
    assert_eq!(read_all(&damaged.lake, &damaged.manifest).await.unwrap(), rows(900_000));
}
