//! Arrow's columns as Snowflake's.

use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use shopstream_core::{Error, Result};

use crate::snowflake::sql::{Ident, Name};

/// A column of a table, as Snowflake has it.
pub(super) struct SqlColumn<'a> {
    pub(super) field: &'a Field,
    pub(super) name: Ident,
    pub(super) data_type: String,
}

impl SqlColumn<'_> {
    /// Whether its values are JSON documents.
    pub(super) fn is_json(&self) -> bool {
        is_json(self.field)
    }
}

/// The columns of a schema.
///
/// # Errors
/// `Config` for a name that cannot be one, and for two that are one in upper case; `Unsupported` for a type that
/// Snowflake has not.
pub(super) fn columns(schema: &Schema) -> Result<Vec<SqlColumn<'_>>> {
    let mut columns: Vec<SqlColumn<'_>> = vec![];
    for field in schema.fields() {
        let name = Ident::new(field.name()).map_err(|e| e.with("column", field.name().escape_debug()))?;
        if let Some(other) = columns.iter().find(|c| c.name == name) {
            return Err(Error::config("two columns have the same name in upper case")
                .with("columns", format!("{}, {}", other.field.name(), field.name())));
        }
        columns.push(SqlColumn { field, name, data_type: data_type(field)? });
    }
    if columns.is_empty() {
        return Err(Error::schema("a table has at least one column"));
    }
    Ok(columns)
}

/// The names of columns as a list.
pub(super) fn list(columns: &[SqlColumn<'_>]) -> String {
    join(columns, |column| column.name.to_string())
}

/// What each column becomes, as a list.
pub(super) fn join(columns: &[SqlColumn<'_>], each: impl Fn(&SqlColumn<'_>) -> String) -> String {
    columns.iter().map(each).collect::<Vec<_>>().join(", ")
}

/// The definitions of a table's columns.
pub(super) fn definitions(columns: &[SqlColumn<'_>]) -> String {
    join(columns, |column| {
        let not_null = if column.field.is_nullable() { "" } else { " NOT NULL" };
        format!("{} {}{not_null}", column.name, column.data_type)
    })
}

/// Makes a table anew, empty; it is kept without fail-safe storage.
pub(super) fn create_shadow(name: &Name, columns: &[SqlColumn<'_>]) -> String {
    format!("CREATE OR REPLACE TRANSIENT TABLE {name} ({})", definitions(columns))
}

fn is_json(field: &Field) -> bool {
    field.extension_type_name() == Some("arrow.json")
}

/// The type of a column, which holds every value of the field's exactly:
/// <https://docs.snowflake.com/en/sql-reference/intro-summary-data-types>.
fn data_type(field: &Field) -> Result<String> {
    Ok(match field.data_type() {
        DataType::Boolean => "BOOLEAN".into(),
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::UInt8 | DataType::UInt16 | DataType::UInt32 => {
            "NUMBER(10,0)".into()
        }
        DataType::Int64 => "NUMBER(19,0)".into(),
        DataType::UInt64 => "NUMBER(20,0)".into(),
        DataType::Float32 | DataType::Float64 => "FLOAT".into(),
        DataType::Decimal128(precision, scale @ 0..) if i16::from(*scale) <= i16::from(*precision) => {
            format!("NUMBER({precision},{scale})")
        }
        DataType::Date32 => "DATE".into(),
        DataType::Time64(TimeUnit::Microsecond) => "TIME(6)".into(),
        DataType::Timestamp(TimeUnit::Microsecond, None) => "TIMESTAMP_NTZ(6)".into(),
        DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => "TIMESTAMP_LTZ(6)".into(),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View if is_json(field) => "VARIANT".into(),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "VARCHAR".into(),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => "BINARY".into(),
        other => {
            return Err(Error::unsupported(
                "a column has a type that Snowflake has no column for: write it as JSON text",
            )
            .with("column", field.name())
            .with("type", other));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use shopstream_core::ErrorKind;

    #[test]
    fn each_type_has_a_column_that_holds_it() {
        let json = Field::new("j", DataType::Utf8View, true)
            .with_metadata([("ARROW:extension:name".to_owned(), "arrow.json".to_owned())].into());
        let schema = Schema::new(vec![
            Field::new("id", DataType::Int64, false),
            Field::new("select", DataType::Decimal128(10, 2), true),
            Field::new("at", DataType::Timestamp(TimeUnit::Microsecond, None), false),
            json,
        ]);
        let columns = columns(&schema).unwrap();
        assert_eq!(
            definitions(&columns),
            r#""ID" NUMBER(19,0) NOT NULL, "SELECT" NUMBER(10,2), "AT" TIMESTAMP_NTZ(6) NOT NULL, "J" VARIANT"#
        );
        assert!(columns[3].is_json() && !columns[1].is_json());
    }

    #[test]
    fn what_cannot_be_a_table_is_refused() {
        let refused = |fields: Vec<Field>| columns(&Schema::new(fields)).map(|_| ()).unwrap_err().kind();
        let field = |name: &str, t: DataType| Field::new(name, t, true);
        let list = DataType::List(field("item", DataType::Int64).into());
        assert_eq!(refused(vec![field("tags", list)]), ErrorKind::Unsupported);
        assert_eq!(refused(vec![field("t", DataType::Timestamp(TimeUnit::Nanosecond, None))]), ErrorKind::Unsupported);
        assert_eq!(refused(vec![field("a", DataType::Int64), field("A", DataType::Int64)]), ErrorKind::Config);
        assert_eq!(refused(vec![field("", DataType::Int64)]), ErrorKind::Config);
        assert_eq!(refused(vec![]), ErrorKind::Schema);
    }
}
