//! Rows of a declared table.

use arrow::{
    array::{Array, ArrayRef, RecordBatch},
    compute::cast,
    datatypes::DataType,
};
use std::{fmt, ops::Deref};

use super::{Table, TableDecl};
use crate::{Error, Result};

/// The typed columns of a table: a model's last lines are a literal of them, which cannot forget one.
pub trait Columns: Clone + fmt::Debug + Send + Sync + 'static {
    /// The table that they are of.
    type Row: Table<Columns = Self>;
    /// The arrays, in the order of the declaration.
    fn to_arrays(&self) -> Vec<ArrayRef>;
    /// The columns of arrays in the order of the declaration.
    ///
    /// # Errors
    /// `Schema` or `Data` when an array is not what its column is declared to be.
    fn try_from_arrays(arrays: &[ArrayRef]) -> Result<Self>;
    /// The columns of rows.
    fn from_rows(rows: &[Self::Row]) -> Self;
    /// Row `i`; panics behind the end, as an array does.
    fn row(&self, i: usize) -> Self::Row;
    /// The columns as a batch.
    ///
    /// # Errors
    /// `Internal` when they differ in length.
    fn batch(self) -> Result<Batch<Self::Row>> {
        let arrays = self.to_arrays();
        let rows = arrays.first().map_or(0, |a| a.len());
        let schema = Self::Row::schema();
        if let Some(i) = arrays.iter().position(|a| a.len() != rows) {
            return Err(Error::internal("the columns of a batch differ in length")
                .with("table", Self::Row::NAME)
                .with("column", schema.field(i).name())
                .with("rows", arrays[i].len())
                .with("first", rows));
        }
        let batch = RecordBatch::try_new(schema, arrays).map_err(|e| Error::from(e).with("table", Self::Row::NAME))?;
        Ok(Batch { batch, columns: self })
    }
}

/// Rows of a declared table, checked when they entered. Derefs to the typed columns: `orders.order_id`.
///
/// ```
/// # use shopstream_core::{Batch, Table};
/// # /// Tags.
/// # #[derive(Table, Clone, Debug, PartialEq)]
/// # #[table(layer = "staging", grain(id))]
/// # pub struct Tags {
/// #     /// Number.
/// #     pub id: i64,
/// #     /// Text.
/// #     pub text: Option<String>,
/// # }
/// let tags = Batch::from_rows(&[Tags { id: 1, text: None }, Tags { id: 2, text: Some("new".into()) }]);
/// assert_eq!(tags.text.get(1), Some("new"));
///
/// let wrong = tags.record_batch().project(&[1])?;
/// let error = Batch::<Tags>::try_new(wrong).unwrap_err();
/// assert!(error.to_string().contains("id: missing, expected Int64"));
/// # Ok::<(), shopstream_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Batch<T: Table> {
    batch: RecordBatch,
    columns: T::Columns,
}

impl<T: Table> Batch<T> {
    /// Checks a batch: exactly the declared columns (in any order), of the declared types, NULL only where it is
    /// declared, decimals within their precision. Text may come in any of Arrow's encodings.
    ///
    /// # Errors
    /// `Schema` with every difference at once; `Data` for values that their column does not allow.
    pub fn try_new(batch: RecordBatch) -> Result<Self> {
        Self::check(batch, false)
    }

    /// Takes the declared columns out of a batch that may have more; else as [`try_new`](Self::try_new).
    ///
    /// # Errors
    /// As [`try_new`](Self::try_new).
    pub fn select(batch: RecordBatch) -> Result<Self> {
        Self::check(batch, true)
    }

    fn check(batch: RecordBatch, more: bool) -> Result<Self> {
        let declared = T::declaration();
        let (differences, arrays) = compare(&declared, &batch, more)?;
        if !differences.is_empty() {
            return Err(Error::schema(differences.join("; ")).with("table", declared.table_ref()));
        }
        T::Columns::try_from_arrays(&arrays).map_err(|e| e.with("table", declared.table_ref()))?.batch()
    }

    /// A batch of rows.
    pub fn from_rows(rows: &[T]) -> Self {
        let columns = T::Columns::from_rows(rows);
        match columns.batch() {
            Ok(batch) => batch,
            // Each column was made from the same rows, by its own type.
            Err(e) => unreachable!("columns of the same rows: {e}"),
        }
    }

    /// The rows as structs.
    pub fn rows(&self) -> Vec<T> {
        (0..self.num_rows()).map(|i| self.columns.row(i)).collect()
    }

    /// How many rows there are.
    pub fn num_rows(&self) -> usize {
        self.batch.num_rows()
    }

    /// The columns.
    pub fn columns(&self) -> &T::Columns {
        &self.columns
    }

    /// The untyped batch, in the order of the declaration.
    pub fn record_batch(&self) -> &RecordBatch {
        &self.batch
    }

    /// The untyped batch itself.
    pub fn into_record_batch(self) -> RecordBatch {
        self.batch
    }
}

/// Whether it is text, in whichever of Arrow's encodings.
pub(crate) fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

/// Every difference between a declaration and a batch, and the arrays of the columns that it has.
fn compare(declared: &TableDecl, batch: &RecordBatch, more: bool) -> Result<(Vec<String>, Vec<ArrayRef>)> {
    let schema = batch.schema();
    let (mut differences, mut arrays) = (vec![], vec![]);
    for c in &declared.columns {
        let mut named = schema.fields().iter().enumerate().filter(|(_, f)| f.name() == c.name);
        let Some((i, field)) = named.next() else {
            differences.push(format!("{}: missing, expected {}", c.name, c.data_type));
            continue;
        };
        if named.next().is_some() {
            differences.push(format!("{}: there twice", c.name));
        }
        let array = batch.column(i);
        if is_text(&c.data_type) && is_text(field.data_type()) {
            arrays.push(if *field.data_type() == c.data_type { array.clone() } else { cast(array, &c.data_type)? });
        } else if *field.data_type() == c.data_type {
            arrays.push(array.clone());
        } else {
            differences.push(format!("{}: expected {}, found {}", c.name, c.data_type, field.data_type()));
        }
        if field.is_nullable() && !c.nullable {
            differences.push(format!(
                "{}: expected NOT NULL, found nullable with {} NULLs",
                c.name,
                array.null_count()
            ));
        }
    }
    if !more {
        for field in schema.fields() {
            if declared.column(field.name()).is_none() {
                differences.push(format!("{}: extra, of {}", field.name(), field.data_type()));
            }
        }
    }
    Ok((differences, arrays))
}

impl<T: Table> Deref for Batch<T> {
    type Target = T::Columns;

    fn deref(&self) -> &T::Columns {
        &self.columns
    }
}

impl<T: Table> PartialEq for Batch<T> {
    fn eq(&self, other: &Self) -> bool {
        self.num_rows() == other.num_rows() && (0..self.num_rows()).all(|i| self.columns.row(i) == other.columns.row(i))
    }
}

impl<T: Table> fmt::Debug for Batch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Batch<{}>({} rows)", T::NAME, self.num_rows())
    }
}
