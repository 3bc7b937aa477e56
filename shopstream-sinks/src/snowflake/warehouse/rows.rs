//! Rows of Snowflake as the columns that were put, loaded or declared.

use arrow::{
    array::{ArrayRef, RecordBatch, RecordBatchOptions},
    compute::{CastOptions, cast_with_options},
    datatypes::{DataType, SchemaRef},
};
use futures::{StreamExt, stream};
use shopstream_core::{BatchStream, Error, Result};

/// Rows with the columns of a schema, by their place: Snowflake names them in upper case, knows integers of one width,
/// and does not know which columns of a query hold no NULL. The first batch has no rows, so that the columns are known.
pub(super) fn narrowed(rows: BatchStream, schema: SchemaRef) -> BatchStream {
    let empty = RecordBatch::new_empty(schema.clone());
    stream::iter([Ok(empty)]).chain(rows.map(move |batch| narrow(&batch?, &schema))).boxed()
}

/// A batch with the columns of a schema, by their place.
pub(super) fn narrow(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let options = CastOptions { safe: false, ..CastOptions::default() };
    let columns = schema.fields().iter().zip(batch.columns()).map(|(field, column)| {
        let becomes = field.data_type();
        let unlike = || {
            Error::schema("a column has another type in Snowflake than it had when it was written: publish it anew")
                .with("column", field.name())
                .with("found", column.data_type())
                .with("expected", becomes)
        };
        if column.data_type() == becomes {
            return Ok(column.clone());
        }
        if !loses_nothing(column.data_type(), becomes) {
            return Err(unlike());
        }
        // The text of Arrow's error may hold a value.
        cast_with_options(column, becomes, &options).map_err(|_| unlike())
    });
    let columns = columns.collect::<Result<Vec<ArrayRef>>>()?;
    if let Some((field, _)) = schema.fields().iter().zip(&columns).find(|(f, c)| !f.is_nullable() && c.null_count() > 0)
    {
        return Err(Error::data("NULL in a column that has none").with("column", field.name()));
    }
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(schema.clone(), columns, &options)?)
}

/// Whether a cast is exact, or else an error.
fn loses_nothing(from: &DataType, to: &DataType) -> bool {
    let text = |t: &DataType| matches!(t, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    let bytes = |t: &DataType| matches!(t, DataType::Binary | DataType::LargeBinary | DataType::BinaryView);
    let whole = |t: &DataType| t.is_integer() || matches!(t, DataType::Decimal128(_, 0));
    match (from, to) {
        (from, to) if text(from) && text(to) => true,
        (from, to) if bytes(from) && bytes(to) => true,
        (from, to) if whole(from) && whole(to) => true,
        (DataType::Decimal128(_, from), DataType::Decimal128(_, to)) => from == to,
        (DataType::Float64, DataType::Float32) => true,
        (DataType::Timestamp(one, Some(_)), DataType::Timestamp(other, Some(_))) => one == other,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::{
        array::{Array, AsArray, Int64Array, StringViewArray},
        datatypes::{Field, Int32Type, Schema},
    };
    use shopstream_core::ErrorKind;
    use std::sync::Arc;

    fn came(ids: Vec<Option<i64>>) -> RecordBatch {
        let names = StringViewArray::from_iter_values(ids.iter().map(|_| "x"));
        let fields = vec![Field::new("ID", DataType::Int64, true), Field::new("NAME", DataType::Utf8View, true)];
        RecordBatch::try_new(Arc::new(Schema::new(fields)), vec![Arc::new(Int64Array::from(ids)), Arc::new(names)])
            .unwrap()
    }

    fn schema(id: DataType, nullable: bool) -> SchemaRef {
        Arc::new(Schema::new(vec![Field::new("id", id, nullable), Field::new("name", DataType::Utf8, true)]))
    }

    #[test]
    fn columns_become_what_they_were() {
        let found = narrow(&came(vec![Some(1), Some(-2)]), &schema(DataType::Int32, false)).unwrap();
        assert_eq!(found.schema(), schema(DataType::Int32, false));
        assert_eq!(found.column(0).as_primitive::<Int32Type>().values(), &[1, -2]);
        assert_eq!(found.column(1).as_string::<i32>().len(), 2);
    }

    #[test]
    fn what_does_not_fit_is_refused_without_its_value() {
        let kind = |ids, schema| {
            let error = narrow(&came(ids), &schema).unwrap_err();
            assert!(!format!("{error:?}").contains("5000000000") && error.context("column") == Some("id"), "{error:?}");
            error.kind()
        };
        assert_eq!(kind(vec![Some(5_000_000_000)], schema(DataType::Int32, true)), ErrorKind::Schema);
        assert_eq!(kind(vec![Some(1)], schema(DataType::Date32, true)), ErrorKind::Schema);
        assert_eq!(kind(vec![None], schema(DataType::Int64, false)), ErrorKind::Data);
    }
}
