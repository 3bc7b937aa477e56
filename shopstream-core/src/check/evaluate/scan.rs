//! Reading what a data test needs, and counting what fails.

use arrow::{
    array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch},
    datatypes::DataType,
    util::display::{ArrayFormatter, FormatOptions},
};
use futures::StreamExt;

use super::values::{Class, Exact, Values, unfit};
use crate::{BatchStream, Build, Check, CheckOutcome, Error, Result, TableRef};

/// Some columns of a table on their way.
pub(super) struct Scan {
    table: TableRef,
    columns: String,
    stream: BatchStream,
    types: Option<Vec<DataType>>,
}

/// A batch of a scan.
pub(super) struct Rows {
    table: TableRef,
    batch: RecordBatch,
}

impl Scan {
    /// Starts to read these columns; a name may stand twice.
    pub(super) async fn open(build: &dyn Build, table: &TableRef, columns: &[&str]) -> Result<Self> {
        let mut wanted: Vec<String> = vec![];
        for column in columns {
            if !wanted.iter().any(|c| c == column) {
                wanted.push((*column).to_owned());
            }
        }
        let columns = wanted.join(", ");
        let stream = build.read(table, Some(&wanted)).await.map_err(|e| place(e, table, &columns))?;
        Ok(Self { table: table.clone(), columns, stream, types: None })
    }

    /// The next rows.
    pub(super) async fn next(&mut self) -> Result<Option<Rows>> {
        let Some(batch) = self.stream.next().await else { return Ok(None) };
        let batch = batch.map_err(|e| place(e, &self.table, &self.columns))?;
        let types: Vec<DataType> = batch.schema().fields().iter().map(|f| f.data_type().clone()).collect();
        if *self.types.get_or_insert_with(|| types.clone()) != types {
            let error = Error::schema("the columns change their types from batch to batch");
            return Err(place(error, &self.table, &self.columns));
        }
        Ok(Some(Rows { table: self.table.clone(), batch }))
    }
}

/// Says which table and columns an error is about, where it does not say so itself.
fn place(mut error: Error, table: &TableRef, columns: &str) -> Error {
    if error.context("table").is_none() {
        error = error.with("table", table);
    }
    if error.context("column").is_none() && error.context("columns").is_none() {
        error = error.with("columns", columns);
    }
    error
}

impl Rows {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.batch.num_rows()
    }

    /// A column as it came.
    pub(super) fn array(&self, column: &str) -> Result<&ArrayRef> {
        self.batch
            .column_by_name(column)
            .ok_or_else(|| Error::not_found("no such column").with("table", &self.table).with("column", column))
    }

    /// A column's values.
    pub(super) fn values(&self, column: &str) -> Result<Values> {
        let array = self.array(column)?;
        match Values::of(array)? {
            Some(values) => Ok(values),
            None => Err(self.unfit(column, "numbers, texts, dates, instants or flags", array)),
        }
    }

    /// A column of numbers.
    pub(super) fn numbers(&self, column: &str) -> Result<Exact> {
        match self.values(column)? {
            Values::Exact(exact) if exact.class == Class::Number => Ok(exact),
            _ => Err(self.unfit(column, "integers or decimals", self.array(column)?)),
        }
    }

    /// A column of flags.
    pub(super) fn flags(&self, column: &str) -> Result<&BooleanArray> {
        let array = self.array(column)?;
        array.as_boolean_opt().ok_or_else(|| self.unfit(column, "flags", array))
    }

    /// The complaint about a column's type.
    pub(super) fn unfit(&self, column: &str, wanted: &'static str, array: &ArrayRef) -> Error {
        unfit(wanted, array.data_type()).with("table", &self.table).with("column", column)
    }
}

/// The scan of the table that a data test is of, with the count of its failing rows.
pub(super) struct Tested<'a> {
    check: &'a Check,
    scan: Scan,
    rows: usize,
    failures: u64,
    sample: Vec<String>,
}

impl<'a> Tested<'a> {
    /// Starts to read these columns, and the keys.
    pub(super) async fn open(check: &'a Check, build: &dyn Build, columns: &[&str]) -> Result<Self> {
        let columns: Vec<&str> = columns.iter().copied().chain(check.keys.iter().map(String::as_str)).collect();
        let scan = Scan::open(build, &check.table, &columns).await?;
        Ok(Self { check, scan, rows: 0, failures: 0, sample: vec![] })
    }

    /// The next rows.
    pub(super) async fn next(&mut self) -> Result<Option<Rows>> {
        let rows = self.scan.next().await?;
        self.rows += rows.as_ref().map_or(0, Rows::len);
        Ok(rows)
    }

    /// Row `i` fails.
    pub(super) fn fail(&mut self, rows: &Rows, i: usize) -> Result<()> {
        self.failures += 1;
        if self.check.keys.is_empty() || self.sample.len() == CheckOutcome::SAMPLE {
            return Ok(());
        }
        let options = FormatOptions::new().with_null("NULL");
        let mut named = vec![];
        for key in &self.check.keys {
            let array = rows.array(key)?;
            named.push(format!("{key}={}", ArrayFormatter::try_new(array, &options)?.value(i)));
        }
        self.sample.push(named.join(", "));
        Ok(())
    }

    /// How it ended.
    pub(super) fn outcome(mut self) -> CheckOutcome {
        if self.check.keys.is_empty() && self.failures > 0 {
            self.sample.push(format!("{} of {} rows", self.failures, self.rows));
        }
        CheckOutcome::new(self.check, self.failures, self.sample)
    }
}
