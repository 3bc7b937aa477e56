//! All that is declared of a table.

use arrow::datatypes::{DataType, SchemaRef};

use crate::{Column, ColumnSchema, Dialect, TableRef, TableSchema};

/// All that is declared of a table.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TableDecl {
    /// Its name.
    pub name: &'static str,
    /// The layer, or schema, that it lives in.
    pub layer: &'static str,
    /// What it is.
    pub docs: &'static str,
    /// The columns whose values name a row: its primary key.
    pub grain: Vec<&'static str>,
    /// Its columns.
    pub columns: Vec<ColumnDecl>,
}

impl TableDecl {
    /// A declaration; `#[derive(Table)]` calls it.
    pub fn new(
        name: &'static str,
        layer: &'static str,
        docs: &'static str,
        grain: Vec<&'static str>,
        columns: Vec<ColumnDecl>,
    ) -> Self {
        Self { name, layer, docs, grain, columns }
    }

    /// Its name in its layer.
    pub fn table_ref(&self) -> TableRef {
        TableRef::new(self.layer, self.name)
    }

    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&ColumnDecl> {
        self.columns.iter().find(|c| c.name == name)
    }

    /// The names of its columns.
    pub fn column_names(&self) -> Vec<String> {
        self.columns.iter().map(|c| c.name.to_owned()).collect()
    }

    /// Its columns and key.
    pub fn table_schema(&self) -> TableSchema {
        let column = |c: &ColumnDecl| {
            let column = ColumnSchema::new(c.name, c.data_type.clone(), c.nullable);
            ColumnSchema { extension: c.extension.map(str::to_owned), ..column }
        };
        TableSchema {
            columns: self.columns.iter().map(column).collect(),
            primary_key: self.grain.iter().map(|g| (*g).to_owned()).collect(),
        }
    }

    /// Its columns as Arrow has them.
    pub fn schema(&self) -> SchemaRef {
        self.table_schema().to_arrow()
    }
}

/// All that is declared of a column.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ColumnDecl {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub docs: &'static str,
    /// Its Arrow type.
    pub data_type: DataType,
    /// Its Arrow extension type.
    pub extension: Option<&'static str>,
    /// Whether it may hold NULL.
    pub nullable: bool,
    /// What its numbers count: `EUR`, `days`.
    pub unit: Option<&'static str>,
    /// How far it tells who a person is.
    pub pii: Option<Pii>,
    /// Whether its sum over rows means something; distinct counts, averages, rates and ranks do not add up.
    pub additive: bool,
    /// Whether no two rows may have the same value.
    pub unique: bool,
    /// Whether a database indexes it.
    pub index: bool,
    /// Whether a database numbers it.
    pub serial: bool,
    /// The SQL of its default.
    pub default: Option<&'static str>,
    /// The column of another table whose values it holds.
    pub references: Option<ForeignKey>,
    length: Option<u32>,
    sql: fn(Dialect, Option<u32>) -> String,
}

/// The column of another table that a column points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKey {
    /// The other table.
    pub table: TableRef,
    /// Its column.
    pub column: &'static str,
}

/// How far a column tells who a person is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pii {
    /// By itself: a name, an e-mail address.
    Direct,
    /// Together with others: a country, a date.
    Indirect,
}

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $type:ty => |$column:ident, $value:ident| $set:expr),+ $(,)?) => { impl ColumnDecl { $(
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, $value: $type) -> Self { let $column = &mut self; $set; self }
    )+ } };
}

impl ColumnDecl {
    /// A column of a Rust type; `#[derive(Table)]` calls it.
    pub fn of<T: Column>(name: &'static str, docs: &'static str) -> Self {
        Self {
            name,
            docs,
            data_type: T::data_type(),
            extension: T::extension(),
            nullable: T::NULLABLE,
            unit: None,
            pii: None,
            additive: true,
            unique: false,
            index: false,
            serial: false,
            default: None,
            references: None,
            length: None,
            sql: T::sql,
        }
    }

    /// Its type in a database's SQL.
    pub fn sql_type(&self, dialect: Dialect) -> String {
        (self.sql)(dialect, self.length)
    }
}

setters! {
    /// Says what its numbers count.
    with_unit: &'static str => |c, unit| c.unit = Some(unit),
    /// Says how far it tells who a person is.
    with_pii: Pii => |c, pii| c.pii = Some(pii),
    /// Says whether it adds up over rows.
    with_additive: bool => |c, yes| c.additive = yes,
    /// Says whether its values are unique.
    with_unique: bool => |c, yes| c.unique = yes,
    /// Says whether a database indexes it.
    with_index: bool => |c, yes| c.index = yes,
    /// Says whether a database numbers it.
    with_serial: bool => |c, yes| c.serial = yes,
    /// Sets the SQL of its default.
    with_default: &'static str => |c, sql| c.default = Some(sql),
    /// Sets the greatest length of its texts, in characters.
    with_length: u32 => |c, length| c.length = Some(length),
    /// Says which column of another table it points to.
    with_references: ForeignKey => |c, key| c.references = Some(key),
}
