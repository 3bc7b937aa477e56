//! What a table is called and what columns it has, as found somewhere.

mod change;

pub(crate) use change::widens;
pub use change::{OnChange, SchemaChange, SchemaPolicy};

use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{borrow::Cow, fmt, str::FromStr, sync::Arc};

use crate::{Error, Result, Table};

/// A table's name within its schema: `raw.users`. Without a schema it is the one that its database looks in first.
///
/// ```
/// use shopstream_core::TableRef;
///
/// let users: TableRef = "public.users".parse()?;
/// assert_eq!((users.schema(), users.table()), ("public", "users"));
/// assert_eq!(TableRef::from("users").to_string(), "users");
/// # Ok::<(), shopstream_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableRef {
    schema: String,
    table: String,
}

impl TableRef {
    /// A table in a schema.
    pub fn new(schema: impl Into<String>, table: impl Into<String>) -> Self {
        Self { schema: schema.into(), table: table.into() }
    }

    /// The table that a struct declares.
    pub fn of<T: Table>() -> Self {
        Self::new(T::LAYER, T::NAME)
    }

    /// The schema; empty when none is named.
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// The table's own name.
    pub fn table(&self) -> &str {
        &self.table
    }
}

impl fmt::Display for TableRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.schema.is_empty() { f.write_str(&self.table) } else { write!(f, "{}.{}", self.schema, self.table) }
    }
}

impl From<&str> for TableRef {
    fn from(table: &str) -> Self {
        match table.split_once('.') {
            Some((schema, table)) => Self::new(schema, table),
            None => Self::new("", table),
        }
    }
}

impl FromStr for TableRef {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let table = Self::from(text);
        if table.table.is_empty() || text.starts_with('.') {
            return Err(Error::config("a table's name is empty").with("name", text));
        }
        Ok(table)
    }
}

impl Serialize for TableRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TableRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// A column as found in a source, a file or a warehouse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnSchema {
    /// Its name.
    pub name: String,
    /// Its Arrow type.
    #[serde(with = "data_type_text")]
    pub data_type: DataType,
    /// Whether it may hold NULL.
    pub nullable: bool,
    /// Its type as its home writes it (`character varying(255)`), where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub native_type: Option<String>,
    /// Its canonical Arrow extension type (`arrow.json`), where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
}

/// The metadata key of a field's extension type, as Arrow's format names it.
pub(crate) const EXTENSION: &str = "ARROW:extension:name";

impl ColumnSchema {
    /// A column of this name and type.
    pub fn new(name: impl Into<String>, data_type: DataType, nullable: bool) -> Self {
        Self { name: name.into(), data_type, nullable, native_type: None, extension: None }
    }

    /// The column as an Arrow field.
    pub fn to_field(&self) -> Field {
        let field = Field::new(&self.name, self.data_type.clone(), self.nullable);
        match &self.extension {
            Some(name) => field.with_metadata([(EXTENSION.to_owned(), name.clone())].into()),
            None => field,
        }
    }

    fn from_field(field: &FieldRef) -> Self {
        Self {
            extension: field.metadata().get(EXTENSION).cloned(),
            ..Self::new(field.name(), field.data_type().clone(), field.is_nullable())
        }
    }
}

pub(crate) mod data_type_text {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(data_type: &DataType, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(data_type)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DataType, D::Error> {
        Cow::<str>::deserialize(deserializer)?.parse().map_err(|_| D::Error::custom("not an Arrow type"))
    }
}

/// The columns of a table, in their order, and its primary key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSchema {
    /// The columns, in their order.
    pub columns: Vec<ColumnSchema>,
    /// The names of the primary key's columns; empty when there is none.
    #[serde(default)]
    pub primary_key: Vec<String>,
}

impl TableSchema {
    /// A schema of columns without a key.
    pub fn new(columns: Vec<ColumnSchema>) -> Self {
        Self { columns, primary_key: vec![] }
    }

    /// The columns as Arrow has them.
    pub fn to_arrow(&self) -> SchemaRef {
        Arc::new(Schema::new(self.columns.iter().map(ColumnSchema::to_field).collect::<Vec<_>>()))
    }

    /// The columns of an Arrow schema.
    pub fn from_arrow(schema: &Schema) -> Self {
        Self::new(schema.fields().iter().map(ColumnSchema::from_field).collect())
    }

    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&ColumnSchema> {
        self.columns.iter().find(|c| c.name == name)
    }

    /// These columns only, in this order.
    ///
    /// # Errors
    /// `NotFound`, naming every one that is missing.
    pub fn select<S: AsRef<str>>(&self, columns: &[S]) -> Result<Self> {
        let missing: Vec<&str> = columns.iter().map(AsRef::as_ref).filter(|c| self.column(c).is_none()).collect();
        if !missing.is_empty() {
            return Err(Error::not_found("no such column").with("columns", missing.join(", ")));
        }
        let columns = columns.iter().filter_map(|c| self.column(c.as_ref()).cloned()).collect();
        Ok(Self { columns, primary_key: self.primary_key.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::datatypes::TimeUnit;

    fn list(item: DataType) -> DataType {
        DataType::List(Arc::new(Field::new_list_field(item, true)))
    }

    #[test]
    fn types_survive_as_text() {
        for data_type in [
            DataType::Boolean,
            DataType::Int16,
            DataType::Int32,
            DataType::Int64,
            DataType::Float32,
            DataType::Float64,
            DataType::Utf8,
            DataType::Utf8View,
            DataType::LargeUtf8,
            DataType::Binary,
            DataType::Date32,
            DataType::Decimal128(10, 2),
            DataType::Timestamp(TimeUnit::Microsecond, None),
            DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            DataType::BinaryView,
            DataType::FixedSizeBinary(16),
            DataType::Time64(TimeUnit::Microsecond),
            list(DataType::Int16),
            list(DataType::Utf8View),
            list(DataType::BinaryView),
            list(DataType::FixedSizeBinary(16)),
            list(DataType::Decimal128(38, 10)),
            list(DataType::Time64(TimeUnit::Microsecond)),
            list(DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))),
            DataType::List(Arc::new(Field::new("element", DataType::Int64, false))),
        ] {
            let column =
                ColumnSchema { extension: Some("arrow.json".into()), ..ColumnSchema::new("c", data_type, true) };
            let json = serde_json::to_string(&column).unwrap();
            assert_eq!(serde_json::from_str::<ColumnSchema>(&json).unwrap(), column, "{json}");
            assert_eq!(TableSchema::from_arrow(&TableSchema::new(vec![column.clone()]).to_arrow()).columns, [column]);
        }
    }

    #[test]
    fn a_selection_names_all_that_is_missing() {
        let schema = TableSchema::new(vec![ColumnSchema::new("a", DataType::Int64, false)]);
        assert_eq!(schema.select(&["b", "a", "c"]).unwrap_err().context("columns"), Some("b, c"));
        assert_eq!(schema.select(&["a"]).unwrap(), schema);
    }
}
