//! A lake of a few rows, for loads.

use arrow::{
    array::{Int64Array, RecordBatch, StringArray},
    datatypes::{DataType, Field, Schema},
};
use async_trait::async_trait;
use futures::{StreamExt, stream::BoxStream};
use std::{fmt, sync::Arc};

use crate::{
    BatchStream, DataFile, Date, Error, Format, Lake, Manifest, Orphans, Partition, Result, TableRead, Timestamp,
    WriteOptions,
};

/// Files of which each has `rows` rows, told by its key's last number; it only reads.
#[derive(Debug)]
pub(super) struct SmallLake;

impl SmallLake {
    /// A manifest of files with so many rows each, of a date, told apart by `written_at`.
    pub(super) fn manifest(date: Date, files: &[u64], written_at: i64) -> Result<Manifest> {
        let schema = batch(0)?.schema();
        let partition = Partition::new("suite", date);
        let mut manifest = Manifest::new(partition, &schema, Format::Parquet, Timestamp::from_micros(written_at));
        manifest.files = (files.iter().enumerate())
            .map(|(i, rows)| DataFile {
                key: format!("suite/{i}/{rows}"),
                rows: *rows,
                bytes: 0,
                sha256: String::new(),
            })
            .collect();
        manifest.rows = files.iter().sum();
        manifest.encode()?;
        Ok(manifest)
    }
}

fn batch(rows: u64) -> Result<RecordBatch> {
    let ids = Int64Array::from_iter_values((1..=rows).filter_map(|n| i64::try_from(n).ok()));
    let names: StringArray = ids.values().iter().map(|id| (id % 2 == 1).then(|| format!("name {id}"))).collect();
    let fields = vec![Field::new("id", DataType::Int64, false), Field::new("name", DataType::Utf8, true)];
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), vec![Arc::new(ids), Arc::new(names)])?)
}

impl fmt::Display for SmallLake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the suite's lake")
    }
}

#[async_trait]
impl Lake for SmallLake {
    async fn write(&self, _: &Partition, _: TableRead, _: &WriteOptions) -> Result<Manifest> {
        Err(Error::unsupported("the suite's lake only reads"))
    }

    async fn manifest(&self, _: &Partition) -> Result<Option<Manifest>> {
        Ok(None)
    }

    async fn read(&self, _: &Manifest, _: Option<&[String]>) -> Result<BatchStream> {
        Err(Error::unsupported("the suite's lake reads by file"))
    }

    async fn read_file(&self, _: &Manifest, file: &DataFile, _: Option<&[String]>) -> Result<BatchStream> {
        let rows = file.key.rsplit('/').next().and_then(|rows| rows.parse().ok());
        let rows = rows.ok_or_else(|| Error::not_found("no such file").with("file", &file.key))?;
        Ok(futures::stream::iter([batch(rows)]).boxed())
    }

    fn list(&self, _: &str) -> BoxStream<'static, Result<Partition>> {
        futures::stream::empty().boxed()
    }

    async fn delete(&self, _: &Partition) -> Result<()> {
        Ok(())
    }

    async fn orphans(&self, _: &str, _: Timestamp) -> Result<Orphans> {
        Ok(Orphans::default())
    }

    async fn clean_up(&self, _: &str, _: Timestamp) -> Result<Orphans> {
        Ok(Orphans::default())
    }
}
