//! CSV and JSON files in a local folder.

#[cfg(feature = "compression")]
mod compression;
#[cfg(not(feature = "compression"))]
#[path = "no_compression.rs"]
mod compression;
mod form;
mod quarantine;
mod read;
mod rejects;

pub use quarantine::{BadRows, Threshold};
pub use rejects::Rejects;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use futures::StreamExt;
use shopstream_core::{
    Error, ReadOptions, Result, RowFilter, Snapshot, Source, Table, TableRead, TableRef, TableSchema,
};
use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use self::{form::Form, quarantine::Tally, read::Reading, rejects::Suspect};

/// A [`Source`] of local CSV and JSON files, a file a table, with declared columns. The forms are those of
/// [`shopstream_core::text`]; the ending says which: `.csv`; `.ndjson` and `.jsonl`; and `.json`, which is an array
/// of objects or an object a line. Behind it, `.gz` and `.zst` (feature `compression`) say how the file is compressed:
/// it is unpacked on the way, however many gzip members or zstd frames it has; one that is cut off or damaged is
/// `Data`, and so is a zstd frame that asks for a window of more than 128 MiB.
///
/// A bad row stops the read, unless [`with_bad_rows`](FileSource::with_bad_rows) has it set aside.
///
/// A read takes the file as long as it is when it starts: what is appended later is for the next one. A file that
/// gets shorter meanwhile is `Conflict`. A file cannot be held still, so that there are no snapshots.
///
/// ```no_run
/// # use shopstream_core::Table;
/// use shopstream_core::{ReadOptions, Source, TableRef};
/// use shopstream_sources::files::FileSource;
///
/// /// The shop's customers.
/// #[derive(Table, Clone, Debug, PartialEq)]
/// #[table(layer = "bronze", grain(id))]
/// pub struct Customers {
///     /// Number.
///     pub id: i64,
///     /// E-mail.
///     #[column(pii = "direct")]
///     pub email: Option<String>,
/// }
///
/// # async fn example() -> shopstream_core::Result<()> {
/// let source = FileSource::new("data").table::<Customers>("customers.csv")?;
/// let read = source.read(&TableRef::of::<Customers>(), &ReadOptions::default()).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct FileSource {
    folder: PathBuf,
    tables: BTreeMap<TableRef, FileTable>,
    bad_rows: BadRows,
}

#[derive(Clone, Debug)]
struct FileTable {
    file: PathBuf,
    form: Form,
    schema: TableSchema,
}

impl FileSource {
    /// Files in this folder, none of them a table yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), tables: BTreeMap::new(), bad_rows: BadRows::Stop }
    }

    /// What becomes of bad rows (default: the read stops at the first).
    ///
    /// Where they are set aside, each schema's table [`Rejects`] has those of its tables, and a read of a table says
    /// so in its notes. The bad rows are found anew when they are read, all of them, also those over the threshold; of
    /// a file that is replaced in between they are the new one's.
    ///
    /// ```
    /// use shopstream_sources::files::{BadRows, FileSource, Threshold};
    ///
    /// let few = Threshold::default().with_max_rows(100).with_max_share(0.01);
    /// let source = FileSource::new("data").with_bad_rows(BadRows::Quarantine(few));
    /// ```
    #[must_use]
    pub fn with_bad_rows(mut self, bad_rows: BadRows) -> Self {
        self.bad_rows = bad_rows;
        self
    }

    /// Adds a declared table: this file in the folder.
    ///
    /// # Errors
    /// `Config` for an ending that is not known, a compressed file without the feature `compression`, or a table that
    /// is there already.
    pub fn table<T: Table>(self, file: impl AsRef<Path>) -> Result<Self> {
        self.add(TableRef::of::<T>(), T::declaration().table_schema(), file.as_ref())
    }

    /// Adds a table of this schema: this file in the folder.
    ///
    /// # Errors
    /// As [`table`](FileSource::table); `Schema` for a type that has no text form.
    pub fn table_as(self, table: impl Into<TableRef>, schema: &SchemaRef, file: impl AsRef<Path>) -> Result<Self> {
        self.add(table.into(), TableSchema::from_arrow(schema), file.as_ref())
    }

    fn add(mut self, table: TableRef, schema: TableSchema, file: &Path) -> Result<Self> {
        let located = |error: Error| error.with("table", &table).with("file", file.display());
        let form = Form::of(file).map_err(located)?;
        form.decoder(schema.to_arrow(), 1).map_err(located)?;
        if table.table() == Rejects::NAME {
            return Err(located(Error::config("this is the name of the table that has the bad rows")));
        }
        if self.tables.contains_key(&table) {
            return Err(located(Error::config("a table is there twice")));
        }
        self.tables.insert(table, FileTable { file: self.folder.join(file), form, schema });
        Ok(self)
    }

    /// The files of a schema's tables, where their bad rows are set aside.
    fn suspects(&self, schema: &str) -> Vec<Suspect> {
        if self.bad_rows == BadRows::Stop {
            return vec![];
        }
        let suspect = |(table, found): (&TableRef, &FileTable)| Suspect {
            table: table.clone(),
            path: found.file.clone(),
            form: found.form,
            schema: found.schema.to_arrow(),
        };
        self.tables.iter().filter(|(table, _)| table.schema() == schema).map(suspect).collect()
    }

    fn get(&self, table: &TableRef) -> Result<&FileTable> {
        self.tables.get(table).ok_or_else(|| {
            let known: Vec<String> = self.tables.keys().map(TableRef::to_string).collect();
            Error::not_found("no file was declared for the table").with("table", table).with("known", known.join(", "))
        })
    }
}

#[async_trait]
impl Source for FileSource {
    async fn describe(&self, table: &TableRef) -> Result<TableSchema> {
        if table.table() == Rejects::NAME {
            return Ok(Rejects::declaration().table_schema());
        }
        self.get(table).map(|found| found.schema.clone())
    }

    async fn snapshot(&self) -> Result<Option<Snapshot>> {
        Ok(None)
    }

    async fn read(&self, table: &TableRef, options: &ReadOptions) -> Result<TableRead> {
        let whole = self.describe(table).await?;
        if options.snapshot.is_some() {
            return Err(Error::config("files have no snapshots: this one is of another source").with("table", table));
        }
        let filter = RowFilter::new(&whole, options).map_err(|e| e.with("table", table))?;
        let position = |name: &String| whole.columns.iter().position(|w| w.name == *name);
        let columns: Vec<usize> = filter.columns().iter().filter_map(position).collect();
        let (schema, batch_rows) = (whole.select(filter.columns())?.to_arrow(), options.batch_rows);
        if table.table() == Rejects::NAME {
            return Ok(filter.read(vec![rejects::stream_of(self.suspects(table.schema()), columns, batch_rows)]));
        }
        let found = self.get(table)?;
        let BadRows::Quarantine(threshold) = self.bad_rows else {
            let decoder = found.form.decoder(schema, batch_rows)?;
            let reading = Reading::open(table, &found.file, found.form.compression, decoder).await?;
            return Ok(filter.read(vec![reading.into_stream()]));
        };
        // All columns are looked at, so that the rows that are left out are the same whichever of them are read.
        let tally = Tally::new(threshold);
        let count = tally.clone();
        let decoder = found.form.decoder(whole.to_arrow(), batch_rows)?.on_bad_row(move |error| count.add(&error));
        let reading = Reading::open(table, &found.file, found.form.compression, decoder).await?.with_tally(tally);
        let rows = reading.into_stream().map(move |batch| Ok(batch?.project(&columns)?)).boxed();
        let rejects = TableRef::new(table.schema(), Rejects::NAME);
        Ok(filter.read(vec![rows]).with_note(format!("bad rows are left out: they are in {rejects}")))
    }
}

impl fmt::Display for FileSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "files in {}", self.folder.display())
    }
}
