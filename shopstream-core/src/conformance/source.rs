//! What every source promises.

mod bounds;

use arrow::{
    array::RecordBatch,
    compute::concat_batches,
    row::{RowConverter, SortField},
};
use futures::{StreamExt, TryStreamExt, future};

use crate::{
    Batch, Bounds, ColumnSchema, Error, ErrorKind, ReadOptions, Result, Snapshot, SnapshotInfo, Source, Table,
    TableRead, TableRef, TableSchema,
};

/// What [`source`] needs to know of a source that it checks. Nobody may write to it meanwhile.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SourceFixture {
    /// A table that is there.
    pub table: TableRef,
    /// Its columns and all of its rows, in any order: two columns and three rows at least.
    pub rows: RecordBatch,
    /// A table without rows.
    pub empty: Option<TableRef>,
    /// A table that is not there.
    pub missing: TableRef,
    /// What must never be shown: passwords, and values of cells.
    pub secrets: Vec<String>,
}

impl SourceFixture {
    /// A table that is there, with all of its rows.
    pub fn new(table: impl Into<TableRef>, rows: RecordBatch) -> Self {
        let table = table.into();
        let missing = TableRef::new(table.schema(), "shopstream_no_such_table");
        Self { table, rows, empty: None, missing, secrets: vec![] }
    }

    /// A declared table that is there, with all of its rows.
    pub fn of<T: Table>(rows: &Batch<T>) -> Self {
        Self::new(TableRef::of::<T>(), rows.record_batch().clone())
    }

    /// Checks a table without rows too.
    #[must_use]
    pub fn with_empty(mut self, table: impl Into<TableRef>) -> Self {
        self.empty = Some(table.into());
        self
    }

    /// Names a table that is not there, instead of `shopstream_no_such_table` in the same schema.
    #[must_use]
    pub fn with_missing(mut self, table: impl Into<TableRef>) -> Self {
        self.missing = table.into();
        self
    }

    /// Names a text that no `Debug`, `Display` or error may show.
    #[must_use]
    pub fn with_secret(mut self, secret: impl Into<String>) -> Self {
        self.secrets.push(secret.into());
        self
    }
}

/// Checks what [`Source`] promises: schemas, sizes, rows, projection, size of batches, bounds and keys, errors, snapshots,
/// reads side by side, reads that are given up. Not checked are memory, and what happens when a server goes away.
///
/// # Errors
/// The first promise that is broken, `Internal` with what was promised as its message; an error of the source itself
/// as it came, with the `check` that met it. `Config` for a fixture that is too small to show anything.
///
/// ```
/// # use shopstream_core::{Batch, Table};
/// # /// Tags.
/// # #[derive(Table, Clone, Debug, PartialEq)]
/// # #[table(layer = "public", grain(id))]
/// # pub struct Tags {
/// #     /// Number.
/// #     pub id: i64,
/// #     /// Text.
/// #     pub text: Option<String>,
/// # }
/// use shopstream_core::{conformance::{SourceFixture, source}, memory::MemorySource};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let rows = Batch::from_rows(&[1, 2, 3].map(|id| Tags { id, text: None }));
/// let mine = MemorySource::new().with(rows.clone());
/// source(&mine, &SourceFixture::of(&rows)).await?;
/// # Ok::<(), shopstream_core::Error>(())
/// # })?;
/// # Ok::<(), shopstream_core::Error>(())
/// ```
pub async fn source(source: &dyn Source, fixture: &SourceFixture) -> Result<()> {
    if fixture.rows.num_rows() < 3 || fixture.rows.num_columns() < 2 {
        return Err(Error::config("a fixture has two columns and three rows at least").with("table", &fixture.table));
    }
    let suite = Suite { source, fixture };
    suite.names().map_err(|e| e.with("check", "names"))?;
    suite.describe().await.map_err(|e| e.with("check", "describe"))?;
    suite.sizes().await.map_err(|e| e.with("check", "sizes"))?;
    suite.rows().await.map_err(|e| e.with("check", "rows"))?;
    suite.projection().await.map_err(|e| e.with("check", "projection"))?;
    suite.batch_rows().await.map_err(|e| e.with("check", "batch_rows"))?;
    suite.bounds().await.map_err(|e| e.with("check", "bounds"))?;
    suite.keys().await.map_err(|e| e.with("check", "keys"))?;
    suite.missing().await.map_err(|e| e.with("check", "missing"))?;
    suite.snapshot().await.map_err(|e| e.with("check", "snapshot"))?;
    suite.side_by_side().await.map_err(|e| e.with("check", "side_by_side"))?;
    suite.given_up().await.map_err(|e| e.with("check", "given_up"))?;
    suite.empty().await.map_err(|e| e.with("check", "empty"))
}

struct Suite<'a> {
    source: &'a dyn Source,
    fixture: &'a SourceFixture,
}

impl Suite<'_> {
    fn broken(&self, promise: &'static str) -> Error {
        Error::internal(promise).with("table", &self.fixture.table)
    }

    fn holds(&self, kept: bool, promise: &'static str) -> Result<()> {
        if kept { Ok(()) } else { Err(self.broken(promise)) }
    }

    fn discreet(&self, text: &str) -> Result<()> {
        let told = self.fixture.secrets.iter().any(|s| !s.is_empty() && text.contains(s.as_str()));
        self.holds(!told, "no Debug, Display or error shows a secret")
    }

    fn names(&self) -> Result<()> {
        for text in [format!("{}", self.source), format!("{:?}", self.source), format!("{:#?}", self.source)] {
            self.holds(!text.trim().is_empty(), "a source has a Display and a Debug text")?;
            self.discreet(&text)?;
        }
        Ok(())
    }

    fn expected(&self) -> TableSchema {
        TableSchema::from_arrow(&self.fixture.rows.schema())
    }

    async fn describe(&self) -> Result<()> {
        let described = self.source.describe(&self.fixture.table).await?;
        let differences = differences(&self.expected(), &described);
        if !differences.is_empty() {
            let promise = "describe gives the table's columns: names, types, nullability, extension types, order";
            return Err(self.broken(promise).with("differences", differences.join("; ")));
        }
        let keyed = described.primary_key.iter().all(|key| described.column(key).is_some());
        self.holds(keyed, "a primary key is made of the table's columns")
    }

    async fn sizes(&self) -> Result<()> {
        let tables = [self.fixture.missing.clone(), self.fixture.table.clone()];
        let sizes = self.source.sizes(&tables).await?;
        self.holds(sizes.len() == tables.len(), "there is a size, or none, for each table that was asked about")?;
        self.holds(sizes[0].is_none(), "a table that is not there has no size")?;
        self.holds(sizes == self.source.sizes(&tables).await?, "sizes stay the same while nobody writes")
    }

    /// The rows of a read, whose batches are of its schema and not too large.
    async fn collect(&self, read: TableRead, options: &ReadOptions) -> Result<RecordBatch> {
        let schema = read.schema.clone();
        let mut stream = read.into_stream();
        let mut batches = vec![];
        while let Some(batch) = stream.try_next().await? {
            self.holds(batch.schema() == schema, "every batch has exactly the schema of its read")?;
            self.holds(batch.num_rows() <= options.batch_rows, "a batch has batch_rows rows at most")?;
            for (field, array) in schema.fields().iter().zip(batch.columns()) {
                let kept = field.is_nullable() || array.null_count() == 0;
                self.holds(kept, "a column that is NOT NULL holds no NULL")?;
            }
            batches.push(batch);
        }
        self.holds(stream.next().await.is_none(), "a stream that has ended stays so")?;
        Ok(concat_batches(&schema, &batches)?)
    }

    /// Reads the fixture's table and compares it with the fixture.
    async fn read(&self, options: &ReadOptions) -> Result<()> {
        let read = self.source.read(&self.fixture.table, options).await?;
        let expected = match &options.columns {
            Some(columns) => {
                let schema = self.fixture.rows.schema();
                let indices = columns.iter().map(|c| schema.index_of(c)).collect::<Result<Vec<_>, _>>()?;
                self.fixture.rows.project(&indices)?
            }
            None => self.fixture.rows.clone(),
        };
        let differences =
            differences(&TableSchema::from_arrow(&expected.schema()), &TableSchema::from_arrow(&read.schema));
        if !differences.is_empty() {
            let promise = "a read has the columns that were described, or those that were asked for, in that order";
            return Err(self.broken(promise).with("differences", differences.join("; ")));
        }
        self.holds(read.bounds == Bounds::Full, "a read without bounds is a full one")?;
        let snapshot = options.snapshot.as_ref().map(Snapshot::info);
        let recorded = snapshot.is_none() || read.snapshot.as_ref() == snapshot;
        self.holds(recorded, "a read of a snapshot records which one it is of")?;
        let found = self.collect(read, options).await?;
        let (lost, more) = compare(&expected, &found)?;
        if lost + more > 0 {
            let error = self.broken("a read yields exactly the table's rows");
            return Err(error.with("lost", lost).with("more", more));
        }
        Ok(())
    }

    async fn rows(&self) -> Result<()> {
        self.read(&ReadOptions::default()).await?;
        self.read(&ReadOptions::default()).await
    }

    async fn projection(&self) -> Result<()> {
        let schema = self.fixture.rows.schema();
        let mut names: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
        names.reverse();
        self.read(&ReadOptions::default().with_columns(names.iter().copied())).await?;
        for name in &names {
            self.read(&ReadOptions::default().with_columns([*name])).await?;
        }
        names.pop();
        self.read(&ReadOptions::default().with_columns(names)).await
    }

    async fn batch_rows(&self) -> Result<()> {
        for rows in [1, 2, self.fixture.rows.num_rows()] {
            self.read(&ReadOptions::default().with_batch_rows(rows)).await?;
        }
        Ok(())
    }

    fn not_found<T>(&self, result: Result<T>, promise: &'static str) -> Result<String> {
        match result {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.discreet(&format!("{error} {error:?}"))?;
                Ok(error.to_string())
            }
            Err(error) => Err(self.broken(promise).caused_by(error)),
            Ok(_) => Err(self.broken(promise)),
        }
    }

    async fn missing(&self) -> Result<()> {
        let missing = &self.fixture.missing;
        for error in [
            self.not_found(self.source.describe(missing).await, "to describe a missing table is NotFound")?,
            self.not_found(
                self.source.read(missing, &ReadOptions::default()).await,
                "to read a missing table is NotFound, before the first row",
            )?,
        ] {
            self.holds(error.contains(missing.table()), "the error of a missing table names it")?;
        }
        let column = "shopstream_no_such_column";
        let options = ReadOptions::default().with_columns([self.fixture.rows.schema().field(0).name(), column]);
        let read = self.source.read(&self.fixture.table, &options).await;
        let error = self.not_found(read, "to read a missing column is NotFound, before the first row")?;
        self.holds(error.contains(column), "the error of a missing column names it")
    }

    async fn snapshot(&self) -> Result<()> {
        if let Some(snapshot) = self.source.snapshot().await? {
            let options = ReadOptions::default().with_snapshot(snapshot);
            self.read(&options).await?;
            self.read(&options).await?;
            future::try_join(self.read(&options), self.read(&options)).await?;
        }
        let foreign = Snapshot::new(SnapshotInfo::default(), ());
        let read = self.source.read(&self.fixture.table, &ReadOptions::default().with_snapshot(foreign)).await;
        self.holds(read.is_err(), "a snapshot of another source is refused")
    }

    async fn side_by_side(&self) -> Result<()> {
        let options = ReadOptions::default().with_batch_rows(1);
        future::try_join_all((0..4).map(|_| self.read(&options))).await.map(drop)
    }

    async fn given_up(&self) -> Result<()> {
        let options = ReadOptions::default().with_batch_rows(1);
        // Often enough to use up a small pool of connections that does not get them back.
        for batches in [0, 1, 2].repeat(4) {
            let mut rows = self.source.read(&self.fixture.table, &options).await?.into_stream();
            for _ in 0..batches {
                self.holds(rows.try_next().await?.is_some(), "a read yields exactly the table's rows")?;
            }
            drop(rows);
            self.read(&ReadOptions::default()).await?;
        }
        Ok(())
    }

    async fn empty(&self) -> Result<()> {
        let Some(table) = &self.fixture.empty else { return Ok(()) };
        let described = self.source.describe(table).await?;
        let read = self.source.read(table, &ReadOptions::default()).await?;
        let differences = differences(&described, &TableSchema::from_arrow(&read.schema));
        if !differences.is_empty() {
            let error = Error::internal("a read has the columns that were described").with("table", table);
            return Err(error.with("differences", differences.join("; ")));
        }
        match read.into_stream().try_next().await? {
            Some(_) => Err(Error::internal("an empty table yields no batch").with("table", table)),
            None => Ok(()),
        }
    }
}

fn differences(expected: &TableSchema, found: &TableSchema) -> Vec<String> {
    let show = |c: &ColumnSchema| {
        let extension = c.extension.as_ref().map(|e| format!(" ({e})")).unwrap_or_default();
        let null = if c.nullable { "" } else { " NOT NULL" };
        format!("{} {}{extension}{null}", c.name, c.data_type)
    };
    let columns = |schema: &TableSchema| schema.columns.iter().map(show).collect::<Vec<_>>();
    let (expected, found) = (columns(expected), columns(found));
    (0..expected.len().max(found.len()))
        .filter(|i| expected.get(*i) != found.get(*i))
        .map(|i| {
            let show = |side: &[String]| side.get(i).cloned().unwrap_or("nothing".into());
            format!("expected {}, found {}", show(&expected), show(&found))
        })
        .collect()
}

/// How many of the expected rows are not there, and how many more are; a row may stand several times.
fn compare(expected: &RecordBatch, found: &RecordBatch) -> Result<(usize, usize)> {
    let fields = expected.schema().fields().iter().map(|f| SortField::new(f.data_type().clone())).collect();
    let converter = RowConverter::new(fields)?;
    let expected_rows = converter.convert_columns(expected.columns())?;
    let found_rows = converter.convert_columns(found.columns())?;
    let (mut expected, mut found): (Vec<_>, Vec<_>) = (expected_rows.iter().collect(), found_rows.iter().collect());
    expected.sort_unstable();
    found.sort_unstable();
    let (mut i, mut j, mut lost, mut more) = (0, 0, 0, 0);
    while i < expected.len() || j < found.len() {
        match (expected.get(i), found.get(j)) {
            (Some(e), Some(f)) if e == f => (i, j) = (i + 1, j + 1),
            (Some(e), Some(f)) if e < f => (i, lost) = (i + 1, lost + 1),
            (Some(_), None) => (i, lost) = (i + 1, lost + 1),
            _ => (j, more) = (j + 1, more + 1),
        }
    }
    Ok((lost, more))
}

#[cfg(test)]
mod tests;
