//! Rows that `SHOW` and `DESC` answer, by the names of their columns.

use arrow::{
    array::{Array, AsArray, RecordBatch},
    compute::cast,
    datatypes::DataType,
};
use shopstream_core::{Error, Result};
use std::collections::BTreeMap;

/// A row: its values as text, by the names of its columns in lower case.
#[derive(Clone, Debug, Default)]
pub(in crate::snowflake::provision) struct Row(BTreeMap<String, Option<String>>);

impl Row {
    /// The value of a column; `None` for NULL, and where there is no such column.
    pub(in crate::snowflake::provision) fn get(&self, column: &str) -> Option<&str> {
        self.0.get(column)?.as_deref()
    }

    /// The value of a column that the answer must have.
    pub(super) fn require(&self, column: &'static str) -> Result<&str> {
        self.get(column).ok_or_else(|| {
            let found: Vec<&str> = self.0.keys().map(String::as_str).collect();
            Error::schema("an answer of Snowflake lacks a column").with("column", column).with("has", found.join(", "))
        })
    }
}

/// The rows of batches.
pub(in crate::snowflake::provision) fn rows_of(batches: &[RecordBatch]) -> Result<Vec<Row>> {
    let mut rows = vec![];
    for batch in batches {
        let first = rows.len();
        rows.resize(first + batch.num_rows(), Row::default());
        for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
            let texts = cast(array, &DataType::Utf8).map_err(|e| {
                Error::schema("a column of an answer cannot be read as text").with("column", field.name()).caused_by(e)
            })?;
            let texts = texts.as_string::<i32>();
            for (i, row) in rows[first..].iter_mut().enumerate() {
                let value = texts.is_valid(i).then(|| texts.value(i).to_owned());
                row.0.insert(field.name().to_lowercase(), value);
            }
        }
    }
    Ok(rows)
}
