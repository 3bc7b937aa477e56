//! Batches as their table has them.

use arrow::{
    array::{ArrayRef, RecordBatch},
    compute::cast,
    datatypes::{DataType, SchemaRef},
};

use crate::{Error, Result};

/// Makes a batch one of this schema: the same columns in the same order, of the same types. Text may come in any of
/// Arrow's encodings and leaves in the schema's; the fields' metadata become the schema's.
///
/// # Errors
/// `Schema` with every difference at once; `Data` for a NULL in a column that has none.
pub fn conform(batch: RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    if batch.schema_ref() == schema {
        return Ok(batch);
    }
    let found = batch.schema();
    let mut differences = vec![];
    for i in 0..found.fields().len().max(schema.fields().len()) {
        match (schema.fields().get(i), found.fields().get(i)) {
            (Some(e), Some(f)) if e.name() != f.name() => {
                differences.push(format!("column {}: {}, expected {}", i + 1, f.name(), e.name()));
            }
            (Some(e), Some(f)) if !same_type(e.data_type(), f.data_type()) => {
                differences.push(format!("{}: {}, expected {}", e.name(), f.data_type(), e.data_type()));
            }
            (Some(e), None) => differences.push(format!("{}: missing, expected {}", e.name(), e.data_type())),
            (None, Some(f)) => differences.push(format!("{}: not expected", f.name())),
            _ => {}
        }
    }
    if !differences.is_empty() {
        return Err(Error::schema("a batch has not the columns of its table").with("columns", differences.join("; ")));
    }
    let columns = schema.fields().iter().zip(batch.columns()).map(|(field, column)| {
        if field.data_type() == column.data_type() { Ok(column.clone()) } else { cast(column, field.data_type()) }
    });
    let columns = columns.collect::<Result<Vec<ArrayRef>, _>>()?;
    if let Some((field, _)) = schema.fields().iter().zip(&columns).find(|(f, c)| !f.is_nullable() && c.null_count() > 0)
    {
        return Err(Error::data("NULL in a column that has none").with("column", field.name()));
    }
    let rows = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(schema.clone(), columns, &rows)?)
}

fn same_type(a: &DataType, b: &DataType) -> bool {
    let text = |t: &DataType| matches!(t, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    a == b || (text(a) && text(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::{
        array::{Int64Array, StringArray},
        datatypes::{Field, Schema},
    };
    use std::sync::Arc;

    fn schema(fields: [(&str, DataType, bool); 2]) -> SchemaRef {
        Arc::new(Schema::new(fields.map(|(name, data_type, nullable)| Field::new(name, data_type, nullable)).to_vec()))
    }

    fn batch(ids: Vec<Option<i64>>) -> RecordBatch {
        let names = StringArray::from_iter_values(ids.iter().map(|_| "x"));
        let fields = [("id", DataType::Int64, true), ("name", DataType::Utf8, true)];
        RecordBatch::try_new(schema(fields), vec![Arc::new(Int64Array::from(ids)), Arc::new(names)]).unwrap()
    }

    #[test]
    fn text_changes_its_encoding_and_nullability_is_looked_at() {
        let wanted = schema([("id", DataType::Int64, false), ("name", DataType::Utf8View, true)]);
        assert_eq!(conform(batch(vec![Some(1), Some(2)]), &wanted).unwrap().schema(), wanted);
        let error = conform(batch(vec![Some(1), None]), &wanted).unwrap_err();
        assert_eq!((error.kind(), error.context("column")), (crate::ErrorKind::Data, Some("id")));
    }

    #[test]
    fn differences_are_told_at_once() {
        let wanted = schema([("id", DataType::Int32, false), ("label", DataType::Utf8View, true)]);
        let error = conform(batch(vec![Some(1)]), &wanted).unwrap_err();
        assert_eq!(error.context("columns"), Some("id: Int64, expected Int32; column 2: name, expected label"));
        let one = batch(vec![Some(1)]).project(&[0]).unwrap();
        assert!(conform(one, &wanted).unwrap_err().to_string().contains("label: missing"));
    }
}
