//! Rows as they landed in the raw layer.

use arrow::array::ArrayRef;
use std::ops::Deref;

use super::{Columns, Table, TableDecl};
use crate::{Col, ColumnDecl, Result, Timestamp};

/// A row of a source's table as it landed in the warehouse: with the time of its load and the file it came from.
/// As a table it is `raw.` and the source's name; its columns deref to the source's, so that `Batch<Landed<Users>>`
/// has `users.email` and `users._loaded_at`.
#[derive(Clone, Debug, PartialEq)]
pub struct Landed<T> {
    /// The row as it came.
    pub row: T,
    /// When it was loaded: column `_loaded_at`.
    pub _loaded_at: Timestamp,
    /// The file it came from: column `_source_file`.
    pub _source_file: String,
}

impl<T> Landed<T> {
    /// The layer of landed rows.
    pub const LAYER: &'static str = "raw";
    /// The column with the time of the load.
    pub const LOADED_AT: &'static str = "_loaded_at";
    /// The column with the file.
    pub const SOURCE_FILE: &'static str = "_source_file";
}

impl<T: Table> Table for Landed<T> {
    const NAME: &'static str = T::NAME;
    const LAYER: &'static str = Self::LAYER;
    type Columns = LandedColumns<T>;

    fn declaration() -> TableDecl {
        let source = T::declaration();
        let mut columns = source.columns;
        for c in &mut columns {
            // Landed rows are what came: nothing holds them to the source's keys.
            (c.unique, c.index, c.serial, c.default, c.references) = (false, false, false, None, None);
        }
        columns.push(ColumnDecl::of::<Timestamp>(Self::LOADED_AT, "When the row was loaded."));
        columns.push(ColumnDecl::of::<String>(Self::SOURCE_FILE, "The file of the lake that it came from."));
        TableDecl::new(Self::NAME, <Self as Table>::LAYER, source.docs, vec![], columns)
    }
}

/// The columns of [`Landed`] rows.
#[derive(Clone, Debug)]
pub struct LandedColumns<T: Table> {
    /// The source's columns.
    pub _columns: T::Columns,
    /// When each row was loaded.
    pub _loaded_at: Col<Timestamp>,
    /// The file that each row came from.
    pub _source_file: Col<String>,
}

impl<T: Table> Deref for LandedColumns<T> {
    type Target = T::Columns;

    fn deref(&self) -> &T::Columns {
        &self._columns
    }
}

impl<T: Table> Columns for LandedColumns<T> {
    type Row = Landed<T>;

    fn to_arrays(&self) -> Vec<ArrayRef> {
        let mut arrays = self._columns.to_arrays();
        arrays.extend([self._loaded_at.to_array(), self._source_file.to_array()]);
        arrays
    }

    fn try_from_arrays(arrays: &[ArrayRef]) -> Result<Self> {
        let (source, own) = arrays.split_at(arrays.len().saturating_sub(2));
        let [loaded_at, source_file] = own else {
            return Err(crate::Error::internal("landed rows have two columns more"));
        };
        Ok(Self {
            _columns: T::Columns::try_from_arrays(source)?,
            _loaded_at: Col::try_new(loaded_at.clone()).map_err(|e| e.with("column", Landed::<T>::LOADED_AT))?,
            _source_file: Col::try_new(source_file.clone()).map_err(|e| e.with("column", Landed::<T>::SOURCE_FILE))?,
        })
    }

    fn from_rows(rows: &[Landed<T>]) -> Self {
        let source: Vec<T> = rows.iter().map(|r| r.row.clone()).collect();
        Self {
            _columns: T::Columns::from_rows(&source),
            _loaded_at: rows.iter().map(|r| r._loaded_at).collect(),
            _source_file: rows.iter().map(|r| r._source_file.as_str()).collect(),
        }
    }

    fn row(&self, i: usize) -> Landed<T> {
        Landed {
            row: self._columns.row(i),
            _loaded_at: self._loaded_at.get(i),
            _source_file: self._source_file.get(i).to_owned(),
        }
    }
}
