//! CSV and JSON files in a local folder.

mod read;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use shopstream_core::{
    Error, ReadOptions, Result, RowFilter, Snapshot, Source, Table, TableRead, TableRef, TableSchema, text::TextDecoder,
};
use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

/// A [`Source`] of local CSV and JSON files, a file a table, with declared columns. The forms are those of
/// [`shopstream_core::text`]; the ending says which: `.csv`; `.ndjson` and `.jsonl`; and `.json`, which is an array
/// of objects or an object a line.
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
}

#[derive(Clone, Debug)]
struct FileTable {
    file: PathBuf,
    form: Form,
    schema: TableSchema,
}

#[derive(Clone, Copy, Debug)]
enum Form {
    Csv,
    Json,
}

impl FileSource {
    /// Files in this folder, none of them a table yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), tables: BTreeMap::new() }
    }

    /// Adds a declared table: this file in the folder.
    ///
    /// # Errors
    /// `Config` for an ending that is not known, or a table that is there already.
    pub fn table<T: Table>(self, file: impl AsRef<Path>) -> Result<Self> {
        self.add(TableRef::of::<T>(), T::declaration().table_schema(), file.as_ref())
    }

    /// Adds a table of this schema: this file in the folder.
    ///
    /// # Errors
    /// `Config` for an ending that is not known, or a table that is there already; `Schema` for a type that has no
    /// text form.
    pub fn table_as(self, table: impl Into<TableRef>, schema: &SchemaRef, file: impl AsRef<Path>) -> Result<Self> {
        self.add(table.into(), TableSchema::from_arrow(schema), file.as_ref())
    }

    fn add(mut self, table: TableRef, schema: TableSchema, file: &Path) -> Result<Self> {
        let form = match file.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("csv") => Form::Csv,
            Some("ndjson" | "jsonl" | "json") => Form::Json,
            _ => {
                return Err(Error::config("a file's ending is csv, ndjson, jsonl or json")
                    .with("table", table)
                    .with("file", file.display()));
            }
        };
        form.decoder(schema.to_arrow(), 1).map_err(|e| e.with("table", &table))?;
        if self.tables.contains_key(&table) {
            return Err(Error::config("a table is there twice").with("table", table).with("file", file.display()));
        }
        self.tables.insert(table, FileTable { file: self.folder.join(file), form, schema });
        Ok(self)
    }

    fn get(&self, table: &TableRef) -> Result<&FileTable> {
        self.tables.get(table).ok_or_else(|| {
            let known: Vec<String> = self.tables.keys().map(TableRef::to_string).collect();
            Error::not_found("no file was declared for the table").with("table", table).with("known", known.join(", "))
        })
    }
}

impl Form {
    fn decoder(self, schema: SchemaRef, batch_rows: usize) -> Result<TextDecoder> {
        match self {
            Form::Csv => TextDecoder::csv(schema, batch_rows),
            Form::Json => TextDecoder::ndjson(schema, batch_rows),
        }
    }
}

#[async_trait]
impl Source for FileSource {
    async fn describe(&self, table: &TableRef) -> Result<TableSchema> {
        self.get(table).map(|found| found.schema.clone())
    }

    async fn snapshot(&self) -> Result<Option<Snapshot>> {
        Ok(None)
    }

    async fn read(&self, table: &TableRef, options: &ReadOptions) -> Result<TableRead> {
        let found = self.get(table)?;
        if options.snapshot.is_some() {
            return Err(Error::config("files have no snapshots: this one is of another source").with("table", table));
        }
        let filter = RowFilter::new(&found.schema, options).map_err(|e| e.with("table", table))?;
        let schema = found.schema.select(filter.columns())?.to_arrow();
        let decoder = found.form.decoder(schema, options.batch_rows)?;
        let stream = read::open(table, &found.file, decoder).await?;
        Ok(filter.read(vec![stream]))
    }
}

impl fmt::Display for FileSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "files in {}", self.folder.display())
    }
}
