//! The bad rows of files, as a table.

use arrow::{array::RecordBatch, datatypes::SchemaRef};
use futures::{StreamExt, TryStreamExt, stream};
use shopstream_core::{Batch, BatchStream, Error, Result, Table, TableRef};
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use super::{form::Form, read::Reading};

/// Where a bad row stands that was set aside, and why: a row of the table `_rejects`, which every schema of a
/// [`FileSource`](super::FileSource) has. A cell's value is never in it.
///
/// It is a table like any other: named as a source of a project (`.source::<Landed<Rejects>>()`), it is extracted to
/// the lake and lands as `raw._rejects`.
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "files", name = "_rejects", grain(table_name, number))]
pub struct Rejects {
    /// The table that it would have been a row of.
    pub table_name: String,
    /// Which of the table's bad rows it is; the first is 1.
    pub number: i64,
    /// The file.
    pub file: String,
    /// The line in which the row starts, of the text without its compression; the first is 1.
    pub line: i64,
    /// The column whose value is bad; NULL where it is the row as a whole.
    pub column_name: Option<String>,
    /// What is wrong.
    pub reason: String,
}

impl Rejects {
    fn new(table: &TableRef, file: &str, number: i64, error: &Error) -> Self {
        Self {
            table_name: table.to_string(),
            number,
            file: file.to_owned(),
            line: error.context("line").and_then(|line| line.parse().ok()).unwrap_or_default(),
            column_name: error.context("column").map(str::to_owned),
            reason: error.message().to_owned(),
        }
    }
}

/// A file whose bad rows are asked for.
pub(super) struct Suspect {
    pub(super) table: TableRef,
    pub(super) path: PathBuf,
    pub(super) form: Form,
    pub(super) schema: SchemaRef,
}

/// The bad rows of files, one file after the other: these columns of them.
pub(super) fn stream_of(files: Vec<Suspect>, columns: Vec<usize>, batch_rows: usize) -> BatchStream {
    let rejects = stream::iter(files).then(of_file).try_flatten();
    let batches = rejects.map_ok(move |rejects: Vec<Rejects>| {
        let columns = columns.clone();
        let batches = rejects.chunks(batch_rows.max(1)).map(|rows| Batch::from_rows(rows).into_record_batch());
        let projected: Vec<Result<RecordBatch>> = batches.map(|b| Ok(b.project(&columns)?)).collect();
        stream::iter(projected)
    });
    batches.try_flatten().boxed()
}

/// A file's bad rows, as many at once as a chunk of it has.
async fn of_file(file: Suspect) -> Result<impl futures::Stream<Item = Result<Vec<Rejects>>>> {
    let found = Arc::new(Mutex::new(vec![]));
    let (table, path, sink, mut number) = (file.table.clone(), file.path.display().to_string(), found.clone(), 0);
    let decoder = file.form.decoder(file.schema, 65_536)?.on_bad_row(move |error| {
        number += 1;
        sink.lock().unwrap_or_else(PoisonError::into_inner).push(Rejects::new(&table, &path, number, &error));
        Ok(())
    });
    let reading = Reading::open(&file.table, &file.path, file.form.compression, decoder).await?;
    Ok(stream::try_unfold((reading, found), |(mut reading, found)| async move {
        loop {
            let rejects = std::mem::take(&mut *found.lock().unwrap_or_else(PoisonError::into_inner));
            if !rejects.is_empty() {
                return Ok(Some((rejects, (reading, found))));
            }
            if !reading.step().await? {
                return Ok(None);
            }
        }
    }))
}
